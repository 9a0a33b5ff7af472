import { Buffer } from 'node:buffer';
import type * as Zlib from 'node:zlib';
import { deflateRawSync, constants as zlib } from 'node:zlib';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { compressionLimit } from './concurrency.ts';
import type { DeflateDirection } from './negotiation.ts';
import { Deflater, type InflateResult, Inflater } from './transform.ts';

const TAKEOVER: DeflateDirection = { contextTakeover: true, windowBits: 15 };
const ALONE: DeflateDirection = { contextTakeover: false, windowBits: 15 };
const LIMIT = { maxOutput: 1 << 20 };
const MIB = 1024 * 1024;

/** The zlib streams that the code under test has open, counted where it makes them. */
const engines = vi.hoisted(() => {
  const counts = { open: 0, most: 0, made: 0 };
  const count = <Engine extends { once(event: 'close', listener: () => void): unknown }>(engine: Engine): Engine => {
    counts.open += 1;
    counts.made += 1;
    counts.most = Math.max(counts.most, counts.open);
    engine.once('close', () => {
      counts.open -= 1;
    });
    return engine;
  };
  return { counts, count };
});
vi.mock('node:zlib', async (original) => {
  const real = await original<typeof Zlib>();
  return {
    ...real,
    createInflateRaw: (options?: Zlib.ZlibOptions) => engines.count(real.createInflateRaw(options)),
    createDeflateRaw: (options?: Zlib.ZlibOptions) => engines.count(real.createDeflateRaw(options)),
  };
});

const { signal: never } = new AbortController();
const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');
const payloadOf = (data: string | Uint8Array): Buffer =>
  deflateRawSync(data, { finishFlush: zlib.Z_SYNC_FLUSH }).subarray(0, -4);
const text = (result: InflateResult | undefined): string =>
  result === undefined ? '(given up)' : result.ok ? result.data.toString() : `(${result.reason})`;

/** Bytes that compress to about half. */
const halfNoise = (size: number, seed = 1): Buffer => {
  let state = seed;
  return Buffer.from(
    Array.from({ length: size }, () => {
      state = (state * 48271) % 0x7fffffff;
      return state & 0x0f;
    }),
  );
};

/** Streams tell of their end a moment later. */
const noneOpen = async (): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve));
  expect(engines.counts.open).toBe(0);
};

beforeEach(() => {
  Object.assign(engines.counts, { open: 0, most: 0, made: 0 });
});

describe('deflating in the thread pool', () => {
  it('makes the same bytes as on the calling thread, message by message (RFC 7692 §7.2.1)', async () => {
    const here = new Deflater(TAKEOVER);
    const there = new Deflater(TAKEOVER);
    const inflater = new Inflater(TAKEOVER, LIMIT);
    for (const size of [0, 1, 300, 5000, 65_000, 70_000, 300_000, 20, 0, 100_000]) {
      const data = halfNoise(size, size + 1);
      const payload = await there.deflateAsync(data, never);
      expect(payload).toEqual(here.deflate(data));
      expect(inflater.inflate(payload ?? Buffer.alloc(0))).toEqual({ ok: true, data });
    }
    expect(there.bytesHeld).toBe(here.bytesHeld);
    await noneOpen();
    expect(engines.counts.made).toBe(10);
  });

  it('makes the same bytes where a flush meets the end of a chunk', async () => {
    const stores = new Deflater(ALONE, { level: 0 });
    for (const size of [...Array(40).keys()].flatMap((i) => [230 + i, 65_510 + i, 131_030 + i])) {
      const data = Buffer.alloc(size, size);
      expect([size, (await stores.deflateAsync(data, never))?.equals(stores.deflate(data))]).toEqual([size, true]);
    }
  });
});

