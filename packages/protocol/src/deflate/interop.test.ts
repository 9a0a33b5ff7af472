import { Buffer } from 'node:buffer';
import { createDeflateRaw, createInflateRaw, type DeflateRaw, type InflateRaw, constants as zlib } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeflateDirection } from './negotiation.ts';
import { allWindowBits } from './options.ts';
import { createDeflater, createInflater } from './transform.ts';

const TAIL = Buffer.of(0, 0, 0xff, 0xff);
const LIMIT = { maxOutput: 1 << 20 };

/** Writes to a zlib stream, flushes, and resolves with all that comes out. */
function pass(stream: DeflateRaw | InflateRaw, input: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const out: Buffer[] = [];
    const onData = (chunk: Buffer): void => {
      out.push(chunk);
    };
    stream.on('data', onData);
    stream.once('error', reject);
    stream.write(input);
    stream.flush(zlib.Z_SYNC_FLUSH, () => {
      stream.off('data', onData);
      stream.off('error', reject);
      resolve(Buffer.concat(out));
    });
  });
}

/** A peer that keeps one long-lived zlib stream, as most implementations do, and knows nothing of ours. */
function streamingPeer({ contextTakeover, windowBits }: DeflateDirection, chunkSize = 512) {
  // With small chunks the decoder sees little but its window: a reference far beyond it cannot pass by luck.
  const inflate = createInflateRaw({ windowBits, chunkSize });
  const deflate = createDeflateRaw({ windowBits });
  return {
    async deflate(data: Uint8Array): Promise<Buffer> {
      const flushed = await pass(deflate, data);
      if (!contextTakeover) deflate.reset();
      return flushed.subarray(0, Math.max(0, flushed.length - TAIL.length));
    },
    async inflate(payload: Uint8Array): Promise<Buffer> {
      const data = await pass(inflate, Buffer.concat([payload, TAIL]));
      if (!contextTakeover) inflate.reset();
      return data;
    },
    close() {
      inflate.close();
      deflate.close();
    },
  };
}

/** Messages as people and machines send them: words that recur, bytes that do not, runs, and nothing at all. */
const message: fc.Arbitrary<Uint8Array> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(fc.constantFrom('{"id":', '"user":"', 'alice', 'bob', '"},', '1234'), { maxLength: 120 })
      .map((words) => Buffer.from(words.join(''))),
  },
  { weight: 2, arbitrary: fc.uint8Array({ maxLength: 700 }) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.nat({ max: 70_000 }), fc.nat({ max: 255 })).map(([size, byte]) => Buffer.alloc(size, byte)),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.nat({ max: 40_000 }), fc.integer({ min: 2, max: 9973 }))
      .map(([size, step]) => Buffer.from(Array.from({ length: size }, (_, i) => (i * step) >> 5))),
  },
  { weight: 1, arbitrary: fc.constant(new Uint8Array(0)) },
);

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
        const deflater = createDeflater(direction);
        const inflater = createInflater(direction, LIMIT);
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

  it('is read at every length around the size of the output chunk, where a flush may be repeated', async () => {
    const direction: DeflateDirection = { contextTakeover: true, windowBits: 15 };
    const peer = streamingPeer(direction, 65_536);
    // Level 0 stores: the payload is as long as the data, and lands on each side of the boundary in turn.
    const deflater = createDeflater(direction, { level: 0 });
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
