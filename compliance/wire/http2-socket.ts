import { constants, type Http2Stream } from 'node:http2';
import { addAbortSignal, Duplex } from 'node:stream';

/** What a connection may keep, MB: long messages of many cases at the same time. */
export const maxSessionMemory = 1024;

/** What came instead of END_STREAM. */
export class StreamReset extends Error {
  constructor(code: number) {
    super(`RST_STREAM with error code ${code}`);
  }
}

/**
 * A stream of HTTP/2 as a socket (RFC 8441 §5): END_STREAM stands for FIN, RST_STREAM for the reset of a TCP connection.
 * As sockets do, it ends its own direction when the peer has ended the other. Destroyed before that, it resets the stream.
 */
export class Http2Socket extends Duplex {
  readonly #stream: Http2Stream;
  readonly #abort = new AbortController();

  constructor(stream: Http2Stream) {
    super({ allowHalfOpen: false });
    this.#stream = stream;
    addAbortSignal(this.#abort.signal, stream); // with which a reset goes out without END_STREAM before it
    stream.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) stream.pause();
    });
    stream.on('end', () => {
      if (!this.#reset) this.push(null); // Node.js tells of an end also where there was a reset
    });
    stream.on('error', (error) => this.destroy(this.#reset ?? error));
    stream.on('close', () => this.destroy(this.#reset));
    stream.pause();
  }

  override _read(): void {
    this.#stream.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#stream.write(chunk, encoding, (error) => callback(error && (this.#reset ?? error)));
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#stream.end(() => callback());
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (this.#stream.readableEnded) this.#stream.end();
    // A stream that is reset while Node.js reads a frame that ends it can take the whole connection along.
    else setImmediate(() => this.#abort.abort());
    callback(error);
  }

  /** NO_ERROR behind a complete answer only says that the rest of the request is not needed (RFC 9113 §8.1). */
  get #reset(): StreamReset | undefined {
    const { rstCode = constants.NGHTTP2_NO_ERROR } = this.#stream;
    return rstCode === constants.NGHTTP2_NO_ERROR ? undefined : new StreamReset(rstCode);
  }
}
