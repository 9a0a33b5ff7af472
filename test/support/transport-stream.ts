import { Duplex } from 'node:stream';
import type { Transport, TransportEvent } from '@genws/session';
import { RawConnection } from './raw-connection.ts';

/** A raw connection over a transport. */
export function rawTransport(transport: Transport, allowHalfOpen = false): RawConnection<Duplex> {
  const stream = new TransportStream(transport, allowHalfOpen);
  const hangUp = (): void => void stream.destroy();
  return new RawConnection<Duplex>(stream, { reset: hangUp, hangUp, isBroken: () => false });
}

/** Bytes that leave at a time. */
const pieceSize = 64 * 1024;

/** A transport as a Node.js stream: what is not read is left in the transport. */
class TransportStream extends Duplex {
  readonly #transport: Transport;
  /** Whether bytes are asked for that have not come. */
  #wanted = false;
  /** Goes on writing when the transport takes more. */
  #goOn: (error?: Error) => void = () => {};

  constructor(transport: Transport, allowHalfOpen: boolean) {
    super({ allowHalfOpen, readableHighWaterMark: 0 });
    this.#transport = transport;
    transport.handOver((event) => this.#hear(event));
  }

  override _read(): void {
    this.#wanted = true;
    if (!this.isPaused()) this.#transport.activate(1);
  }

  /** At once, not only when the next bytes have come. */
  override pause(): this {
    this.#transport.activate(0);
    return super.pause();
  }

  override resume(): this {
    if (this.#wanted) this.#transport.activate(1);
    return super.resume();
  }

  /** In pieces, as through a network: the other end is never given more at a time than a transport holds. */
  override _write(chunk: Buffer, encoding: BufferEncoding, callback: (error?: Error) => void): void {
    this.#transport.send([chunk.subarray(0, pieceSize)]);
    const rest = chunk.subarray(pieceSize);
    const goOn = (error?: Error): void => {
      if (error !== undefined || rest.length === 0) callback(error);
      else this._write(rest, encoding, callback);
    };
    if (this.#transport.congested) this.#goOn = goOn;
    else goOn();
  }

  override _final(callback: () => void): void {
    this.#transport.close();
    callback();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#transport.abort();
    this.#proceed(new Error('the connection is closed'));
    callback(error);
  }

  #hear(event: TransportEvent): void {
    if (event.type === 'transport.data') {
      this.#wanted = false;
      this.push(event.bytes);
    } else if (event.type === 'transport.drained') this.#proceed();
    else if (event.type === 'transport.error') this.destroy(event.error);
    else this.push(null);
  }

  #proceed(error?: Error): void {
    const goOn = this.#goOn;
    this.#goOn = () => {};
    goOn(error);
  }
}
