import { isValidUtf8, Utf8Validator } from '@genws/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCuts, cut } from '../support/arbitrary-frames.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

function decodes(bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** What an unfinished character can still need: its second byte lies in 80–8F, 90–9F or A0–BF, its others anywhere. */
const tails = ['', ...['80', '90', 'a0'].flatMap((second) => [second, `${second}80`, `${second}8080`])].map((digits) =>
  Buffer.from(digits, 'hex'),
);

/** Whether some text begins with these bytes. */
const canGoOn = (prefix: Uint8Array): boolean => tails.some((tail) => decodes(Buffer.concat([prefix, tail])));

/** The index of the first byte after which no text can begin like this; −1 when there is none. */
function firstImpossible(bytes: Uint8Array): number {
  return bytes.findIndex((_, i) => !canGoOn(bytes.subarray(0, i + 1)));
}

function accepts(chunks: readonly Uint8Array[]): boolean {
  const validator = new Utf8Validator();
  return chunks.every((chunk) => validator.write(chunk)) && validator.end();
}

/** Bytes at which UTF-8's rules change. */
const edge = fc.constantFrom(
  ...[0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1],
  ...[0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff],
);
const edges = fc.array(edge, { maxLength: 8 }).map((bytes) => Uint8Array.from(bytes));
const validText = fc.string({ unit: 'binary', maxLength: 100 }).map((text) => Uint8Array.from(Buffer.from(text)));
const mutated = fc
  .tuple(validText, fc.array(fc.tuple(fc.nat(400), fc.oneof(edge, fc.nat(255))), { minLength: 1, maxLength: 3 }))
  .map(([bytes, changes]) => {
    for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
    return bytes;
  });
/** Long runs around the interesting part bring in the check of whole runs. */
const surrounded = fc
  .tuple(fc.nat(70), fc.oneof(edges, mutated), fc.nat(70))
  .map(([before, bytes, after]) => Buffer.concat([Buffer.alloc(before, 'a'), bytes, Buffer.alloc(after, 'b')]));
const anyBytes = fc.oneof(fc.uint8Array({ maxLength: 120 }), edges, validText, mutated, surrounded);

describe('UTF-8 validation (RFC 3629)', () => {
  it('agrees with TextDecoder on whole payloads', () => {
    let valid = 0;
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const expected = decodes(bytes);
        if (expected) valid++;
        expect(accepts([bytes])).toBe(expected);
        expect(isValidUtf8(bytes)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
    expect(valid).toBeGreaterThan(300);
    expect(valid).toBeLessThan(1700);
  });

  it('agrees with TextDecoder however the bytes are cut', () => {
    fc.assert(
      fc.property(anyBytes, anyCuts, (bytes, cuts) => {
        expect(accepts(cut(bytes, cuts))).toBe(decodes(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  it('agrees with TextDecoder on all sequences of up to three bytes at which a rule changes, whole and cut', () => {
    const values = [
      0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xec, 0xed, 0xee, 0xf0, 0xf3, 0xf4, 0xf5,
    ];
    for (const first of values)
      for (const second of values)
        for (const third of values) {
          const bytes = Uint8Array.of(first, second, third);
          const expected = decodes(bytes);
          expect(accepts([bytes])).toBe(expected);
          expect(accepts([bytes.subarray(0, 1), bytes.subarray(1)])).toBe(expected);
        }
  });

  it('fails at the first byte after which no text is possible, fed byte by byte', () => {
    fc.assert(
      fc.property(fc.oneof(edges, mutated, fc.uint8Array({ maxLength: 20 })), (bytes) => {
        const validator = new Utf8Validator();
        const refused = bytes.findIndex((byte) => !validator.write(Uint8Array.of(byte)));
        expect(refused).toBe(firstImpossible(bytes));
      }),
      { numRuns: 1000 },
    );
  });

  it('fails in the chunk that holds the first impossible byte', () => {
    fc.assert(
      fc.property(fc.oneof(surrounded, mutated), anyCuts, (bytes, cuts) => {
        const validator = new Utf8Validator();
        const pieces = cut(bytes, cuts);
        const refused = pieces.findIndex((piece) => !validator.write(piece));
        const bad = firstImpossible(bytes);
        const ends = pieces.map((_, i) => pieces.slice(0, i + 1).reduce((sum, { length }) => sum + length, 0));
        expect(refused).toBe(bad === -1 ? -1 : ends.findIndex((end) => end > bad));
      }),
      { numRuns: 500 },
    );
  });
});
