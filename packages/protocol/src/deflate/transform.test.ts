import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { deflateRawSync, constants as zlib } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { DeflateDirection } from './negotiation.ts';
import type { DeflateTuning } from './options.ts';
import { Deflater, type InflateResult, Inflater } from './transform.ts';

const TAKEOVER: DeflateDirection = { contextTakeover: true, windowBits: 15 };
const ALONE: DeflateDirection = { contextTakeover: false, windowBits: 15 };
const LIMIT = { maxOutput: 1 << 20 };
const MIB = 1024 * 1024;

const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');
const payloadOf = (data: string | Uint8Array): Buffer =>
  deflateRawSync(data, { finishFlush: zlib.Z_SYNC_FLUSH }).subarray(0, -4);
const text = (result: InflateResult): string => (result.ok ? result.data.toString() : `(${result.reason})`);

describe('payloads that RFC 7692 spells out', () => {
  it.each([
    ['one block (§7.2.3.1)', 'f2 48 cd c9 c9 07 00', 'Hello'],
    ['no compression (§7.2.3.3)', '00 05 00 fa ff 48 65 6c 6c 6f 00', 'Hello'],
    ['a final block (§7.2.3.4)', 'f3 48 cd c9 c9 07 00 00', 'Hello'],
    ['two blocks (§7.2.3.5)', 'f2 48 05 00 00 00 ff ff ca c9 c9 07 00', 'Hello'],
    ['an empty message (§7.2.3.6)', '00', ''],
  ])('inflates %s', (_what, digits, message) => {
    expect(text(new Inflater(TAKEOVER, LIMIT).inflate(hex(digits)))).toBe(message);
  });

  it('deflates and inflates "Hello" twice, the second time as a reference to the first (§7.2.3.2)', () => {
    const deflater = new Deflater(TAKEOVER);
    expect(deflater.deflate(Buffer.from('Hello'))).toEqual(hex('f2 48 cd c9 c9 07 00'));
    expect(deflater.deflate(Buffer.from('Hello'))).toEqual(hex('f2 00 11 00 00'));
    const inflater = new Inflater(TAKEOVER, LIMIT);
    expect(text(inflater.inflate(hex('f2 48 cd c9 c9 07 00')))).toBe('Hello');
    expect(text(inflater.inflate(hex('f2 00 11 00 00')))).toBe('Hello');
  });

  it('deflates each message by itself without context takeover (§7.1.1)', () => {
    const deflater = new Deflater(ALONE);
    for (let round = 0; round < 3; round += 1) {
      expect(deflater.deflate(Buffer.from('Hello'))).toEqual(hex('f2 48 cd c9 c9 07 00'));
    }
    expect(deflater.bytesHeld).toBe(0);
  });
});

describe('tuning of the compressor', () => {
  const tunings: [string, DeflateTuning][] = [
    ['level 1', { level: 1 }],
    ['memLevel 1', { memLevel: 1 }],
    ['strategy rle', { strategy: 'rle' }],
  ];
  it.each(tunings)('gives "Hello" as F2 48 CD C9 C9 07 00 with %s', (_what, tuning) => {
    expect(new Deflater(TAKEOVER, tuning).deflate(Buffer.from('Hello'))).toEqual(hex('f2 48 cd c9 c9 07 00'));
  });

  it('reaches zlib: every choice changes what is sent', () => {
    const data = Buffer.from(Array.from({ length: 400 }, (_, i) => `${i * i} aaaaaaaa`).join(' '));
    const sizes = (['default', 'huffmanOnly', 'rle', 'fixed'] as const).map(
      (strategy) => new Deflater(ALONE, { strategy }).deflate(data).length,
    );
    expect(new Set(sizes).size).toBe(4);
    const stored = new Deflater(ALONE, { level: 0 }).deflate(data).length;
    expect(stored).toBeGreaterThan(data.length);
    expect(new Deflater(ALONE, { memLevel: 1 }).deflate(data)).not.toEqual(new Deflater(ALONE).deflate(data));
  });

  it('is refused out of range with a RangeError', () => {
    expect(() => new Deflater(TAKEOVER, { level: 10 })).toThrow(RangeError);
  });
});

