import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visibleLines, visibleParts, visibleText } from './visible-text.ts';

describe('a text from a peer', () => {
  it('shows control characters as their pictures', () => {
    expect(visibleText('\u001b[31mred\u001b[0m\u0000\n\t\r\u007f')).toBe('␛[31mred␛[0m␀␊␉␍␡');
  });

  it('shows what turns the line round, or takes no room, as escapes', () => {
    expect(visibleText('a\u202Eb\u2066c\u2069\u200Fd\u061Ce')).toBe('a\\u202Eb\\u2066c\\u2069\\u200Fd\\u061Ce');
    expect(visibleText('\u200B\uFEFF\u00AD\u2028\u0085\u3164')).toBe('\\u200B\\uFEFF\\u00AD\\u2028\\u0085\\u3164');
    expect(visibleText('\u{E0041}')).toBe('\\u{E0041}');
  });

  it('shows half a surrogate pair as an escape, and a whole one as its character', () => {
    expect(visibleText('\uD83D|😀')).toBe('\\uD83D|😀');
  });

  it('leaves HTML, letters of every script and emoji as they are', () => {
    for (const text of ['<img src=x onerror=alert(1)>', 'שלום мир 世界', '👩‍👩‍👧 ❤️ 👍🏽', '']) {
      expect(visibleText(text)).toBe(text);
    }
  });

  it('escapes a joiner that joins no emoji', () => {
    expect(visibleText('a\u200Db ❤️\u200D')).toBe('a\\u200Db ❤️\\u200D');
  });

  it('is told apart from a peer that writes the signs itself', () => {
    expect(visibleParts('␛\u001b')).toEqual([
      { text: '␛', escaped: false },
      { text: '␛', escaped: true },
    ]);
  });

  it('never holds a control or a format character outside of an emoji, whatever comes', () => {
    const character = fc.oneof(fc.integer({ min: 0, max: 0x2fff }), fc.integer({ min: 0, max: 0x10_ffff }));
    const anyText = fc.array(character).map((codes) => String.fromCodePoint(...codes));
    fc.assert(
      fc.property(anyText, (text) => {
        const parts = visibleParts(text);
        expect(parts.filter(({ text }) => /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]/u.test(text))).toEqual([]);
        expect(visibleText(text)).toBe(parts.map((part) => part.text).join(''));
      }),
    );
  });

  it('keeps its lines and tabs where it is a stack', () => {
    expect(visibleLines('Error: \u001b[1m\n\tat a\u202E')).toBe('Error: ␛[1m\n\tat a\\u202E');
  });
});
