import fc from 'fast-check';
import { binary, text } from 'genws';
import { describe, expect, it } from 'vitest';
import { parseMessage, uniqueName } from './protocol.ts';

const nobody = () => false;
const oneOf =
  (...names: readonly string[]) =>
  (name: string) =>
    names.includes(name);

describe('uniqueName', () => {
  it.each([
    ['takes a name as it is', 'Ada', 'Ada'],
    ['trims it and joins its whitespace', '  Ada \t\n Lovelace ', 'Ada Lovelace'],
    ['leaves out control characters and marks of direction', 'A\u0000d\u202ea\u200b', 'Ada'],
    ['cuts it at 24 characters, not through one', '👩'.repeat(30), '👩'.repeat(24)],
    ['calls somebody a guest whose name shows nothing', ' \u200b\u2060 ', 'Guest'],
  ])('%s', (_title, wanted, name) => {
    expect(uniqueName(wanted, nobody)).toBe(name);
  });

  it('adds the first free number to a name that is taken, within 24 characters', () => {
    const long = 'abcdefghijklmnopqrstuvwx';
    expect(uniqueName('Ada', oneOf('Ada', 'Ada 3'))).toBe('Ada 2');
    expect(uniqueName('Ada', oneOf('Ada', 'Ada 2', 'Ada 3'))).toBe('Ada 4');
    expect(uniqueName(long, oneOf(long))).toBe('abcdefghijklmnopqrstuv 2');
  });

  it('gives anybody a name of 1 to 24 characters that nobody else has', () => {
    const names = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', ' ', '👩', '\u200b'), maxLength: 30 }));
    fc.assert(
      fc.property(names, (wanted) => {
        const taken = new Set<string>();
        for (const name of wanted) taken.add(uniqueName(name, (other) => taken.has(other)));
        expect(taken.size).toBe(wanted.length);
        for (const name of taken) expect([...name].length).toBeLessThanOrEqual(24);
        expect(taken.has('')).toBe(false);
      }),
    );
  });
});

describe('parseMessage', () => {
  it('takes a text of up to 2000 characters, trimmed', () => {
    expect(parseMessage(text('{"text":" hi\\n"}'))).toEqual({ ok: true, text: 'hi' });
    const longest = 'x'.repeat(2000);
    expect(parseMessage(text(JSON.stringify({ text: longest })))).toEqual({ ok: true, text: longest });
  });

  it.each([
    ['no JSON', text('{"text":')],
    ['JSON of another kind', text('["text"]')],
    ['JSON null', text('null')],
    ['an object without a text', text('{}')],
    ['a text that is no string', text('{"text":{"toString":1}}')],
    ['an empty text', text('{"text":" "}')],
    ['a text of 2001 characters', text(JSON.stringify({ text: 'x'.repeat(2001) }))],
    ['a binary message', binary(Buffer.from('{"text":"hi"}'))],
  ])('refuses %s with a sentence for its sender', (_title, frame) => {
    expect(parseMessage(frame)).toEqual({ ok: false, reason: expect.stringMatching(/^[A-Z].+\.$/) });
  });

  it('throws at no text whatever', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (json) => {
        expect(typeof parseMessage(text(json)).ok).toBe('boolean');
      }),
    );
  });
});
