/** Where a peer is. */
export interface PeerAddress {
  readonly address: string;
  readonly port: number;
}

/** A peer as reports name it. */
export const describePeer = (peer: PeerAddress | undefined): string | undefined =>
  peer && `${peer.address}:${peer.port}`;

/** What a transport tells its owner. Nothing follows `transport.closed` or `transport.error`. */
export type TransportEvent =
  /** Bytes from the peer, cut anywhere. They belong to the owner, who may change them in place. */
  | { readonly type: 'transport.data'; readonly bytes: Uint8Array }
  /** A congested transport takes more again. */
  | { readonly type: 'transport.drained' }
  /** The peer sends no more; our direction is open until {@link Transport.close}. Not every transport can tell. */
  | { readonly type: 'transport.ended' }
  /** Both directions have ended. */
  | { readonly type: 'transport.closed' }
  /** The connection broke. */
  | { readonly type: 'transport.error'; readonly error: Error };

/** The connection cannot go on, for a reason that may be no `Error`. */
export const transportError = (cause: unknown, what: string): Extract<TransportEvent, { type: 'transport.error' }> => ({
  type: 'transport.error',
  error: cause instanceof Error ? cause : new Error(what, { cause }),
});

/** Who hears of a transport's events. */
export type TransportOwner = (event: TransportEvent) => void;

/**
 * A thin port over an ordered stream of bytes: TCP, TLS, an HTTP/2 stream, a pair in memory. Write your own by
 * implementing this, as docs/embedding.md shows, and prove it with the tests of `@genws/session/testing`.
 */
export interface Transport {
  /** From here on, events go to this owner. Nothing is read before {@link activate}. */
  handOver(owner: TransportOwner): void;
  /**
   * Deliver at most this many batches of bytes, then stop reading: 1 is a pull, `Infinity` reads on, 0 stops.
   * Each call replaces the count of the one before.
   */
  activate(batches: number): void;
  /** Write chunks in this order. Never refuses: look at {@link buffered}. */
  send(chunks: readonly Uint8Array[]): void;
  /** Bytes taken from `send` that the layer below has not taken yet. Nothing but `send` makes it more. */
  readonly buffered: number;
  /** Whether what the last `send` was given has been copied: its memory may be written over. Default: no. */
  readonly copied?: boolean | undefined;
  /**
   * Whether short output of a turn may wait until other transports have been read that are ready, and leave together with
   * theirs. Default: no.
   */
  readonly gathers?: boolean | undefined;
  /** Whether `transport.drained` is to come, after a `send`. */
  readonly congested: boolean;
  /** Write out what is buffered, then end our direction; `transport.closed` follows when the peer has ended its own. */
  close(): void;
  /** Let go of everything at once, written or not. `transport.closed` follows. */
  abort(): void;
  /** Where the peer is, if the transport knows. */
  readonly peername?: PeerAddress | undefined;
  /** What it runs over, for people: `tcp`, `tls`, `h2`. */
  readonly kind?: string | undefined;
  /**
   * The next bytes, or `undefined` at the end; for a client's handshake, before `handOver`. A transport without it
   * can serve sessions but not `connect`.
   */
  receive?(): Promise<Uint8Array | undefined>;
}
