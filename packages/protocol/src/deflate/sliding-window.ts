const smallestAllocation = 256;

/**
 * The last bytes of a stream, at most `size` of them, in memory of its own: it never keeps the buffer of a message alive.
 *
 * Memory grows with the data up to `size`, so that a connection which has said little costs little.
 */
export class SlidingWindow {
  readonly #size: number;
  #memory = new Uint8Array(0);
  #length = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** The bytes kept, oldest first: a view that the next `append` overwrites. */
  get bytes(): Uint8Array {
    return this.#memory.subarray(0, this.#length);
  }

  /** Memory in use, in bytes: at least `bytes.length`, at most the size of the window. */
  get capacity(): number {
    return this.#memory.length;
  }

  /** Takes in what follows in the stream and lets go of what has moved out of reach. */
  append(data: Uint8Array): void {
    const latest = data.length > this.#size ? data.subarray(data.length - this.#size) : data;
    const kept = Math.min(this.#length, this.#size - latest.length);
    const needed = kept + latest.length;
    const memory = this.#memory.length < needed ? new Uint8Array(this.#roomFor(needed)) : this.#memory;
    // `set` moves overlapping views of one buffer correctly.
    if (memory !== this.#memory || kept < this.#length) {
      memory.set(this.#memory.subarray(this.#length - kept, this.#length));
    }
    memory.set(latest, kept);
    this.#memory = memory;
    this.#length = needed;
  }

  /** Gives back the memory that is held for growth. */
  trim(): void {
    if (this.#memory.length > this.#length) this.#memory = this.#memory.slice(0, this.#length);
  }

  /** Forgets everything. */
  clear(): void {
    this.#memory = new Uint8Array(0);
    this.#length = 0;
  }

  #roomFor(length: number): number {
    return Math.min(this.#size, Math.max(length, 2 * this.#memory.length, smallestAllocation));
  }
}
