import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { almostFrames, anyCuts, anyRole, content, cut, peerOf } from '../support/arbitrary-frames.ts';
import { decoderOf, received } from '../support/decoding.ts';
import { fromClient } from '../support/raw-frame.ts';

describe('any way to cut a stream', () => {
  it('gives what whole delivery gives: the same messages, then the same violation', () => {
    const streams = fc.tuple(anyRole, fc.boolean()).chain(([role, compress]) =>
      fc.record({
        options: fc.constant({ role, compress, limits: { maxFrame: 250, maxMessage: 400, maxFragments: 5 } }),
        stream: almostFrames(peerOf(role), compress).map((frames) => Buffer.concat(frames)),
      }),
    );
    let messages = 0;
    let violations = 0;
    fc.assert(
      fc.property(streams, anyCuts, ({ options, stream }, cuts) => {
        const whole = received(decoderOf(options), [stream]);
        const pieces = received(decoderOf(options), cut(stream, cuts));
        expect(pieces.map(withoutDetail)).toEqual(whole.map(withoutDetail));
        messages += whole.length;
        if (whole.at(-1)?.type === 'violation') violations++;
      }),
      { numRuns: 500 },
    );
    // The property means something only where both occur.
    expect(messages).toBeGreaterThan(1000);
    expect(violations).toBeGreaterThan(50);
  });

  it('gives the same when bytes are handed over ahead of reading', () => {
    fc.assert(
      fc.property(almostFrames('client', false), anyCuts, (frames, cuts) => {
        const stream = Buffer.concat(frames);
        const late = decoderOf();
        for (const piece of cut(stream, cuts)) late.push(piece);
        expect(received(late, [new Uint8Array(0)]).map(withoutDetail)).toEqual(
          received(decoderOf(), [stream]).map(withoutDetail),
        );
      }),
    );
  });

  it('holds for every single split point of headers and payloads of each length form', () => {
    const stream = Buffer.concat([
      fromClient({ opcode: 1, payload: 'é'.repeat(60) }),
      fromClient({ opcode: 9, payload: 'ping' }),
      fromClient({ opcode: 2, fin: false, payload: Buffer.alloc(300, 7) }),
      fromClient({ opcode: 10 }),
      fromClient({ opcode: 0, payload: Buffer.alloc(3, 8) }),
      fromClient({ opcode: 2, payload: Buffer.alloc(65_536, 9) }),
      fromClient({ opcode: 8, payload: Buffer.from('\x03\xe8bye', 'latin1') }),
    ]);
    const whole = received(decoderOf(), [stream]).map(content);
    expect(whole).toHaveLength(6);
    const large = stream.length - 65_536;
    for (let at = 0; at <= stream.length; at += at > large - 100 && at < stream.length - 100 ? 4099 : 1) {
      expect(received(decoderOf(), [stream.subarray(0, at), stream.subarray(at)]).map(content)).toEqual(whole);
    }
  });
});

/** How a text turned out to be no UTF-8, at its end or before, may depend on where it was cut; that it did may not. */
function withoutDetail(decoded: Parameters<typeof content>[0]): unknown {
  return decoded.type === 'violation' ? { type: 'violation', code: decoded.code } : content(decoded);
}
