import { describe, expect, it } from 'vitest';
import { ByteQueue } from './byte-queue.ts';

const counting = (length: number, from = 0): Uint8Array => Uint8Array.from({ length }, (_, i) => from + i);

function queueOf(...pieces: Uint8Array[]): ByteQueue {
  const queue = new ByteQueue();
  for (const piece of pieces) queue.append(piece);
  return queue;
}

const content = (queue: ByteQueue): string => Buffer.concat(queue.take()).toString('hex');

describe('ByteQueue', () => {
  it('is empty at first', () => {
    const queue = new ByteQueue();
    expect(queue.length).toBe(0);
    expect(queue.take()).toHaveLength(0);
  });

  it.each([
    ['one byte each', Array.from({ length: 3000 }, () => 1)],
    ['around the size of a block', [255, 256, 257, 1, 511, 513]],
    ['large and small in turn', [5, 20_000, 1, 16_384, 16_383, 70_000, 0, 3]],
    ['more than a block of 64 KiB', Array.from({ length: 20 }, () => 10_000)],
  ])('gives back in order what came in pieces: %s', (_, sizes) => {
    const pieces = sizes.map((size, i) => counting(size, i));
    const queue = queueOf(...pieces);
    const whole = Buffer.concat(pieces);
    expect(queue.length).toBe(whole.length);
    expect(content(queue)).toBe(whole.toString('hex'));
  });

  it('is empty after it was taken, and starts anew', () => {
    const queue = queueOf(counting(300));
    queue.take();
    expect(queue.length).toBe(0);
    expect(queue.take()).toHaveLength(0);
    queue.append(counting(2, 7));
    expect(content(queue)).toBe('0708');
  });

  it('leaves alone what was taken when more is appended', () => {
    const queue = queueOf(counting(10));
    const taken = queue.take();
    queue.append(counting(10, 100));
    expect(taken).toEqual([Buffer.from(counting(10))]);
  });

  it('copies small pieces, so that the chunk they came in need not be kept', () => {
    const piece = counting(100);
    const queue = queueOf(piece);
    piece.fill(0xff);
    expect(content(queue)).toBe(Buffer.from(counting(100)).toString('hex'));
  });

  it('hands a single large piece on without a copy', () => {
    const piece = counting(100_000);
    expect(queueOf(piece).take()[0]).toBe(piece);
  });

  it('keeps no more than a block for small pieces between large ones', () => {
    const large = counting(16 * 1024);
    const rounds = 400;
    const queue = new ByteQueue();
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < rounds; i++) {
      queue.append(Uint8Array.of(i));
      queue.append(large);
    }
    // `large` is one and the same memory each time: what grows are the blocks for the bytes between.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1024 * 1024);
    expect(queue.length).toBe(rounds * (large.length + 1));
    const whole = Buffer.concat(queue.take());
    for (let i = 0; i < rounds; i++) expect(whole[i * (large.length + 1)]).toBe(i & 0xff);
  });
});