describe('inflating in the thread pool', () => {
  it('gives what the calling thread gives, final blocks within a message included (RFC 7692 §7.2.3.4)', async () => {
    const here = new Inflater(TAKEOVER, LIMIT);
    const there = new Inflater(TAKEOVER, LIMIT);
    const large = halfNoise(400_000);
    const payloads = [
      hex('f2 48 cd c9 c9 07 00'),
      hex('f2 00 11 00 00'),
      Buffer.alloc(0),
      Buffer.concat([deflateRawSync('one, '), deflateRawSync(large), payloadOf('three')]),
      deflateRawSync('the end is mine'),
      payloadOf(large),
      hex('00'),
    ];
    for (const payload of payloads) {
      const expected = here.inflate(payload);
      expect(expected.ok).toBe(true);
      expect(await there.inflateAsync(payload, MIB, never)).toEqual(expected);
      expect(there.bytesHeld).toBe(here.bytesHeld);
    }
    await noneOpen();
  });

  it.each([
    ['a reserved block type', hex('07')],
    ['a message cut short', payloadOf(halfNoise(200_000)).subarray(0, 60_000)],
    ['bytes after the last block', Buffer.concat([payloadOf(halfNoise(200_000)), hex('ff ff')])],
    ['garbage after a final block', Buffer.concat([deflateRawSync('Hello'), Buffer.from('garbage')])],
    ['a reference to data before the first', hex('f2 00 11 00 00')],
  ])('D04 D05 refuses %s and closes its zlib (RFC 7692 §7.2.2)', async (_what, payload) => {
    const inflater = new Inflater(TAKEOVER, LIMIT);
    expect(text(await inflater.inflateAsync(payload, MIB, never))).toBe('(badDeflate)');
    expect(inflater.bytesHeld).toBe(0);
    await noneOpen();
  });

  it('D02 stops a bomb at the bound, exact to the byte', async () => {
    const bomb = payloadOf(Buffer.alloc(10 * MIB));
    const inflater = new Inflater(ALONE, LIMIT);
    const whole = await inflater.inflateAsync(bomb, 10 * MIB, never);
    expect(whole?.ok === true && whole.data.length).toBe(10 * MIB);
    expect(await inflater.inflateAsync(bomb, 10 * MIB - 1, never)).toEqual({ ok: false, reason: 'tooBig' });
    expect(await inflater.inflateAsync(bomb, 0, never)).toEqual({ ok: false, reason: 'tooBig' });
    await noneOpen();
  });

  it('D02 spends no more memory on a bomb than the bound and two chunks', async () => {
    const bomb = payloadOf(Buffer.alloc(50 * MIB));
    const before = process.memoryUsage().arrayBuffers;
    expect(text(await new Inflater(ALONE, LIMIT).inflateAsync(bomb, MIB, never))).toBe('(tooBig)');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 * MIB);
  });

  it('lets a message that was too big be tried again with a larger bound', async () => {
    const deflater = new Deflater(TAKEOVER);
    const inflater = new Inflater(TAKEOVER, LIMIT);
    const words = 'words that are said twice';
    inflater.inflate(deflater.deflate(Buffer.from(words)));
    const payload = deflater.deflate(Buffer.from(words + words));
    expect(text(inflater.inflate(payload, 10))).toBe('(tooBig)');
    expect(text(await inflater.inflateAsync(payload, 49, never))).toBe('(tooBig)');
    expect(text(await inflater.inflateAsync(payload, 50, never))).toBe(words + words);
    expect(text(inflater.inflate(deflater.deflate(Buffer.from(words))))).toBe(words);
  });

  it('rejects with a RangeError where the synchronous way throws it', async () => {
    await expect(new Inflater(ALONE, LIMIT).inflateAsync(payloadOf('Hello'), -1, never)).rejects.toThrow(RangeError);
    expect(compressionLimit.running).toBe(0);
  });
});

describe('connections that end while their messages are in the thread pool', () => {
  it('D10 leave nothing behind in 10,000 rounds: each promise settles, each zlib is closed', async () => {
    // Of many chunks each, so that none can be done after one turn of the event loop.
    const data = halfNoise(400_000);
    const payload = payloadOf(Buffer.alloc(20 * MIB));
    for (let round = 0; round < 10_000; round += 20) {
      const gone = new AbortController();
      const all = Array.from({ length: 10 }, () => [
        () => new Deflater(TAKEOVER, { level: 0 }).deflateAsync(data, gone.signal),
        () => new Inflater(TAKEOVER, LIMIT).inflateAsync(payload, 20 * MIB, gone.signal),
      ]).flat();
      const settling = Promise.all((round % 40 === 0 ? all : all.reverse()).map((start) => start()));
      if (round % 3 > 0) await new Promise((resolve) => setImmediate(resolve));
      gone.abort('ended');
      expect(await settling).toEqual(all.map(() => undefined));
      expect(compressionLimit.running).toBe(0);
      await noneOpen();
    }
    expect(engines.counts.made).toBeLessThan(2500);
  });
});

describe('many connections at once', () => {
  it('D11 1,000 that compress hold at most three zlib states, and are served in their order', async () => {
    const data = halfNoise(10_000);
    const order: number[] = [];
    const started = Array.from({ length: 1000 }, (_, id) =>
      new Deflater(ALONE).deflateAsync(data, never).then((payload) => {
        order.push(id);
        return payload;
      }),
    );
    const payloads = await Promise.all(started);
    await noneOpen();
    expect(engines.counts.made).toBe(1000);
    expect(engines.counts.most).toBeLessThanOrEqual(3);
    expect(payloads.every((payload) => payload?.equals(payloads[0] ?? data))).toBe(true);
    // Those that run at the same time may overtake each other, and nobody else.
    expect(order.every((id, place) => Math.abs(id - place) < 3)).toBe(true);
  });
});