describe('short and empty messages', () => {
  it('D12 sends an empty message as the single byte 00, at any point of the context (RFC 7692 §7.2.3.6)', () => {
    const deflater = new Deflater(TAKEOVER);
    expect(deflater.deflate(Buffer.alloc(0))).toEqual(hex('00'));
    deflater.deflate(Buffer.from('Hello'));
    expect(deflater.deflate(Buffer.alloc(0))).toEqual(hex('00'));
    expect(deflater.deflate(Buffer.alloc(0))).toEqual(hex('00'));
  });

  it('D12 inflates an empty payload as an empty message and keeps the context', () => {
    const inflater = new Inflater(TAKEOVER, LIMIT);
    inflater.inflate(hex('f2 48 cd c9 c9 07 00'));
    expect(text(inflater.inflate(Buffer.alloc(0)))).toBe('');
    expect(text(inflater.inflate(hex('f2 00 11 00 00')))).toBe('Hello');
  });

  it('D12 round-trips every one-byte message', () => {
    const deflater = new Deflater(TAKEOVER);
    const inflater = new Inflater(TAKEOVER, LIMIT);
    for (let byte = 0; byte < 256; byte += 1) {
      expect(inflater.inflate(deflater.deflate(Uint8Array.of(byte)))).toEqual({ ok: true, data: Buffer.of(byte) });
    }
  });

  it('D12 refuses a payload that still carries the tail of the flush (RFC 7692 §7.2.1)', () => {
    const whole = deflateRawSync('Hello', { finishFlush: zlib.Z_SYNC_FLUSH });
    expect(text(new Inflater(TAKEOVER, LIMIT).inflate(whole))).toBe('(badDeflate)');
  });
});

describe('payloads that are not right', () => {
  it.each([
    ['a reserved block type', '07'],
    ['a stored block whose lengths disagree', '00 01 02 03 04'],
    ['text', '48 65 6c 6c 6f 2c 20 77 6f 72 6c 64'],
    ['a reference to data before the first (a preset dictionary)', 'f2 00 11 00 00'],
    ['bytes after the last block', 'f2 48 cd c9 c9 07 00 ff ff'],
  ])('D04 refuses %s', (_what, digits) => {
    expect(text(new Inflater(TAKEOVER, LIMIT).inflate(hex(digits)))).toBe('(badDeflate)');
  });

  it('D04 refuses a message cut short at any byte', () => {
    const payload = payloadOf('a message that is long enough to be cut: abcabcabc 0123456789');
    for (let length = 1; length < payload.length; length += 1) {
      const result = new Inflater(TAKEOVER, LIMIT).inflate(payload.subarray(0, length));
      expect([length, text(result)]).toEqual([length, '(badDeflate)']);
    }
  });

  it('never throws and never exceeds the bound, whatever the bytes', () => {
    let state = 1;
    const inflater = new Inflater({ contextTakeover: true, windowBits: 9 }, { maxOutput: 2000 });
    const seen = new Set<string>();
    for (let round = 0; round < 1500; round += 1) {
      const payload = Buffer.from(
        Array.from({ length: round % 40 }, () => {
          state = (state * 48271) % 0x7fffffff;
          return state & 0xff;
        }),
      );
      const result = inflater.inflate(payload);
      if (result.ok) expect(result.data.length).toBeLessThanOrEqual(2000);
      seen.add(result.ok ? 'ok' : result.reason);
    }
    expect(seen.has('badDeflate')).toBe(true);
  });

  it('D05 refuses a reference further back than the agreed window (RFC 7692 §7.1.2)', () => {
    const noise = Buffer.from(Array.from({ length: 600 }, (_, i) => (i * 7919 + (i >> 3) * 104729) & 0xff));
    const inflater = new Inflater({ contextTakeover: true, windowBits: 8 }, LIMIT);
    expect(inflater.inflate(payloadOf(noise)).ok).toBe(true);
    const far = deflateRawSync(noise.subarray(0, 64), { dictionary: noise, finishFlush: zlib.Z_SYNC_FLUSH });
    expect(text(inflater.inflate(far.subarray(0, -4)))).toBe('(badDeflate)');
  });

  it('forgets the context after a failure', () => {
    const inflater = new Inflater(TAKEOVER, LIMIT);
    inflater.inflate(payloadOf('Hello'));
    inflater.inflate(hex('07'));
    expect(inflater.bytesHeld).toBe(0);
  });
});

