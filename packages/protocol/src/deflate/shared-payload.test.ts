import { Buffer } from 'node:buffer';
import type * as Zlib from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { binary, type CompressedFrame, text } from '../frame.ts';
import { type Encodable, prepare } from '../frame-encoder.ts';
import { received } from '../received-message.ts';
import type { DeflateAgreement } from './negotiation.ts';
import type { DeflateOptions, WindowBits } from './options.ts';
import { PerMessageDeflate } from './per-message-deflate.ts';

const outOfMemory = vi.hoisted(() => ({ now: false }));
vi.mock('node:zlib', async (original) => {
  const real = await original<typeof Zlib>();
  return {
    ...real,
    createDeflateRaw(options?: Zlib.ZlibOptions) {
      if (outOfMemory.now) throw new Error('out of memory');
      return real.createDeflateRaw(options);
    },
  };
});

const LIMITS = { maxMessage: 1 << 22, validateUtf8: true };
/** Repeats itself only at a distance that the smaller windows do not reach. */
const news = Array.from({ length: 300 }, (_, i) => `${i * i} `)
  .join('')
  .repeat(2);

/** Both ends of a connection. */
function pair(options: DeflateOptions & { windowBits?: WindowBits; contextTakeover?: boolean } = {}) {
  const { windowBits = 15, contextTakeover = true } = options;
  const agreed: DeflateAgreement = {
    server: { contextTakeover, windowBits },
    client: { contextTakeover: true, windowBits: 15 },
  };
  const server = new PerMessageDeflate(agreed, 'server', options);
  const client = new PerMessageDeflate(agreed, 'client', options);
  return {
    server,
    async reads(frame: Encodable | undefined | Promise<Encodable | undefined>): Promise<unknown> {
      const sent = await frame;
      if (sent?.type !== 'compressed') throw new Error('not compressed');
      const inflated = await client.inflate(sent, LIMITS);
      return inflated?.type === 'violation' ? inflated.code : inflated?.data;
    },
  };
}

describe('a prepared message and permessage-deflate', () => {
  it('is compressed once for all connections of the same parameters', () => {
    const frame = prepare(text(news));
    const first = pair().server.deflate(frame);
    expect(first).toMatchObject({ type: 'compressed', kind: 'text' });
    expect(pair().server.deflate(frame)).toBe(first);
    expect(pair({ contextTakeover: false, threshold: 0 }).server.deflate(frame)).toBe(first);
    const others = [
      { windowBits: 9 },
      { level: 1 },
      { memLevel: 1 },
      { strategy: 'huffmanOnly' },
    ] as const satisfies (DeflateOptions & { windowBits?: WindowBits })[];
    const frames = others.map((options) => pair(options).server.deflate(frame));
    expect(new Set([first, ...frames]).size).toBe(5);
    expect(others.map((options) => pair(options).server.deflate(frame))).toEqual(frames);
  });

  it('is compressed once in the thread pool too, for those that ask meanwhile and those that ask later', async () => {
    const frame = prepare(binary(Buffer.alloc(100_000, 'abc')));
    const connections = Array.from({ length: 5 }, () => pair());
    const promises = connections.map(({ server }) => server.deflate(frame));
    expect(promises.every((promise) => promise instanceof Promise)).toBe(true);
    const frames = await Promise.all(promises);
    expect(new Set(frames).size).toBe(1);
    expect(pair().server.deflate(frame)).toBe(frames[0]);
    expect(
      await pair().reads(pair({ offload: Number.POSITIVE_INFINITY }).server.deflate(prepare(frame.message))),
    ).toEqual(frame.message.data);
  });

  it.each([
    ['at once', Number.POSITIVE_INFINITY],
    ['in the thread pool', 0],
  ] as const)(
    'is read by every peer in whatever context, and each connection goes on from there, %s (RFC 7692 §7.2.3.2)',
    async (_, offload) => {
      const frame = prepare(text(news));
      for (const options of [{}, { windowBits: 9 }, { windowBits: 8 }, { contextTakeover: false }] as const) {
        for (const greeting of ['greetings to you', 'greetings to her']) {
          const { server, reads } = pair({ ...options, offload, threshold: 0 });
          expect(await reads(server.deflate(text(greeting)))).toBe(greeting);
          expect(await reads(server.deflate(frame))).toBe(news);
          const again = await server.deflate(text(news));
          expect(await reads(again)).toBe(news);
          if (!('contextTakeover' in options))
            expect(lengthOf(again)).toBeLessThan(lengthOf(await server.deflate(frame)));
          else expect(server.bytesHeld).toBe(0);
        }
      }
    },
  );

  it('goes as it is below the threshold of a connection, and leaves its context alone', () => {
    const frame = prepare(text('a'.repeat(1024)));
    const { server } = pair({ threshold: 1025 });
    expect(server.deflate(frame)).toBe(frame);
    expect(server.bytesHeld).toBe(0);
    expect(pair({ threshold: 1024 }).server.deflate(frame)).toMatchObject({ type: 'compressed' });
  });

  it('D10 is not given up with the first that asked for it', async () => {
    const frame = prepare(binary(Buffer.alloc(2_000_000, 'abc')));
    const [gone, stays] = [pair(), pair()];
    const both = [gone.server.deflate(frame), stays.server.deflate(frame)];
    gone.server.end();
    const [nothing, sent] = await Promise.all(both);
    expect(nothing).toBeUndefined();
    expect(gone.server.bytesHeld).toBe(0);
    expect(await stays.reads(sent)).toEqual(frame.message.data);
  });

  it('is tried again for the next connection if zlib fails', async () => {
    const frame = prepare(text(news));
    outOfMemory.now = true;
    await expect(pair({ offload: 0 }).server.deflate(frame)).rejects.toThrow('out of memory');
    outOfMemory.now = false;
    const { server, reads } = pair({ offload: 0 });
    expect(await reads(server.deflate(frame))).toBe(news);
  });

  it('offers its bytes as they stand in the frame, whatever its length', () => {
    for (const size of [0, 1, 125, 126, 65_535, 65_536]) {
      const data = Buffer.alloc(size, 'äö');
      const { payload, wire } = prepare(binary(data));
      expect(payload).toEqual(data);
      expect(payload.buffer).toBe(wire.buffer);
    }
    expect(Buffer.from(prepare(text('äöü')).payload).toString()).toBe('äöü');
    expect(Buffer.from(prepare(received('text', Buffer.from('äöü'))).payload).toString()).toBe('äöü');
  });
});

function lengthOf(frame: Encodable | undefined): number {
  const compressed: CompressedFrame | undefined = frame?.type === 'compressed' ? frame : undefined;
  return compressed?.data.length ?? Number.NaN;
}
