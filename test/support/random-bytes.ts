import { createCipheriv } from 'node:crypto';

/** Endless bytes that look random and are the same for the same seed. */
export class RandomBytes {
  readonly #stream;

  constructor(seed: string) {
    this.#stream = createCipheriv('aes-128-ctr', Buffer.from(seed.padEnd(16).slice(0, 16)), Buffer.alloc(16));
  }

  /** The next `count` bytes, in memory of their own. */
  take(count: number): Uint8Array {
    return Uint8Array.from(this.#stream.update(Buffer.alloc(count)));
  }

  /** A whole number from 0 to below `limit`, which is at most 2^32. */
  below(limit: number): number {
    return this.#stream.update(Buffer.alloc(4)).readUInt32BE(0) % limit;
  }
}
