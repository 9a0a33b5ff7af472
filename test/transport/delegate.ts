import type { Transport, TransportEvent, TransportOwner } from '@genws/session';

/** A transport that does all right, because another does it. Faults are made by overriding. */
export class Delegate implements Transport {
  protected readonly inner: Required<Pick<Transport, 'receive'>> & Transport;
  protected tell: TransportOwner = () => {};

  constructor(inner: Required<Pick<Transport, 'receive'>> & Transport) {
    this.inner = inner;
  }

  get buffered(): number {
    return this.inner.buffered;
  }

  get congested(): boolean {
    return this.inner.congested;
  }

  handOver(owner: TransportOwner): void {
    this.tell = owner;
    this.inner.handOver((event) => this.hear(event));
  }

  activate(batches: number): void {
    this.inner.activate(batches);
  }

  send(chunks: readonly Uint8Array[]): void {
    this.inner.send(chunks);
  }

  close(): void {
    this.inner.close();
  }

  abort(): void {
    this.inner.abort();
  }

  receive(): Promise<Uint8Array | undefined> {
    return this.inner.receive();
  }

  protected hear(event: TransportEvent): void {
    this.tell(event);
  }
}
