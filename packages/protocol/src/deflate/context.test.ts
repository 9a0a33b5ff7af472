import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import type { DeflateDirection } from './negotiation.ts';
import { Deflater, type InflateResult, Inflater } from './transform.ts';

const TAKEOVER: DeflateDirection = { contextTakeover: true, windowBits: 15 };
const ALONE: DeflateDirection = { contextTakeover: false, windowBits: 15 };
const LIMIT = { maxOutput: 1 << 20 };

const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');
const text = (result: InflateResult): string => (result.ok ? result.data.toString() : `(${result.reason})`);

describe('memory between messages', () => {
  const noise = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7919 + (i >> 4) * 104729) & 0xff));

  it.each([8, 9, 12, 15] as const)('is at most the window of %d bits on each side', (windowBits) => {
    const direction: DeflateDirection = { contextTakeover: true, windowBits };
    const deflater = new Deflater(direction);
    const inflater = new Inflater(direction, LIMIT);
    for (const size of [10, 1000, 100_000, 3]) {
      expect(inflater.inflate(deflater.deflate(noise.subarray(0, size))).ok).toBe(true);
    }
    expect(deflater.bytesHeld).toBe(2 ** windowBits);
    expect(inflater.bytesHeld).toBe(2 ** windowBits);
  });

  it('is none without context takeover', () => {
    const deflater = new Deflater(ALONE);
    const inflater = new Inflater(ALONE, LIMIT);
    inflater.inflate(deflater.deflate(noise));
    deflater.remember(noise);
    expect([deflater.bytesHeld, inflater.bytesHeld]).toEqual([0, 0]);
  });

  it('shrinks to what the peer may still refer to when released, and the conversation goes on', () => {
    const deflater = new Deflater(TAKEOVER);
    const inflater = new Inflater(TAKEOVER, LIMIT);
    inflater.inflate(deflater.deflate(Buffer.from('Hello')));
    inflater.release();
    expect(inflater.bytesHeld).toBe(5);
    expect(text(inflater.inflate(deflater.deflate(Buffer.from('Hello'))))).toBe('Hello');
    deflater.release();
    expect(deflater.bytesHeld).toBe(0);
    for (const word of ['Hello', 'Hello', 'again', 'Hello again']) {
      expect(text(inflater.inflate(deflater.deflate(Buffer.from(word))))).toBe(word);
    }
  });

  it('is not the memory of the message', () => {
    const deflater = new Deflater(TAKEOVER);
    const data = Buffer.from('Hello');
    deflater.deflate(data);
    data.fill(0);
    expect(deflater.deflate(Buffer.from('Hello'))).toEqual(hex('f2 00 11 00 00'));
  });

  it('is not a mostly empty chunk under each payload that waits to be sent', () => {
    const deflater = new Deflater(ALONE);
    const waiting = Array.from({ length: 100 }, (_, i) => deflater.deflate(Buffer.alloc(60_000, `abc${i}`)));
    const memory = [...new Set(waiting.map((payload) => payload.buffer))].reduce(
      (sum, { byteLength }) => sum + byteLength,
      0,
    );
    expect(memory).toBeLessThan(10 * 65_536);
  });
});

describe('how far back a message looks', () => {
  /** Bytes that do not repeat. */
  const noise = (size: number, seed: number): Buffer => {
    let state = seed;
    return Buffer.from(
      Array.from({ length: size }, () => {
        state = (state * 48271) % 0x7fffffff;
        return state & 0xff;
      }),
    );
  };
  const lengthAfter = (first: Buffer, between: number): number => {
    const deflater = new Deflater(TAKEOVER);
    deflater.deflate(first);
    deflater.deflate(noise(between, 99));
    return deflater.deflate(first).length;
  };

  it('is as far as it is worth: 4 KiB for a short one, four times its length for a long one', () => {
    const [short, long] = [noise(300, 1), noise(7000, 2)];
    expect(lengthAfter(short, 3700)).toBeLessThan(20);
    expect(lengthAfter(short, 4200)).toBeGreaterThan(300);
    expect(lengthAfter(long, 20_000)).toBeLessThan(100);
  });
});

describe('one payload for many connections', () => {
  it('is read by every peer in whatever context, and each connection goes on from there', () => {
    const shared = new Deflater({ contextTakeover: false, windowBits: 9 });
    const news = Buffer.from('news for all, news for all');
    const payload = shared.deflate(news);
    for (const windowBits of [9, 12, 15] as const) {
      const direction: DeflateDirection = { contextTakeover: true, windowBits };
      const deflater = new Deflater(direction);
      const inflater = new Inflater(direction, LIMIT);
      const say = (words: string): string => text(inflater.inflate(deflater.deflate(Buffer.from(words))));
      expect(say(`greetings to ${windowBits}`)).toBe(`greetings to ${windowBits}`);
      expect(text(inflater.inflate(payload))).toBe(news.toString());
      deflater.remember(news);
      const again = deflater.deflate(news);
      expect(again.length).toBeLessThan(12);
      expect(text(inflater.inflate(again))).toBe(news.toString());
      expect(say(`greetings to ${windowBits}`)).toBe(`greetings to ${windowBits}`);
    }
  });
});
