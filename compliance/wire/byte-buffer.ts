/** Bytes as they arrive, to be taken in the pieces in which they make sense. */
export class ByteBuffer {
  #chunks: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The first bytes, or all if there are fewer; they stay. */
  peek(count: number): Uint8Array {
    const [first] = this.#chunks;
    if (first !== undefined && first.length < count && this.#chunks.length > 1)
      this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]?.subarray(0, count) ?? new Uint8Array();
  }

  /** The first bytes, which must be there. */
  take(count: number): Uint8Array {
    const taken = this.peek(count);
    const [first] = this.#chunks;
    if (first !== undefined) this.#chunks[0] = first.subarray(taken.length);
    if (this.#chunks[0]?.length === 0) this.#chunks.shift();
    this.#length -= taken.length;
    return taken;
  }
}
