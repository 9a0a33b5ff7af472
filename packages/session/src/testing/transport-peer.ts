import type { Transport, TransportEvent } from '../transport.ts';

/**
 * The other end of a connection, as the contract uses it. It need not be a transport: {@link streamPeer} makes one of a
 * Node.js stream, {@link transportPeer} of a transport.
 */
export interface TransportPeer {
  /** Write. Resolves when the layer below has taken the bytes, and not while it pushes back; rejects when it never will. */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * The next bytes, or `undefined` when the other end sends no more; rejects when the connection has broken. Between two
   * calls nothing is read, but for what a buffer of fixed size takes.
   */
  read(): Promise<Uint8Array | undefined>;
  /** End this direction after what was written; the other may go on. */
  end(): void;
  /** Break the connection, as a crash would. */
  reset(): void;
}

/**
 * The peer that is itself a transport, for kinds that are the same at both ends. The transport belongs to the peer from
 * here on. What `write` and `read` do is then only as good as that transport: a fault may lie at either end.
 */
export function transportPeer(transport: Transport): TransportPeer {
  return new PeerOverTransport(transport);
}

class PeerOverTransport implements TransportPeer {
  readonly #transport: Transport;
  readonly #inbox: Uint8Array[] = [];
  #over: Extract<TransportEvent, { type: 'transport.ended' | 'transport.closed' | 'transport.error' }> | undefined;
  /** Wakes whoever waits for the next event. */
  #news = Promise.withResolvers<void>();

  constructor(transport: Transport) {
    this.#transport = transport;
    transport.handOver((event) => {
      if (event.type === 'transport.data') this.#inbox.push(event.bytes);
      else if (event.type !== 'transport.drained') this.#over = event;
      this.#news.resolve();
      this.#news = Promise.withResolvers();
    });
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#transport.send([bytes]);
    while (this.#transport.congested && !this.#broken) await this.#news.promise;
    if (this.#broken) throw new Error('the connection is closed');
  }

  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const bytes = this.#inbox.shift();
      if (bytes !== undefined) return bytes;
      if (this.#over?.type === 'transport.error') throw this.#over.error;
      if (this.#over !== undefined) return undefined;
      const { promise } = this.#news;
      this.#transport.activate(1);
      await promise;
    }
  }

  end(): void {
    this.#transport.close();
  }

  reset(): void {
    this.#transport.abort();
  }

  get #broken(): boolean {
    return this.#over !== undefined && this.#over.type !== 'transport.ended';
  }
}
