import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binary } from '../frame.ts';
import { plain } from '../plain.fixture.ts';
import type { DeflateDirection } from './negotiation.ts';
import { allWindowBits } from './options.ts';
import { PerMessageDeflate } from './per-message-deflate.ts';
import { message, streamingPeer } from './streaming-peer.fixture.ts';
import { Deflater, Inflater } from './transform.ts';

const LIMIT = { maxOutput: 1 << 20 };

const conversation = fc.array(fc.record({ data: message, rests: fc.integer({ min: 0, max: 9 }).map((n) => n === 0) }), {
  minLength: 4,
  maxLength: 14,
});

const directions: DeflateDirection[] = allWindowBits.flatMap((windowBits) => [
  { contextTakeover: true, windowBits },
  { contextTakeover: false, windowBits },
]);

describe('against a peer with streaming zlib (RFC 7692 §7.2)', () => {
  it.each(directions)('reads and is read, message by message: %o', async (direction) => {
    await fc.assert(
      fc.asyncProperty(conversation, async (messages) => {
        const peer = streamingPeer(direction);
        const deflater = new Deflater(direction);
        const inflater = new Inflater(direction, LIMIT);
        try {
          for (const { data, rests } of messages) {
            const expected = Buffer.from(data);
            expect(expected.equals(await peer.inflate(deflater.deflate(data)))).toBe(true);
            const result = inflater.inflate(await peer.deflate(data));
            expect(result.ok && expected.equals(result.data)).toBe(true);
            if (rests) {
              deflater.release();
              inflater.release();
            }
          }
        } finally {
          peer.close();
        }
      }),
      { numRuns: 8 },
    );
  });

  it.each(directions)('whichever of its messages are dealt with in the thread pool: %o', async (direction) => {
    const agreed = { server: direction, client: direction };
    const limits = { maxMessage: LIMIT.maxOutput, validateUtf8: true };
    await fc.assert(
      fc.asyncProperty(conversation, fc.constantFrom(0, 8, 60, 500, 4000), async (messages, offload) => {
        const peer = streamingPeer(direction);
        const connection = new PerMessageDeflate(agreed, 'server', { threshold: 0, offload });
        const atOnce = new Deflater(direction);
        try {
          for (const { data, rests } of messages) {
            const sent = await connection.deflate(binary(data));
            const payload = sent?.type === 'compressed' ? sent.data : undefined;
            expect(payload).toEqual(atOnce.deflate(data));
            expect(await peer.inflate(payload ?? data)).toEqual(Buffer.from(data));
            const received = { type: 'compressed', kind: 'binary', data: await peer.deflate(data) } as const;
            expect(plain(await connection.inflate(received, limits))).toEqual(binary(Buffer.from(data)));
            if (rests) {
              connection.release();
              atOnce.release();
            }
          }
        } finally {
          peer.close();
        }
      }),
      { numRuns: 8 },
    );
  });

  it('is read at every length around the size of the output chunk, where a flush may be repeated', async () => {
    const direction: DeflateDirection = { contextTakeover: true, windowBits: 15 };
    const peer = streamingPeer(direction, 65_536);
    // Level 0 stores: the payload is as long as the data, and lands on each side of the boundary in turn.
    const deflater = new Deflater(direction, { level: 0 });
    try {
      for (const size of [...Array(40).keys()].flatMap((i) => [230 + i, 65_500 + i])) {
        const data = Buffer.alloc(size, size);
        expect(data.equals(await peer.inflate(deflater.deflate(data)))).toBe(true);
      }
    } finally {
      peer.close();
    }
  });
});
