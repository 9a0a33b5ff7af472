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

  /** Not by `close(CANCEL)`, before which Node.js ends our direction as if all was well. */
  override abort(): void {
    this.#aborted = true;
    addAbortSignal(AbortSignal.abort(), this.#stream);
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
