/** Chunks at least this long are kept by reference: joining them once is cheaper than copying them twice. */
const referenceThreshold = 16 * 1024;
const smallestBlock = 256;
const largestBlock = 64 * 1024;

/**
 * Bytes that arrive in pieces and are wanted as one. Small pieces are packed into blocks that double in size, so that
 * a message sent one byte at a time costs neither an object a byte nor a copy of everything for each piece.
 */
export class ByteQueue {
  #parts: Uint8Array[] = [];
  #block: Uint8Array | undefined;
  /** Where the part of the block begins that is in no part yet. */
  #from = 0;
  #used = 0;
  #length = 0;

  /** Bytes held. */
  get length(): number {
    return this.#length;
  }

  append(bytes: Uint8Array): void {
    this.#length += bytes.length;
    if (bytes.length >= referenceThreshold) {
      this.#seal();
      this.#parts.push(bytes);
      return;
    }
    let from = 0;
    while (from < bytes.length) {
      const block = this.#blockWithRoom(bytes.length - from);
      const count = Math.min(block.length - this.#used, bytes.length - from);
      block.set(from === 0 && count === bytes.length ? bytes : bytes.subarray(from, from + count), this.#used);
      this.#used += count;
      from += count;
    }
  }

  /** Everything appended since the last call, in order. */
  take(): readonly Uint8Array[] {
    this.#seal();
    const parts = this.#parts;
    this.#parts = [];
    this.#block = undefined;
    this.#length = 0;
    return parts;
  }

  #blockWithRoom(wanted: number): Uint8Array {
    const current = this.#block;
    if (current !== undefined && this.#used < current.length) return current;
    this.#seal();
    const size = Math.min(Math.max(wanted, smallestBlock, this.#length), largestBlock);
    this.#block = Buffer.allocUnsafeSlow(size);
    this.#from = 0;
    this.#used = 0;
    return this.#block;
  }

  /** The rest of the block stays in use: a peer that mixes large and tiny pieces must not cost a block for each. */
  #seal(): void {
    if (this.#block !== undefined && this.#used > this.#from)
      this.#parts.push(this.#block.subarray(this.#from, this.#used));
    this.#from = this.#used;
  }
}
