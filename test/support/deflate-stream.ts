import {
  createDeflateRaw,
  createInflateRaw,
  type DeflateRaw,
  type InflateRaw,
  type ZlibOptions,
  constants as zlib,
} from 'node:zlib';

/** What a flush ends with, and a sender takes off its last fragment (RFC 7692 §7.2.1). */
export const tail = Buffer.of(0, 0, 0xff, 0xff);

/** How a direction is compressed, and what zlib may be told besides. */
export interface StreamOptions extends Pick<ZlibOptions, 'level' | 'memLevel' | 'strategy' | 'dictionary'> {
  /** Default true. */
  readonly contextTakeover?: boolean;
  /** Default 15. */
  readonly windowBits?: number;
  /**
   * Bytes of output at a time, beside which a receiver's zlib knows nothing but its window: the smallest make it refuse
   * what goes further back, at the price of many turns in the thread pool.
   */
  readonly chunkSize?: number;
}

/** Everything that a stream of zlib has to say to this input. */
function pass(stream: DeflateRaw | InflateRaw, input: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const out: Buffer[] = [];
    const onData = (chunk: Buffer): void => {
      out.push(chunk);
    };
    stream.on('data', onData).once('error', reject);
    stream.write(input);
    stream.flush(zlib.Z_SYNC_FLUSH, () => {
      stream.off('data', onData).off('error', reject);
      resolve(Buffer.concat(out));
    });
  });
}

/**
 * The sending half of permessage-deflate by the book: one stream of zlib that lives as long as its connection, and
 * nothing of the code under test. One message at a time.
 */
export class Compressor {
  readonly #stream: DeflateRaw;
  readonly #contextTakeover: boolean;

  constructor({ contextTakeover = true, ...options }: StreamOptions = {}) {
    this.#contextTakeover = contextTakeover;
    this.#stream = createDeflateRaw(options);
  }

  /** A message whole, or the last piece of one. */
  async compress(data: Uint8Array | string): Promise<Buffer> {
    const flushed = await this.flush(data);
    if (!this.#contextTakeover) this.#stream.reset();
    return flushed.length === 0 ? Buffer.of(0) : flushed.subarray(0, -tail.length);
  }

  /** A message's piece that others follow: its flush stays as it is (RFC 7692 §6.1). */
  flush(data: Uint8Array | string): Promise<Buffer> {
    return pass(this.#stream, Buffer.from(data));
  }

  [Symbol.dispose](): void {
    this.#stream.close();
  }
}

/** The receiving half. */
export class Decompressor {
  readonly #stream: InflateRaw;
  readonly #contextTakeover: boolean;

  constructor({ contextTakeover = true, windowBits = 15, chunkSize }: StreamOptions = {}) {
    this.#contextTakeover = contextTakeover;
    this.#stream = createInflateRaw({ windowBits, chunkSize });
  }

  /** The data of a whole message. Rejects when there is none. */
  async decompress(payload: Uint8Array): Promise<Buffer> {
    const data = await pass(this.#stream, Buffer.concat([payload, tail]));
    if (!this.#contextTakeover) this.#stream.reset();
    return data;
  }

  [Symbol.dispose](): void {
    this.#stream.close();
  }
}
