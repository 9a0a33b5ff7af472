import { Buffer } from 'node:buffer';
import { deflateRawSync, constants as zlib } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { DeflateDirection } from './negotiation.ts';
import { type InflateResult, Inflater } from './transform.ts';

const TAKEOVER: DeflateDirection = { contextTakeover: true, windowBits: 15 };
const ALONE: DeflateDirection = { contextTakeover: false, windowBits: 15 };
const LIMIT = { maxOutput: 1 << 20 };

const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');
const payloadOf = (data: string | Uint8Array): Buffer =>
  deflateRawSync(data, { finishFlush: zlib.Z_SYNC_FLUSH }).subarray(0, -4);
const text = (result: InflateResult): string => (result.ok ? result.data.toString() : `(${result.reason})`);

describe('final blocks within a message (RFC 7692 §7.2.1, §7.2.3.4)', () => {
  const final = (data: string): Buffer => deflateRawSync(data);

  it('inflates what follows a final block', () => {
    const payload = Buffer.concat([final('one, '), final('two, '), payloadOf('three')]);
    expect(text(new Inflater(ALONE, LIMIT).inflate(payload))).toBe('one, two, three');
  });

  it('inflates a message that ends with its final block, with and without the empty block after it', () => {
    const inflater = new Inflater(TAKEOVER, LIMIT);
    expect(text(inflater.inflate(final('Hello')))).toBe('Hello');
    expect(text(inflater.inflate(Buffer.concat([final('Hello'), hex('00')])))).toBe('Hello');
    expect(text(inflater.inflate(hex('01')))).toBe('');
    expect(text(inflater.inflate(payloadOf('and on')))).toBe('and on');
  });

  it('carries the context across a final block, and to the next message only with takeover', () => {
    const inflater = new Inflater(TAKEOVER, LIMIT);
    const later = (known: string, data: string): Buffer =>
      deflateRawSync(data, { dictionary: Buffer.from(known), finishFlush: zlib.Z_SYNC_FLUSH }).subarray(0, -4);
    const phrase = 'the quick brown fox jumps over the lazy dog';
    expect(later(phrase, phrase).length).toBeLessThan(10);
    expect(text(inflater.inflate(Buffer.concat([final(phrase), later(phrase, phrase)])))).toBe(phrase + phrase);
    expect(text(inflater.inflate(later(phrase, phrase)))).toBe(phrase);
    const forgetful = new Inflater(ALONE, LIMIT);
    expect(text(forgetful.inflate(Buffer.concat([final(phrase), later(phrase, phrase)])))).toBe(phrase + phrase);
    expect(text(forgetful.inflate(later(phrase, phrase)))).toBe('(badDeflate)');
  });

  it('carries what was said in earlier messages across a final block too', () => {
    const inflater = new Inflater(TAKEOVER, LIMIT);
    const phrase = 'the quick brown fox jumps over the lazy dog';
    expect(text(inflater.inflate(payloadOf(phrase)))).toBe(phrase);
    const later = deflateRawSync(phrase, { dictionary: Buffer.from(`${phrase}, `), finishFlush: zlib.Z_SYNC_FLUSH });
    const payload = Buffer.concat([final(', '), later.subarray(0, -4)]);
    expect(text(inflater.inflate(payload))).toBe(`, ${phrase}`);
  });

  it('keeps nothing of it between messages without context takeover', () => {
    const inflater = new Inflater(ALONE, LIMIT);
    inflater.inflate(Buffer.concat([final('one'), payloadOf('two')]));
    expect(inflater.bytesHeld).toBe(0);
  });

  it('applies the bound to all parts together', () => {
    const payload = Buffer.concat([final('12345'), final('67890'), hex('00')]);
    const inflater = new Inflater(ALONE, LIMIT);
    expect(text(inflater.inflate(payload, 10))).toBe('1234567890');
    expect(text(inflater.inflate(payload, 9))).toBe('(tooBig)');
    expect(text(inflater.inflate(payload, 5))).toBe('(tooBig)');
    expect(text(inflater.inflate(payload, 4))).toBe('(tooBig)');
  });

  it('D04 refuses what is no block after a final block', () => {
    const inflater = new Inflater(ALONE, LIMIT);
    expect(text(inflater.inflate(Buffer.concat([final('Hello'), hex('07')])))).toBe('(badDeflate)');
    expect(text(inflater.inflate(Buffer.concat([final('Hello'), Buffer.from('garbage')])))).toBe('(badDeflate)');
  });

  it('refuses a message made of final blocks, which would cost far more time than bytes', () => {
    const empties = (count: number): Buffer => Buffer.alloc(2 * count, hex('03 00'));
    expect(text(new Inflater(ALONE, LIMIT).inflate(empties(16)))).toBe('');
    expect(text(new Inflater(ALONE, LIMIT).inflate(empties(5000)))).toBe('(badDeflate)');
  });
});
