import { inflateRawSync, constants as zlib } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { FrameCounter } from './frame-counter.ts';
import { Messages, mended } from './messages.ts';

/** The payloads of masked frames of up to 64 KiB, unmasked. */
function unmasked(frames: Buffer): Buffer[] {
  const payloads: Buffer[] = [];
  for (let at = 0; at < frames.length; ) {
    const short = (frames[at + 1] ?? 0) & 127;
    const keyAt = at + (short === 126 ? 4 : 2);
    const length = short === 126 ? frames.readUInt16BE(at + 2) : short;
    const key = frames.subarray(keyAt, keyAt + 4);
    payloads.push(
      Buffer.from(frames.subarray(keyAt + 4, keyAt + 4 + length).map((byte, i) => byte ^ (key[i % 4] ?? 0))),
    );
    at = keyAt + 4 + length;
  }
  return payloads;
}

describe('the messages that load a server', () => {
  it('are as long as was asked, as many as was asked', () => {
    const run = new Messages({ form: 'text', size: 1024 }, 64).run(3, 5);
    expect(unmasked(run).map(({ length }) => length)).toEqual([1024, 1024, 1024, 1024, 1024]);
  });

  it('are valid JSON text of one size when inflated, without reference to others (RFC 7692 §7.2.1)', () => {
    const messages = new Messages({ form: 'json', size: 1024 }, 4);
    const inflate = (payload: Uint8Array): string =>
      new TextDecoder('utf-8', { fatal: true }).decode(inflateRawSync(payload, { finishFlush: zlib.Z_SYNC_FLUSH }));
    for (const position of [0, 31, 63, 64]) {
      const texts = unmasked(messages.run(position, 4)).map(inflate);
      expect(texts.map((text) => Buffer.byteLength(text))).toEqual([1024, 1024, 1024, 1024]);
      expect(new Set(texts).size).toBe(4);
    }
  });

  it('are whole characters, wherever they were cut off', () => {
    const text = Buffer.from('a€');
    expect([1, 2, 3, 4].map((size) => mended(text.subarray(0, size)).toString())).toEqual(['a', 'a ', 'a  ', 'a€']);
  });

  it('are masked, so that no server would send them', () => {
    const run = new Messages({ form: 'text', size: 16 }, 1).run(0, 1);
    expect(() => new FrameCounter().count(run)).toThrow('masks');
  });
});
