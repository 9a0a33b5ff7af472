import type { Http2Stream } from 'node:http2';
import { addAbortSignal } from 'node:stream';
import type { TransportEvent } from '@genws/session';
import { ErrorCode, errorCodeName } from '../http2/error-code.ts';
import { addressOf, SocketTransport } from './socket.ts';

/**
 * A transport over a stream of HTTP/2 whose extended CONNECT has been answered (RFC 8441 §5). END_STREAM is the end of a
 * direction, as FIN is of TCP's. A stream that the peer resets, or that its connection takes along, has broken; `abort`
 * resets it with CANCEL. While it does not read, the peer gets no WINDOW_UPDATE for the stream (RFC 9113 §5.2).
 */
export class Http2Transport extends SocketTransport {
  readonly #stream: Http2Stream;
  #aborted = false;

  constructor(stream: Http2Stream) {
    super(stream, stream.session && addressOf(stream.session.socket));
    this.#stream = stream;
  }

  override get kind(): string {
    return 'h2';
  }

  override get buffered(): number {
    return this.#aborted ? 0 : super.buffered;
  }

  override get congested(): boolean {
    return !this.#aborted && super.congested;
  }

  override send(chunks: readonly Uint8Array[]): void {
    if (!this.#aborted) super.send(chunks);
  }

  override close(): void {
    if (!this.#aborted) super.close();
  }

  /**
   * Not by `close(CANCEL)`, before which Node.js ends our direction as if all was well. And not in the turn in which
   * bytes arrive: nghttp2 may go on to use a stream that is reset while it delivers the end of it.
   */
  override abort(): void {
    this.#aborted = true;
    this.#stream.removeAllListeners('data');
    setImmediate(() => addAbortSignal(AbortSignal.abort(), this.#stream));
  }

  /** A reset looks like an end at first (Node.js): that it is one shows later in the same turn of the event loop. */
  protected override atEnd(tell: () => void): void {
    setImmediate(() => {
      if (!this.#stream.aborted) tell();
    });
  }

  protected override ending(error?: Error): TransportEvent {
    const { rstCode = ErrorCode.noError, aborted } = this.#stream;
    if (this.#aborted) return super.ending();
    if (error !== undefined || (rstCode === ErrorCode.noError && !aborted)) return super.ending(error);
    return super.ending(new Error(`the stream was reset: ${errorCodeName(rstCode)}`));
  }
}
