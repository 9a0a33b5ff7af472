import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { allWindowBits } from './options.ts';
import { Deflater } from './transform.ts';

const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const CODE_LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const lengthExtra = (symbol: number): number => (symbol < 4 || symbol === 28 ? 0 : (symbol >> 2) - 1);
const distanceExtra = (symbol: number): number => (symbol < 2 ? 0 : (symbol >> 1) - 1);

/** The furthest reference in sync-flushed raw DEFLATE: a reader of RFC 1951 that notes distances and drops the data. */
function furthestReference(input: Uint8Array): number {
  let position = 0;
  let furthest = 0;
  const bits = (count: number): number => {
    let value = 0;
    for (let i = 0; i < count; i += 1, position += 1) {
      value |= (((input[position >> 3] ?? 0) >> (position & 7)) & 1) << i;
    }
    return value;
  };
  /** Canonical codes (RFC 1951 §3.2.2) as a map from "length:code" to symbol. */
  const codesOf = (lengths: readonly number[]): Map<string, number> => {
    const codes = new Map<string, number>();
    let code = 0;
    for (let length = 1; length <= 15; length += 1, code <<= 1) {
      lengths.forEach((each, symbol) => {
        if (each === length) codes.set(`${length}:${code++}`, symbol);
      });
    }
    return codes;
  };
  const symbolOf = (codes: Map<string, number>): number => {
    let code = 0;
    for (let length = 1; length <= 15; length += 1) {
      code = (code << 1) | bits(1);
      const symbol = codes.get(`${length}:${code}`);
      if (symbol !== undefined) return symbol;
    }
    throw new Error('no such code');
  };
  const fixed = [
    codesOf(Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8))),
    codesOf(Array.from({ length: 30 }, () => 5)),
  ] as const;
  const dynamic = (): readonly [Map<string, number>, Map<string, number>] => {
    const literals = bits(5) + 257;
    const distances = bits(5) + 1;
    const used = bits(4) + 4;
    const lengths = Array.from({ length: 19 }, () => 0);
    for (const symbol of CODE_LENGTH_ORDER.slice(0, used)) lengths[symbol] = bits(3);
    const lengthCodes = codesOf(lengths);
    const all: number[] = [];
    while (all.length < literals + distances) {
      const symbol = symbolOf(lengthCodes);
      if (symbol < 16) all.push(symbol);
      else {
        const [value, count] =
          symbol === 16 ? [all.at(-1) ?? 0, 3 + bits(2)] : [0, symbol === 17 ? 3 + bits(3) : 11 + bits(7)];
        for (let i = 0; i < count; i += 1) all.push(value);
      }
    }
    return [codesOf(all.slice(0, literals)), codesOf(all.slice(literals))];
  };
  while (position < input.length * 8) {
    bits(1);
    const type = bits(2);
    if (type === 0) {
      position = (position + 7) & ~7;
      const length = bits(16);
      position += 16 + 8 * length;
      continue;
    }
    const [literalCodes, distanceCodes] = type === 1 ? fixed : dynamic();
    for (let symbol = symbolOf(literalCodes); symbol !== 256; symbol = symbolOf(literalCodes)) {
      if (symbol < 256) continue;
      if (LENGTH_BASE[symbol - 257] === undefined) throw new Error('no such length');
      bits(lengthExtra(symbol - 257));
      const code = symbolOf(distanceCodes);
      const extra = distanceExtra(code);
      const base = code < 2 ? code + 1 : ((2 | (code & 1)) << extra) + 1;
      furthest = Math.max(furthest, base + bits(extra));
    }
  }
  return furthest;
}

/** Records of 24 bytes that recur in no order: references of every distance pay. */
function records(count: number): Buffer {
  let state = 42;
  const next = (below: number): number => {
    state = (state * 48271) % 0x7fffffff;
    return state % below;
  };
  const record = (n: number): Buffer =>
    Buffer.from(Array.from({ length: 24 }, (_, i) => (n * 131 + i * (n + 7)) & 0xff));
  return Buffer.concat(Array.from({ length: count }, () => record(next(200))));
}

describe('references back (RFC 7692 §7.1.2)', () => {
  const data = records(1600);
  const TAIL = Buffer.of(0, 0, 0xff, 0xff);

  it.each(allWindowBits)('never reach beyond an agreed window of %d bits, in or across messages', (windowBits) => {
    let furthest = 0;
    for (const contextTakeover of [true, false]) {
      for (const level of [1, 9]) {
        const deflater = new Deflater({ contextTakeover, windowBits }, { level });
        for (let start = 0, size = 1; start < data.length; start += size, size = (size * 5) % 4999) {
          const payload = deflater.deflate(data.subarray(start, start + size));
          furthest = Math.max(furthest, furthestReference(Buffer.concat([payload, TAIL])));
        }
      }
    }
    expect(furthest).toBeLessThanOrEqual(2 ** windowBits);
    // The measure is worth something only if the window is put to use; zlib keeps 262 bytes of it as lookahead.
    expect(furthest).toBeGreaterThan((2 ** Math.max(windowBits, 9) - 262) / 2);
  });
});