describe('the bound on inflated data', () => {
  const bomb = payloadOf(Buffer.alloc(50 * MIB));

  it('D02 stops a bomb of 50 MiB at the bound, exact to the byte', () => {
    const inflater = new Inflater(ALONE, { maxOutput: 50 * MIB });
    expect(bomb.length).toBeLessThan(52_000);
    const whole = inflater.inflate(bomb);
    expect(whole.ok && whole.data.length).toBe(50 * MIB);
    expect(inflater.inflate(bomb, 50 * MIB - 1)).toEqual({ ok: false, reason: 'tooBig' });
  });

  it('D02 spends no more memory on a bomb than the bound', () => {
    const inflater = new Inflater(ALONE, { maxOutput: MIB });
    const before = process.memoryUsage().arrayBuffers;
    expect(inflater.inflate(bomb)).toEqual({ ok: false, reason: 'tooBig' });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 * MIB);
  });

  it('is exact for every small size, and may change from message to message', () => {
    const inflater = new Inflater(TAKEOVER, { maxOutput: 0 });
    const deflater = new Deflater(TAKEOVER);
    expect(inflater.inflate(deflater.deflate(Buffer.alloc(0)))).toEqual({ ok: true, data: Buffer.alloc(0) });
    for (let size = 1; size < 70; size += 1) {
      const payload = deflater.deflate(Buffer.alloc(size, size));
      expect(text(new Inflater(ALONE, LIMIT).inflate(payloadOf(Buffer.alloc(size)), size - 1))).toBe('(tooBig)');
      const result = inflater.inflate(payload, size);
      expect(result.ok && result.data.length).toBe(size);
    }
    expect(text(inflater.inflate(deflater.deflate(Buffer.of(1))))).toBe('(tooBig)');
  });

  it('may be infinite', () => {
    const inflater = new Inflater(ALONE, { maxOutput: Number.POSITIVE_INFINITY });
    expect(text(inflater.inflate(payloadOf('Hello')))).toBe('Hello');
    const twoParts = Buffer.concat([deflateRawSync('one, '), payloadOf('two')]);
    expect(text(inflater.inflate(twoParts))).toBe('one, two');
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 60])('throws a RangeError for %d bytes', (maxOutput) => {
    expect(() => new Inflater(ALONE, { maxOutput })).toThrow(RangeError);
    expect(() => new Inflater(ALONE, LIMIT).inflate(payloadOf('Hello'), maxOutput)).toThrow(RangeError);
  });
});

describe('memory of a message that waits', () => {
  const mixed = (random: number, zeros: number): Buffer => Buffer.concat([randomBytes(random), Buffer.alloc(zeros)]);

  it('is the message’s own, when one before it came to much more for its length', () => {
    const inflater = new Inflater(ALONE, LIMIT);
    expect(inflater.inflate(payloadOf(Buffer.alloc(MIB)))).toMatchObject({ ok: true });
    const result = inflater.inflate(payloadOf(randomBytes(50_000)));
    expect(result.ok && result.data.buffer.byteLength).toBeLessThan(1.2 * 50_000);
  });

  it('is the payload’s own, when data before it could not be compressed', () => {
    const deflater = new Deflater(ALONE);
    deflater.deflate(randomBytes(200_000));
    const payload = deflater.deflate(mixed(60_000, 140_000));
    expect(payload.buffer.byteLength).toBeLessThan(1.2 * payload.length);
  });

  it('has little room to spare, when a message compresses as the one before it did', () => {
    const deflater = new Deflater(ALONE);
    const inflater = new Inflater(ALONE, LIMIT);
    const message = mixed(85_000, 55_000);
    for (let round = 0; round < 3; round += 1) {
      const payload = deflater.deflate(message);
      const result = inflater.inflate(payload);
      expect(result).toEqual({ ok: true, data: message });
      if (round === 0 || !result.ok) continue;
      expect(payload.buffer.byteLength).toBeLessThan(1.2 * payload.length);
      expect(result.data.buffer.byteLength).toBeLessThan(1.2 * message.length);
    }
  });
});
