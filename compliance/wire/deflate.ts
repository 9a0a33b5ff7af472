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

/** What data came to behind a window. */
interface Inflated {
  readonly window: Uint8Array;
  readonly data: Uint8Array;
  readonly message: Uint8Array;
}

/** How many messages of which sizes are remembered: small ones are as fast to inflate again. */
const remembered = { count: 64, least: 8 * 1024, most: 256 * 1024 };

/**
 * Inflates messages, with no larger window than was agreed on.
 *
 * The same data behind the same window comes to the same message, and a long exchange repeats itself: what was inflated
 * lately is looked up.
 */
export class Inflater {
  readonly #direction: DeflateDirection;
  readonly #windowSize: number;
  readonly #known = new Map<number, Inflated>();
  #window: Uint8Array = new Uint8Array();

  constructor(direction: DeflateDirection) {
    this.#direction = direction;
    this.#windowSize = 2 ** direction.maxWindowBits;
  }

  inflate(data: Uint8Array): Uint8Array | Violation {
    try {
      const message = this.#recall(data) ?? this.#remember(data, this.#inflate(data));
      if (!this.#direction.noContextTakeover) this.#slide(message);
      return message;
    } catch (error) {
      return {
        violation: `compressed data that cannot be inflated: ${error instanceof Error ? error.message : error}`,
      };
    }
  }

  #inflate(data: Uint8Array): Uint8Array {
    return inflateRawSync(Buffer.concat([data, tail]), {
      chunkSize: this.#chunkSize(data.length),
      windowBits: Math.max(9, this.#direction.maxWindowBits),
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: largestMessage,
      ...(this.#window.length === 0 ? {} : { dictionary: this.#window }),
    });
  }

  #recall(data: Uint8Array): Uint8Array | undefined {
    const known = this.#known.get(keyOf(data));
    if (known === undefined || !same(known.data, data) || !same(known.window, this.#window)) return undefined;
    return known.message;
  }

  #remember(data: Uint8Array, message: Uint8Array): Uint8Array {
    if (message.length < remembered.least || message.length > remembered.most) return message;
    if (this.#known.size === remembered.count) this.#known.clear();
    this.#known.set(keyOf(data), { window: this.#window, data, message });
    return message;
  }

  /** zlib finds references beyond the window only where they lead out of the output buffer as well. */
  #chunkSize(compressed: number): number {
    const largest = this.#windowSize === largestWindow ? largestChunk : this.#windowSize;
    return Math.min(largest, Math.max(512, 8 * compressed));
  }

  #slide(message: Uint8Array): void {
    const size = this.#windowSize;
    this.#window =
      message.length >= size ? message.subarray(-size) : Buffer.concat([this.#window, message]).subarray(-size);
  }
}

/** Where to look for data: its length and two of its octets tell most from each other. */
const keyOf = (data: Uint8Array): number =>
  data.length * 0x1_0000 + (data[data.length >> 1] ?? 0) * 0x100 + (data[data.length >> 2] ?? 0);

const same = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;
