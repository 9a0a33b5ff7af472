import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inPieces, type RawFrame, rawFrame } from '../../support/raw-frame.ts';
import { FrameCounter } from './frame-counter.ts';

const bytesOf = (frames: readonly RawFrame[]): Buffer => Buffer.concat(frames.map(rawFrame));
const payload = (length: number): Buffer => Buffer.alloc(length, 0x88);

describe('the counter of what a server sends', () => {
  it('counts messages with lengths of 7, 16 and 64 bits, wherever they are cut (RFC 6455 §5.2)', () => {
    const lengths = fc.constantFrom(0, 1, 16, 125, 126, 1024, 65_535, 65_536);
    fc.assert(
      fc.property(fc.array(lengths, { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 5000 }), (all, size) => {
        const counter = new FrameCounter();
        const bytes = bytesOf(all.map((length) => ({ opcode: 1, payload: payload(length) })));
        const counted = inPieces(bytes, size).map((piece) => counter.count(piece));
        expect(counted.reduce((sum, count) => sum + count, 0)).toBe(all.length);
      }),
      { numRuns: 50 },
    );
  });

  it('counts a message when its last byte has come, and not before', () => {
    const counter = new FrameCounter();
    const bytes = bytesOf([{ opcode: 1, payload: 'hello' }]);
    expect([...bytes].map((byte) => counter.count(Uint8Array.of(byte)))).toEqual([0, 0, 0, 0, 0, 0, 1]);
  });

  it('reads no further than it is told', () => {
    const bytes = bytesOf([
      { opcode: 1, payload: 'a' },
      { opcode: 1, payload: 'b' },
    ]);
    expect(new FrameCounter().count(bytes, 3)).toBe(1);
  });

  it('counts fragments as one message, and control frames not at all (RFC 6455 §5.4, §5.5)', () => {
    const frames = [
      { opcode: 1, fin: false, payload: 'a' },
      { opcode: 9, payload: 'ping' },
      { opcode: 0, payload: 'b' },
    ];
    expect(new FrameCounter().count(bytesOf(frames))).toBe(1);
  });

  it('tells whether messages are compressed (RFC 7692 §6)', () => {
    const counter = new FrameCounter();
    counter.count(bytesOf([{ opcode: 1, rsv: 4, payload: 'a' }]));
    expect(counter.compressed).toBe(true);
    counter.count(bytesOf([{ opcode: 1, payload: 'a' }]));
    expect(counter.compressed).toBe(false);
  });

  it('takes neither a close frame nor a masked one for an echo', () => {
    expect(() => new FrameCounter().count(bytesOf([{ opcode: 8 }]))).toThrow('closes');
    expect(() => new FrameCounter().count(bytesOf([{ opcode: 1, key: Uint8Array.of(1, 2, 3, 4) }]))).toThrow('masks');
  });
});
