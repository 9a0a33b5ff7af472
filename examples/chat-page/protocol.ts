import type { BinaryFrame, TextFrame } from 'genws';

/** What the server tells the page, as JSON. `count` is how many people are in the room. */
export type ChatEvent =
  /** To the newcomer alone: `name` is what the others call them. */
  | { readonly type: 'welcome'; readonly name: string; readonly count: number }
  | { readonly type: 'joined' | 'left'; readonly name: string; readonly count: number }
  | { readonly type: 'message'; readonly name: string; readonly text: string }
  /** To whoever sent something that is no message. */
  | { readonly type: 'error'; readonly reason: string };

/** What the page tells the server: `{ "text": "…" }`. */
export type ParsedMessage =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: string };

const maxText = 2000;
const maxName = 24;

const refuse = (reason: string): ParsedMessage => ({ ok: false, reason });

/** Read what somebody has sent. Whatever it is, nothing is thrown: `reason` is a sentence for its sender. */
export function parseMessage(frame: TextFrame | BinaryFrame): ParsedMessage {
  if (frame.type === 'binary') return refuse('Messages are text, please.');
  const text = textOf(frame.data)?.trim();
  if (text === undefined) return refuse('That was not {"text": "…"}.');
  if (text === '') return refuse('An empty message says nothing.');
  if (text.length > maxText) return refuse(`That is too long: ${maxText} characters at most.`);
  return { ok: true, text };
}

function textOf(json: string): string | undefined {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value !== 'object' || value === null || !('text' in value)) return undefined;
    return typeof value.text === 'string' ? value.text : undefined;
  } catch {
    return undefined;
  }
}

/** A name of 1 to 24 characters like the wanted one that nobody has yet: Ada, Ada 2, Ada 3. */
export function uniqueName(wanted: string, isTaken: (name: string) => boolean): string {
  const visible = wanted.replace(/\s+/g, ' ').replace(/\p{C}/gu, '').trim();
  const base = clip(visible, maxName) || 'Guest';
  let name = base;
  for (let number = 2; isTaken(name); number++) {
    const suffix = ` ${number}`;
    name = clip(base, maxName - suffix.length) + suffix;
  }
  return name;
}

const clip = (name: string, length: number): string => [...name].slice(0, length).join('').trim();
