import type { FrameDecoder } from '@genws/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { almostFrames, anyCuts, anyFrame, anyRole, cut, peerOf, streamOf } from '../support/arbitrary-frames.ts';
import { decoderOf } from '../support/decoding.ts';

const limits = { maxFrame: 500, maxMessage: 800, maxFragments: 6 };
/** Beside one message a decoder keeps at most a control frame's payload or a header, whichever a chunk cut. */
const mostHeld = limits.maxMessage + 125;

/** Decodes every piece, and holds the decoder to what it promises at every step. Returns what it yielded. */
function watched(decoder: FrameDecoder, pieces: readonly Uint8Array[]): string[] {
  const types: string[] = [];
  for (const piece of pieces) {
    decoder.push(piece);
    for (let one = decoder.next(); one !== undefined; one = decoder.next()) types.push(one.type);
    expect(decoder.held).toBeLessThanOrEqual(mostHeld);
    expect(decoder.held).toBeGreaterThanOrEqual(0);
  }
  const end = types.indexOf('violation');
  if (end !== -1) {
    expect(types.slice(end)).toEqual(['violation']);
    expect(decoder.held).toBe(0);
  }
  return types;
}

describe('a decoder never throws, keeps to its limits and ends with a violation', () => {
  it('on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), anyRole, fc.boolean(), anyCuts, (bytes, role, compress, cuts) => {
        watched(decoderOf({ role, compress, limits }), cut(bytes, cuts));
      }),
      { numRuns: 1000 },
    );
  });

  it('on frames that are almost right', () => {
    const outcomes = new Map<string, number>();
    const streams = fc.tuple(anyRole, fc.boolean()).chain(([role, compress]) =>
      fc.record({
        options: fc.constant({ role, compress, limits }),
        frames: almostFrames(peerOf(role), compress),
      }),
    );
    fc.assert(
      fc.property(streams, anyCuts, ({ options, frames }, cuts) => {
        for (const type of watched(decoderOf(options), cut(Buffer.concat(frames), cuts))) {
          outcomes.set(type, (outcomes.get(type) ?? 0) + 1);
        }
      }),
      { numRuns: 500 },
    );
    // The property means something only where everything occurs that a decoder can yield.
    expect([...outcomes.keys()].sort()).toEqual(['binary', 'close', 'compressed', 'ping', 'pong', 'text', 'violation']);
  });

  it('on valid streams with bits turned over, bytes lost and bytes added', () => {
    const damage = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      kind: fc.constantFrom('flip', 'drop', 'insert'),
      byte: fc.integer({ min: 1, max: 255 }),
    });
    fc.assert(
      fc.property(
        fc.array(anyFrame, { minLength: 1, maxLength: 6 }),
        fc.array(damage, { minLength: 1, maxLength: 4 }),
        anyRole,
        anyCuts,
        (frames, damages, role, cuts) => {
          const bytes = [...streamOf(frames, peerOf(role)).subarray(0, 10_000)];
          for (const { at, kind, byte } of damages) {
            const i = Math.floor(at * bytes.length);
            if (kind === 'flip') bytes[i] = (bytes[i] ?? 0) ^ byte;
            else bytes.splice(i, kind === 'drop' ? 1 : 0, ...(kind === 'drop' ? [] : [byte]));
          }
          watched(decoderOf({ role, limits }), cut(Uint8Array.from(bytes), cuts));
        },
      ),
      { numRuns: 300 },
    );
  });
});
