import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { PeerAddress, Transport, TransportEvent, TransportOwner } from '@genws/session';

/** A transport over a Node stream: TCP and TLS sockets, or any other duplex stream of bytes. */
export class SocketTransport implements Transport {
  readonly peername: PeerAddress | undefined;
  readonly #socket: Duplex;
  #owner: TransportOwner | undefined;
  /** Batches that may still be delivered before reading stops. */
  #batches = 0;
  #failure: Error | undefined;

  /** The socket belongs to the transport from here on: an error before {@link handOver} is kept for the owner. */
  constructor(socket: Duplex) {
    this.#socket = socket;
    this.peername = addressOf(socket);
    if (socket instanceof Socket) socket.setNoDelay(true).setTimeout(0);
    socket.pause();
    socket.on('error', (error) => {
      this.#failure = error;
      this.#tell({ type: 'transport.error', error });
    });
  }

  get buffered(): number {
    return this.#socket.destroyed ? 0 : this.#socket.writableLength; // what a TLS socket has let go of still counts
  }

  get congested(): boolean {
    return this.#socket.writableNeedDrain;
  }

  handOver(owner: TransportOwner): void {
    const socket = this.#socket;
    const failure = this.#failure;
    if (failure !== undefined || socket.closed) {
      queueMicrotask(() =>
        owner(failure === undefined ? { type: 'transport.closed' } : { type: 'transport.error', error: failure }),
      );
      return;
    }
    this.#owner = owner;
    socket.allowHalfOpen = true; // what waits to be sent when the peer ends can still be sent
    socket.on('data', (bytes: Uint8Array) => {
      if (--this.#batches === 0) socket.pause();
      this.#tell({ type: 'transport.data', bytes });
    });
    socket.on('drain', () => this.#tell({ type: 'transport.drained' }));
    socket.on('end', () => this.#tell({ type: 'transport.ended' }));
    socket.on('close', () => this.#tell({ type: 'transport.closed' }));
  }

  activate(batches: number): void {
    this.#batches = batches;
    if (batches > 0) this.#socket.resume();
    else this.#socket.pause();
  }

  send(chunks: readonly Uint8Array[]): void {
    const socket = this.#socket;
    if (!socket.writable) return; // its `close` or `error` is on the way
    if (chunks.length === 1) {
      socket.write(chunks[0]);
      return;
    }
    socket.cork();
    for (const chunk of chunks) socket.write(chunk);
    socket.uncork();
  }

  close(): void {
    if (this.#socket.writable) this.#socket.end(); // Node would make an error of a second end, and drop it
  }

  abort(): void {
    this.#socket.destroy();
  }

  receive(): Promise<Uint8Array | undefined> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        socket.pause();
        socket.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onError);
      };
      const onData = (bytes: Uint8Array): void => {
        settle();
        resolve(bytes);
      };
      const onEnd = (): void => {
        settle();
        resolve(undefined);
      };
      const onError = (error: Error): void => {
        settle();
        reject(error);
      };
      if (this.#failure !== undefined) return onError(this.#failure);
      if (socket.closed) return onEnd();
      socket.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onError);
      socket.resume();
    });
  }

  /** Nothing follows an error: the `close` after it is no news. */
  #tell(event: TransportEvent): void {
    const owner = this.#owner;
    if (event.type === 'transport.error' || event.type === 'transport.closed') this.#owner = undefined;
    owner?.(event);
  }
}

function addressOf(socket: Duplex): PeerAddress | undefined {
  if (!(socket instanceof Socket)) return undefined;
  const { remoteAddress: address, remotePort: port } = socket;
  return address === undefined || port === undefined ? undefined : { address, port };
}
