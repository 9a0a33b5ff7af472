import { Buffer } from 'node:buffer';
import { createDeflateRaw, createInflateRaw, type DeflateRaw, type InflateRaw, constants as zlib } from 'node:zlib';
import fc from 'fast-check';
import type { DeflateDirection } from './negotiation.ts';

const TAIL = Buffer.of(0, 0, 0xff, 0xff);

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
export function streamingPeer({ contextTakeover, windowBits }: DeflateDirection, chunkSize = 512) {
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
export const message: fc.Arbitrary<Uint8Array> = fc.oneof(
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
