import { constants, createDeflateRaw, type DeflateRaw, inflateRawSync } from 'node:zlib';
import type { Violation } from './frame-reader.ts';

/** One direction of an agreement. */
export interface DeflateDirection {
  readonly noContextTakeover: boolean;
  readonly maxWindowBits: number;
}

/** What ends every message's compressed data and is not sent (RFC 7692 §7.2.1). */
const tail = Buffer.of(0, 0, 0xff, 0xff);
const largestWindow = 32 * 1024;
const largestChunk = 256 * 1024;
const largestMessage = 64 * 1024 * 1024;

/** Compresses messages, one at a time. */
export class Deflater {
  readonly #stream: DeflateRaw;
  readonly #noContextTakeover: boolean;
  #output: Buffer[] = [];

  constructor({ noContextTakeover, maxWindowBits }: DeflateDirection) {
    this.#noContextTakeover = noContextTakeover;
    // zlib has no window of 8 bits: what needs a window at all is left out then.
    const strategy = maxWindowBits === 8 ? constants.Z_HUFFMAN_ONLY : constants.Z_DEFAULT_STRATEGY;
    this.#stream = createDeflateRaw({
      level: 1,
      windowBits: Math.max(9, maxWindowBits),
      strategy,
      flush: constants.Z_SYNC_FLUSH, // after each write, which is a message
      chunkSize: 64 * 1024,
    });
    this.#stream.on('data', (chunk: Buffer) => this.#output.push(chunk));
  }

  async deflate(message: Uint8Array): Promise<Uint8Array> {
    const { promise: flushed, resolve } = Promise.withResolvers<void>();
    this.#stream.write(message, () => resolve());
    await flushed;
    const whole = Buffer.concat(this.#output);
    this.#output = [];
    if (this.#noContextTakeover) this.#stream.reset();
    // After a flush with nothing before it zlib adds nothing: an empty block is an empty message (§7.2.3.6).
    return whole.length === 0 ? Buffer.of(0) : whole.subarray(0, -tail.length);
  }

  end(): void {
    this.#stream.close();
  }
}

/** Inflates messages, with no larger window than was agreed on. */
export class Inflater {
  readonly #direction: DeflateDirection;
  readonly #windowSize: number;
  #window: Uint8Array = new Uint8Array();

  constructor(direction: DeflateDirection) {
    this.#direction = direction;
    this.#windowSize = 2 ** direction.maxWindowBits;
  }

  inflate(message: Uint8Array): Uint8Array | Violation {
    const { maxWindowBits, noContextTakeover } = this.#direction;
    try {
      const inflated = inflateRawSync(Buffer.concat([message, tail]), {
        chunkSize: this.#chunkSize(message.length),
        windowBits: Math.max(9, maxWindowBits),
        finishFlush: constants.Z_SYNC_FLUSH,
        maxOutputLength: largestMessage,
        ...(this.#window.length === 0 ? {} : { dictionary: this.#window }),
      });
      if (!noContextTakeover) this.#remember(inflated);
      return inflated;
    } catch (error) {
      return {
        violation: `compressed data that cannot be inflated: ${error instanceof Error ? error.message : error}`,
      };
    }
  }
  /** zlib finds references beyond the window only where they lead out of the output buffer as well. */
  #chunkSize(compressed: number): number {
    const largest = this.#windowSize === largestWindow ? largestChunk : this.#windowSize;
    return Math.min(largest, Math.max(512, 8 * compressed));
  }

  #remember(inflated: Buffer): void {
    const size = this.#windowSize;
    this.#window =
      inflated.length >= size ? inflated.subarray(-size) : Buffer.concat([this.#window, inflated]).subarray(-size);
  }
}
