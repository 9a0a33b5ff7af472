const close = 8;

/** Counts the messages in what a server sends, cut anywhere: reads the heads of frames, and skips payloads by length. */
export class FrameCounter {
  readonly #head = new Uint8Array(10);
  #headLength = 0;
  #skip = 0;
  /** The frame being skipped ends a message. */
  #endsMessage = false;
  #compressed = false;

  /** Whether the last message that began was compressed (RFC 7692 §6: RSV1). */
  get compressed(): boolean {
    return this.#compressed;
  }

  /** How many messages end in these bytes. A server that closes, or sends what no server may, is an error. */
  count(bytes: Uint8Array, length: number = bytes.length): number {
    let messages = 0;
    let at = 0;
    while (at < length) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, length - at);
        at += skipped;
        this.#skip -= skipped;
        if (this.#skip > 0) break;
        if (this.#endsMessage) messages++;
        continue;
      }
      this.#head[this.#headLength++] = bytes[at++] ?? 0;
      if (!this.#headIsComplete()) continue;
      this.#beginFrame();
      if (this.#skip === 0 && this.#endsMessage) messages++;
    }
    return messages;
  }

  #headIsComplete(): boolean {
    if (this.#headLength < 2) return false;
    const short = this.#head[1] ?? 0;
    // A masked frame is refused at once, whatever its length.
    return this.#headLength === (short === 126 ? 4 : short === 127 ? 10 : 2);
  }

  #beginFrame(): void {
    const [first = 0, short = 0] = this.#head;
    const opcode = first & 15;
    if (opcode === close) throw new Error('the server closes');
    if (short >= 128) throw new Error('the server masks');
    this.#skip = short;
    if (short >= 126) {
      this.#skip = 0;
      for (let i = 2; i < this.#headLength; i++) this.#skip = this.#skip * 256 + (this.#head[i] ?? 0);
    }
    this.#endsMessage = first >= 128 && opcode < 8;
    if (opcode === 1 || opcode === 2) this.#compressed = (first & 0x40) !== 0;
    this.#headLength = 0;
  }
}
