import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlidingWindow } from './sliding-window.ts';

describe('sliding window', () => {
  it('holds the last bytes of the stream, whatever the pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 1500 }), { maxLength: 12 }), fc.boolean(), (pieces, trims) => {
        const window = new SlidingWindow(1024);
        const stream: number[] = [];
        for (const piece of pieces) {
          window.append(piece);
          if (trims) window.trim();
          stream.push(...piece);
          expect(Array.from(window.bytes)).toEqual(stream.slice(-1024));
          expect(window.capacity).toBeLessThanOrEqual(1024);
        }
      }),
    );
  });

  it('keeps no memory of the message that it was given', () => {
    const message = new Uint8Array(1 << 20).fill(7);
    const window = new SlidingWindow(256);
    window.append(message);
    message.fill(0);
    expect(window.bytes).toEqual(new Uint8Array(256).fill(7));
    expect(window.bytes.buffer.byteLength).toBe(256);
  });

  it('grows with the data, and gives growth room back when trimmed', () => {
    const window = new SlidingWindow(32768);
    expect(window.capacity).toBe(0);
    window.append(new Uint8Array(10));
    expect(window.capacity).toBe(256);
    window.trim();
    expect(window.capacity).toBe(10);
    window.clear();
    expect([window.capacity, window.bytes.length]).toEqual([0, 0]);
  });
});
