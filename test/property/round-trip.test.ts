import { FrameEncoder, prepare } from '@genws/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCuts, anyFrame, content, cut, peerOf, streamOf } from '../support/arbitrary-frames.ts';
import { decoderOf, received } from '../support/decoding.ts';

const frames = fc.array(anyFrame, { maxLength: 12 });

describe.each(['client', 'server'] as const)('what a %s sends', (sender) => {
  const role = peerOf(sender);

  it('arrives as it was sent, in order', () => {
    fc.assert(
      fc.property(frames, (frames) => {
        expect(received(decoderOf({ role }), [streamOf(frames, sender)]).map(content)).toEqual(frames.map(content));
      }),
      { numRuns: 200 },
    );
  });

  it('arrives as it was sent when the stream is cut anywhere', () => {
    fc.assert(
      fc.property(frames, anyCuts, (frames, cuts) => {
        const pieces = cut(streamOf(frames, sender), cuts);
        expect(received(decoderOf({ role }), pieces).map(content)).toEqual(frames.map(content));
      }),
      { numRuns: 100 },
    );
  });

  it('arrives compressed, with its payload untouched (RFC 7692 §6)', () => {
    const compressed = fc.record({
      type: fc.constant('compressed' as const),
      kind: fc.constantFrom('text' as const, 'binary' as const),
      data: fc.uint8Array({ maxLength: 500 }),
    });
    const mixed = fc.array(fc.oneof(anyFrame, compressed), { maxLength: 8 });
    fc.assert(
      fc.property(mixed, anyCuts, (frames, cuts) => {
        const pieces = cut(streamOf(frames, sender), cuts);
        expect(received(decoderOf({ role, compress: true }), pieces).map(content)).toEqual(frames.map(content));
      }),
      { numRuns: 100 },
    );
  });
});

describe('several encoders', () => {
  it('that write in turns into the same block never get into each other', () => {
    const step = fc.record({ who: fc.nat(2), frame: anyFrame, prepared: fc.boolean(), take: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const sides = (['server', 'client', 'server'] as const).map((role) => ({
          role,
          encoder: new FrameEncoder(role),
          taken: [] as Uint8Array[],
          sent: [] as unknown[],
        }));
        for (const { who, frame, prepared, take } of steps) {
          const side = sides[who];
          if (side === undefined) throw new RangeError('no such side');
          const sendable = prepared && (frame.type === 'text' || frame.type === 'binary') ? prepare(frame) : frame;
          side.encoder.append(sendable);
          side.sent.push(content(frame));
          if (take) side.taken.push(...side.encoder.take());
        }
        for (const { role, encoder, taken, sent } of sides) {
          const decoder = decoderOf({ role: peerOf(role) });
          expect(received(decoder, [...taken, ...encoder.take()]).map(content)).toEqual(sent);
        }
      }),
      { numRuns: 100 },
    );
  });
});
