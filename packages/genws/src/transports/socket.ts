import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { PeerAddress, Transport, TransportEvent, TransportOwner } from '@genws/session';
import { paceCollector } from './collector-pace.ts';

const carried = Symbol('transport');

/** A stream that has a transport. */
type Carrier = Duplex & { readonly [carried]: SocketTransport };

/** A transport over a Node stream: TCP and TLS sockets, or any other duplex stream of bytes. */
export class SocketTransport implements Transport {
  /** The same for all streams: closures of its own for each would be half a KB. */
  static readonly #listeners = {
    data(this: Carrier, bytes: Uint8Array): void {
      this[carried].#read(bytes);
    },
    drain(this: Carrier): void {
      this[carried].#tell({ type: 'transport.drained' });
    },
    end(this: Carrier): void {
      this[carried].#end();
    },
    close(this: Carrier): void {
      this[carried].#tell(this[carried].ending());
    },
    error(this: Carrier, error: Error): void {
      this[carried].#fail(error);
    },
  };

  readonly #peername: PeerAddress | undefined;
  readonly #socket: Duplex;
  #owner: TransportOwner | undefined;
  /** Batches that may still be delivered before reading stops; negative when all may. */
  #batches = 0;
  #failure: Error | undefined;
  /** Whether nothing waited in the stream when something was sent last. */
  #givenAtOnce = false;

  /** The socket belongs to the transport from here on: an error before {@link handOver} is kept for the owner. */
  constructor(socket: Duplex, peername?: PeerAddress) {
    this.#socket = socket;
    this.#peername = peername;
    addressOf(socket); // a socket that has been asked once can still tell when it is closed
    if (socket instanceof Socket) socket.setNoDelay(true).setTimeout(0);
    socket.pause();
    Object.assign(socket, { [carried]: this }).on('error', SocketTransport.#listeners.error);
  }

  get peername(): PeerAddress | undefined {
    return this.#peername ?? addressOf(this.#socket);
  }

  get kind(): string | undefined {
    if (this.#socket instanceof TLSSocket) return 'tls';
    return this.#socket instanceof Socket ? 'tcp' : undefined;
  }

  get buffered(): number {
    return this.#socket.destroyed ? 0 : this.#socket.writableLength; // what a TLS socket has let go of still counts
  }

  /**
   * The system has copied what it has taken. TLS encrypts what it is given, or keeps a copy, as long as Node gives it
   * that at once, though it counts until the system has it. Other streams may pass on the very bytes.
   */
  get copied(): boolean {
    const socket = this.#socket;
    if (socket instanceof TLSSocket) return this.#givenAtOnce;
    return socket instanceof Socket && socket.writableLength === 0;
  }

  /** Node reads all sockets that are ready in one iteration of its event loop. */
  get gathers(): boolean {
    return this.#socket instanceof Socket;
  }

  get congested(): boolean {
    return this.#socket.writableNeedDrain;
  }

  handOver(owner: TransportOwner): void {
    const socket = this.#socket;
    const failure = this.#failure;
    if (failure !== undefined || socket.closed) {
      queueMicrotask(() => owner(this.ending(failure)));
      return;
    }
    this.#owner = owner;
    socket.allowHalfOpen = true; // what waits to be sent when the peer ends can still be sent
    const { data, drain, end, close } = SocketTransport.#listeners;
    socket.on('data', data).on('drain', drain).on('close', close);
    if (socket.readableEnded) queueMicrotask(() => this.#end());
    else socket.on('end', end);
  }

  /** Nothing more comes: tell that the peer has ended its direction, if it has. */
  protected atEnd(tell: () => void): void {
    tell();
  }

  /** What it means that the stream is closed, with the error that it has, if it has one. */
  protected ending(error?: Error): TransportEvent {
    return error === undefined ? { type: 'transport.closed' } : { type: 'transport.error', error };
  }

  activate(batches: number): void {
    this.#batches = batches === Number.POSITIVE_INFINITY ? -1 : batches;
    if (batches > 0) this.#socket.resume();
    else this.#socket.pause();
  }

  send(chunks: readonly Uint8Array[]): void {
    const socket = this.#socket;
    if (!socket.writable) return; // its `close` or `error` is on the way
    this.#givenAtOnce = socket.writableLength === 0;
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
    this.#socket.removeAllListeners('data').destroy(); // Node delivers what it has read already, destroyed or not
  }

  receive(): Promise<Uint8Array | undefined> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        socket.pause();
        socket.off('data', onData).off('end', atEnd).off('close', onClose).off('error', onError);
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
      const onClose = (): void => {
        const ending = this.ending();
        if (ending.type === 'transport.error') onError(ending.error);
        else onEnd();
      };
      const atEnd = (): void => this.atEnd(onEnd);
      if (this.#failure !== undefined) return onError(this.#failure);
      if (socket.closed) return onClose();
      socket.on('data', onData).on('end', atEnd).on('close', onClose).on('error', onError);
      if (socket.readableEnded) atEnd();
      else socket.resume();
    });
  }

  #read(bytes: Uint8Array): void {
    if (--this.#batches === 0) this.#socket.pause();
    paceCollector(bytes.length);
    this.#tell({ type: 'transport.data', bytes });
  }

  #end(): void {
    this.atEnd(() => this.#tell({ type: 'transport.ended' }));
  }

  #fail(error: Error): void {
    this.#failure = error;
    this.#tell(this.ending(error));
  }

  /** Nothing follows an error: the `close` after it is no news. */
  #tell(event: TransportEvent): void {
    const owner = this.#owner;
    if (event.type === 'transport.error' || event.type === 'transport.closed') this.#owner = undefined;
    owner?.(event);
  }
}

/** Where the peer of a socket is. */
export function addressOf(socket: Duplex): PeerAddress | undefined {
  if (!(socket instanceof Socket)) return undefined;
  const { remoteAddress: address, remotePort: port } = socket;
  return address === undefined || port === undefined ? undefined : { address, port };
}
