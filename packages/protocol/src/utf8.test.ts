import { describe, expect, it } from 'vitest';
import { isValidUtf8, truncateUtf8, Utf8Validator } from './utf8.ts';

const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');
/** Long enough for the engine's own check of whole runs. */
const long = 'a'.repeat(100);

/** The index of the byte that makes `write` refuse, fed byte by byte; −1 when none does. */
function firstRefused(bytes: Uint8Array): number {
  const validator = new Utf8Validator();
  return bytes.findIndex((byte) => !validator.write(Uint8Array.of(byte)));
}

function accepts(...chunks: Uint8Array[]): boolean {
  const validator = new Utf8Validator();
  return chunks.every((chunk) => validator.write(chunk)) && validator.end();
}

describe('Utf8Validator', () => {
  it.each([
    ['nothing', ''],
    ['ASCII', '00 41 7f'],
    ['the first and last of two bytes', 'c280 dfbf'],
    ['the first and last of three bytes', 'e0a080 efbfbf'],
    ['the neighbours of the surrogates', 'ed9fbf ee8080'],
    ['the first and last of four bytes', 'f0908080 f48fbfbf'],
    ['a byte order mark', 'efbbbf 41'],
  ])('accepts %s', (_, digits) => {
    expect(firstRefused(hex(digits))).toBe(-1);
    expect(accepts(hex(digits))).toBe(true);
    expect(accepts(Buffer.from(long), hex(digits), Buffer.from(long))).toBe(true);
    expect(accepts(Buffer.concat([Buffer.from(long), hex(digits)]))).toBe(true);
  });

  it.each([
    ['a continuation byte without a lead', '80', 0],
    ['the highest continuation byte without a lead', '41 bf', 1],
    ['an overlong NUL', 'c080', 0],
    ['an overlong DEL', 'c1bf', 0],
    ['an overlong form in three bytes', 'e09f80', 1],
    ['an overlong form in four bytes', 'f08f8080', 1],
    ['the first surrogate', 'eda080', 1],
    ['the last surrogate', 'edbfbf', 1],
    ['a code point above U+10FFFF', 'f4908080', 1],
    ['a lead byte above F4', 'f5808080', 0],
    ['FE and FF', 'fe', 0],
    ['ASCII after a lead of two bytes', 'c241', 1],
    ['ASCII after a lead of three bytes', 'e041', 1],
    ['ASCII after a lead of four bytes', 'f041', 1],
    ['ASCII for a third byte', 'e28241', 2],
    ['ASCII for a fourth byte', 'f0a4ad41', 3],
    ['a lead where a continuation byte is due', 'e2c2', 1],
    ['a fifth byte', 'f0a4ada280', 4],
  ])('refuses %s at its first bad byte', (_, digits, index) => {
    expect(firstRefused(hex(digits))).toBe(index);
    expect(accepts(hex(digits))).toBe(false);
    expect(accepts(Buffer.from(long), hex(digits))).toBe(false);
    expect(accepts(Buffer.concat([hex(digits), Buffer.from(long)]))).toBe(false);
    expect(accepts(Buffer.concat([Buffer.from(long), hex(digits)]))).toBe(false);
    expect(accepts(Buffer.concat([Buffer.from(long), hex(digits), Buffer.from(long)]))).toBe(false);
  });

  it.each(['c2a2', 'e282ac', 'f0a4ada2'])(
    'accepts %s cut anywhere, between short runs and between long ones',
    (digits) => {
      const character = hex(digits);
      for (const around of ['', 'ab', long]) {
        for (let cut = 1; cut < character.length; cut++) {
          const head = Buffer.concat([Buffer.from(around), character.subarray(0, cut)]);
          const tail = Buffer.concat([character.subarray(cut), Buffer.from(around)]);
          expect(accepts(head, tail)).toBe(true);
          expect(accepts(head, new Uint8Array(0), tail)).toBe(true);
          expect(accepts(head), 'the tail is missing').toBe(false);
          expect(accepts(head, Buffer.from(long)), 'the tail is something else').toBe(false);
        }
      }
    },
  );

  it('remembers across a cut that the second byte has a narrower range', () => {
    for (const [lead, bad, good] of [
      [0xe0, 0x9f, 0xa0],
      [0xed, 0xa0, 0x9f],
      [0xf0, 0x8f, 0x90],
      [0xf4, 0x90, 0x8f],
    ] as const) {
      const head = Buffer.concat([Buffer.from(long), Uint8Array.of(lead)]);
      const validator = new Utf8Validator();
      expect(validator.write(head)).toBe(true);
      expect(validator.write(Uint8Array.of(bad))).toBe(false);
      const other = new Utf8Validator();
      expect(other.write(head)).toBe(true);
      expect(other.write(Uint8Array.of(good))).toBe(true);
    }
  });

  it('is ready for the next text after the end of one, whether that was complete or not', () => {
    const validator = new Utf8Validator();
    expect(validator.write(hex('e0'))).toBe(true);
    expect(validator.end()).toBe(false);
    expect(validator.write(hex('e28080'))).toBe(true);
    expect(validator.end()).toBe(true);
    expect(validator.write(hex('80'))).toBe(false);
  });
});

describe('isValidUtf8', () => {
  it('judges a whole payload (RFC 6455 §8.1)', () => {
    expect(isValidUtf8(Buffer.from('κόσμε'))).toBe(true);
    expect(isValidUtf8(new Uint8Array(0))).toBe(true);
    expect(isValidUtf8(hex('c3'))).toBe(false);
    expect(isValidUtf8(hex('eda080'))).toBe(false);
  });

  it.each([4, 40, 400])('judges a part of a chunk and nothing around it, over %d bytes', (length) => {
    const around = Buffer.alloc(length + 6, 0xff);
    around.fill('a', 3, 3 + length);
    expect(isValidUtf8(around, 3, 3 + length)).toBe(true);
    expect(isValidUtf8(around, 2, 3 + length)).toBe(false);
    expect(isValidUtf8(around, 3, 4 + length)).toBe(false);
    around[3 + length / 2] = 0x80;
    expect(isValidUtf8(around, 3, 3 + length)).toBe(false);
  });
});

describe('truncateUtf8', () => {
  it('keeps what fits', () => {
    expect(truncateUtf8(Buffer.from('hello'), 5)).toEqual(Buffer.from('hello'));
    expect(truncateUtf8(Buffer.from('hello'), 4)).toEqual(Buffer.from('hell'));
  });

  it.each(['é', '€', '😀'])('never cuts %s', (character) => {
    const size = Buffer.byteLength(character);
    const bytes = Buffer.from(`ab${character}${character}`);
    for (let limit = 2; limit < bytes.length; limit++) {
      const whole = limit < 2 + size ? 0 : 1;
      expect(Buffer.from(truncateUtf8(bytes, limit)).toString()).toBe(`ab${character.repeat(whole)}`);
    }
  });

  it('leaves nothing of a character that does not fit by itself', () => {
    expect(truncateUtf8(Buffer.from('😀'), 3)).toHaveLength(0);
  });
});
