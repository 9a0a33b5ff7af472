import type { TransportEvent, TransportOwner } from '../transport.ts';

/** An owner that remembers what it was told. */
export class Witness {
  /** The bytes that came, as they were handed over. */
  readonly batches: Uint8Array[] = [];
  /** Every other event, in order. */
  readonly news: Exclude<TransportEvent, { type: 'transport.data' }>[] = [];
  /** Whether an event came before the one before it was dealt with. */
  reentered = false;
  /** What went wrong when it acted upon an event. */
  failure: unknown;
  /** What it does in the turn of an event. */
  react: TransportOwner = () => {};
  #telling = false;

  /** For `handOver`. */
  readonly owner: TransportOwner = (event) => {
    if (event.type === 'transport.data') this.batches.push(event.bytes);
    else this.news.push(event);
    if (this.#telling) this.reentered = true;
    else this.#act(event);
  };

  /** Bytes that came. */
  get length(): number {
    return this.batches.reduce((sum, { length }) => sum + length, 0);
  }

  /** How often it was told anything. */
  get told(): number {
    return this.batches.length + this.news.length;
  }

  /** The names of the events that were not data. */
  get types(): string[] {
    return this.news.map(({ type }) => type);
  }

  /** Whether it was told that the connection is over. */
  get over(): boolean {
    return this.news.some(({ type }) => type === 'transport.closed' || type === 'transport.error');
  }

  /** How often it was told that there is room again. */
  get drained(): number {
    return this.news.filter(({ type }) => type === 'transport.drained').length;
  }

  #act(event: TransportEvent): void {
    this.#telling = true;
    try {
      this.react(event);
    } catch (error) {
      this.failure ??= error;
    }
    this.#telling = false;
  }
}
