import type { FrameDecoder } from '@genws/protocol';
import { describe, expect, it } from 'vitest';
import { type DecodingOptions, decoderOf } from '../support/decoding.ts';
import { RandomBytes } from '../support/random-bytes.ts';
import { inPieces, rawFrame, someKey } from '../support/raw-frame.ts';

const limits = { maxFrame: 10_000, maxMessage: 20_000, maxFragments: 50 };
/** Beside a message a decoder keeps at most a control frame's payload or a header, whichever a chunk cut. */
const mostHeld = limits.maxMessage + 125;
const total = 10 * 1024 * 1024;

/** Feeds chunks to one decoder after the other: a new one takes over when a violation ended the last. */
class Victims {
  readonly seen = new Map<string, number>();
  readonly #options: DecodingOptions;
  #decoder: FrameDecoder;
  #ended = false;

  constructor(options: DecodingOptions) {
    this.#options = { ...options, limits };
    this.#decoder = decoderOf(this.#options);
  }

  feed(chunk: Uint8Array): void {
    if (this.#ended) this.#decoder = decoderOf(this.#options);
    this.#ended = false;
    this.#decoder.push(chunk);
    for (let one = this.#decoder.next(); one !== undefined; one = this.#decoder.next()) {
      if (this.#ended) throw new Error(`${one.type} after a violation`);
      const name = one.type === 'violation' ? one.code : one.type;
      this.seen.set(name, (this.seen.get(name) ?? 0) + 1);
      this.#ended = one.type === 'violation';
    }
    const { held } = this.#decoder;
    if (held > (this.#ended ? 0 : mostHeld)) throw new Error(`holds ${held} bytes`);
  }
}

/** A few messages, whole and fragmented, with control frames among them. */
function validStream(random: RandomBytes, key: Uint8Array | undefined, compress: boolean): Buffer {
  const frames: Buffer[] = [];
  for (let count = 1 + random.below(6); count > 0; count--) {
    const opcode = 1 + random.below(2);
    const length = random.below(random.below(8) === 0 ? 6000 : 200);
    const payload = opcode === 1 ? Buffer.alloc(length, 'aé€😀') : Buffer.from(random.take(length));
    const whole = opcode === 1 ? Buffer.from(payload.toString().replaceAll('\ufffd', '')) : payload;
    const rsv = compress && random.below(3) === 0 ? 4 : 0;
    const at = random.below(whole.length + 1);
    if (random.below(2) === 0) frames.push(rawFrame({ opcode, rsv, payload: whole, key }));
    else {
      frames.push(rawFrame({ opcode, rsv, fin: false, payload: whole.subarray(0, at), key }));
      frames.push(rawFrame({ opcode: 9 + random.below(2), payload: random.take(random.below(126)), key }));
      frames.push(rawFrame({ opcode: 0, payload: whole.subarray(at), key }));
    }
  }
  if (random.below(3) === 0) frames.push(rawFrame({ opcode: 8, payload: Buffer.from('\x03\xe8bye', 'latin1'), key }));
  return Buffer.concat(frames);
}

describe('C24: whatever comes, the decoder yields, waits or ends; it never throws and never holds more than its limits', () => {
  it.each(['first', 'second', 'third', 'fourth'])('C24: on 10 MB of random bytes, seed %s', (seed) => {
    const random = new RandomBytes(seed);
    for (const role of ['server', 'client'] as const) {
      const victims = new Victims({ role, compress: seed === 'fourth' });
      for (let sent = 0; sent < total / 2; ) {
        const chunk = random.take(1 + random.below(random.below(4) === 0 ? 4096 : 64));
        victims.feed(chunk);
        sent += chunk.length;
      }
      expect(victims.seen.size).toBeGreaterThan(8);
    }
  });

  it.each(['fifth', 'sixth', 'seventh', 'eighth'])(
    'C24: on valid streams with damage done to them, seed %s',
    (seed) => {
      const random = new RandomBytes(seed);
      const compress = seed === 'eighth';
      for (const role of ['server', 'client'] as const) {
        const key = role === 'server' ? someKey : undefined;
        const victims = new Victims({ role, compress });
        for (let round = 0; round < 1500; round++) {
          const stream = validStream(random, key, compress);
          for (let i = random.below(3); i > 0; i--) {
            const at = random.below(random.below(2) === 0 ? stream.length : Math.min(stream.length, 40));
            stream[at] = (stream[at] ?? 0) ^ (1 << random.below(8));
          }
          for (const piece of inPieces(stream, 1 + random.below(2000))) victims.feed(piece);
        }
        const names = [...victims.seen.keys()];
        expect(names).toEqual(
          expect.arrayContaining(['text', 'binary', 'ping', 'close', 'invalidUtf8', 'reservedOpcode']),
        );
        expect(names.includes('compressed')).toBe(compress);
      }
    },
  );
});
