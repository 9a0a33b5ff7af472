import type { Transport, TransportEvent, TransportOwner } from './transport.ts';

/** Above this many bytes on their way to the other end the transport is congested. */
const highWater = 64 * 1024;

/**
 * Two transports, each the other's peer, without a network: what one sends arrives at the other in a later microtask,
 * copied as a network would. For tests, and for a client and a server in one process.
 */
export function createMemoryTransports(): [MemoryTransport, MemoryTransport] {
  const left = new MemoryTransport();
  const right = new MemoryTransport();
  left.join(right);
  right.join(left);
  return [left, right];
}

/** One end of a pair made by {@link createMemoryTransports}. */
export class MemoryTransport implements Transport {
  readonly kind = 'memory';
  /** The other end; itself until the pair is joined. */
  #peer: MemoryTransport = this;
  #owner: TransportOwner | undefined;
  #batches = 0;
  /** What the other end has sent and this one has not read. */
  #inbox: Uint8Array[] = [];
  #unread = 0;
  #pumping = false;
  #ended = false;
  #peerEnded = false;
  #over = false;
  #congested = false;
  #receiving: ((bytes: Uint8Array | undefined) => void) | undefined;

  /** For {@link createMemoryTransports}. */
  join(peer: MemoryTransport): void {
    this.#peer = peer;
  }

  get buffered(): number {
    return this.#over ? 0 : this.#peer.#unread;
  }

  get congested(): boolean {
    return this.#congested;
  }

  handOver(owner: TransportOwner): void {
    this.#owner = owner;
    if (this.#peerEnded) this.#pump();
  }

  activate(batches: number): void {
    this.#batches = batches;
    this.#pump();
  }

  receive(): Promise<Uint8Array | undefined> {
    return new Promise((resolve) => {
      this.#receiving = resolve;
      this.#pump();
    });
  }

  send(chunks: readonly Uint8Array[]): void {
    if (this.#ended || this.#over) return;
    for (const chunk of chunks) this.#peer.#arrive(new Uint8Array(chunk)); // `slice` of a Buffer is no copy
    if (this.buffered > highWater) this.#congested = true;
  }

  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#peer.#endOfInput();
    this.#pump();
  }

  abort(): void {
    if (this.#over) return;
    this.#inbox = [];
    this.#unread = 0;
    this.#congested = false;
    this.#ended = true;
    this.#peerEnded = true;
    this.#peer.#endOfInput();
    this.#finish();
  }

  #arrive(bytes: Uint8Array): void {
    if (this.#over) return;
    this.#inbox.push(bytes);
    this.#unread += bytes.length;
    this.#pump();
  }

  #endOfInput(): void {
    this.#peerEnded = true;
    this.#pump();
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    while (this.#inbox.length > 0 && (this.#batches > 0 || this.#receiving !== undefined)) {
      const bytes = this.#inbox.length === 1 ? (this.#inbox[0] ?? new Uint8Array(0)) : Buffer.concat(this.#inbox);
      this.#inbox = [];
      this.#unread = 0;
      if (this.#receiving !== undefined) this.#answer(bytes);
      else {
        this.#batches--;
        this.#tell({ type: 'transport.data', bytes });
      }
      this.#peer.#relieve();
    }
    if (this.#inbox.length > 0 || !this.#peerEnded) return;
    this.#answer(undefined);
    // The turn that is under way may still write: on a network, too, the end of a stream is an event of its own.
    queueMicrotask(() => {
      this.close();
      this.#finish();
    });
  }

  #answer(bytes: Uint8Array | undefined): void {
    const answer = this.#receiving;
    this.#receiving = undefined;
    answer?.(bytes);
  }

  #relieve(): void {
    if (!this.#congested || this.buffered > highWater) return;
    this.#congested = false;
    this.#tell({ type: 'transport.drained' });
  }

  #finish(): void {
    if (this.#over || this.#owner === undefined) return;
    this.#over = true;
    queueMicrotask(() => this.#tell({ type: 'transport.closed' }));
  }

  #tell(event: TransportEvent): void {
    this.#owner?.(event);
  }
}
