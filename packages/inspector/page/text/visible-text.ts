// What comes from peers is shown as it is, also where it would rather not be seen: ANSI escapes, NULs, characters that
// turn the line round or take no room.

/** A stretch of a text, as it is or as the sign for a character that would not be seen. */
export interface VisiblePart {
  readonly text: string;
  readonly escaped: boolean;
}

/** Emoji are made of characters that are escaped elsewhere: joiners and variation selectors. */
const emoji = '\\p{Extended_Pictographic}(?:\\p{Emoji_Modifier}|\\uFE0F)?';
const unseen = '[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}]';
const unseenSomewhere = new RegExp(unseen, 'u');
/** Most texts, told at a glance: the classes above take many times as long. */
const printableAscii = /^[ -~]*$/;
const emojiOrUnseen = new RegExp(`(${emoji}(?:\\u200D${emoji})*)|${unseen}`, 'gu');

/** Where the pictures of control characters begin: U+2400 is ␀. */
const pictures = 0x24_00;
const del = 0x7f;

function signOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCharCode(pictures + code);
  if (code === del) return '␡';
  const hex = code.toString(16).toUpperCase();
  return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`;
}

const allSeen = (text: string): boolean => printableAscii.test(text) || !unseenSomewhere.test(text);

/** A text in stretches, so that signs can be told from a peer that writes the same. */
export function visibleParts(text: string): readonly VisiblePart[] {
  if (allSeen(text)) return text === '' ? [] : [{ text, escaped: false }];
  const parts: VisiblePart[] = [];
  let plain = '';
  let end = 0;
  for (const match of text.matchAll(emojiOrUnseen)) {
    plain += text.slice(end, match.index);
    end = match.index + match[0].length;
    if (match[1] !== undefined) {
      plain += match[1];
      continue;
    }
    if (plain !== '') parts.push({ text: plain, escaped: false });
    plain = '';
    parts.push({ text: signOf(match[0]), escaped: true });
  }
  plain += text.slice(end);
  if (plain !== '') parts.push({ text: plain, escaped: false });
  return parts;
}

/** A text on one line, with a sign for each character that would not be seen: ␛, ␀, \u202E. */
export function visibleText(text: string): string {
  if (allSeen(text)) return text;
  return visibleParts(text)
    .map((part) => part.text)
    .join('');
}

/** The same, but lines and tabs stay: for stacks. */
export function visibleLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.split('\t').map(visibleText).join('\t'))
    .join('\n');
}
