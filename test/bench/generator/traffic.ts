/** A load being put on a server. Loads of all patterns begin, pause and go on in the same way. */
export interface Traffic {
  /** Open all connections. */
  open(): Promise<void>;
  /** Begin to send, or go on. */
  start(): void;
  /** Send no more; resolves when all that was under way has come back. */
  stop(): Promise<void>;
  /** Messages that have come back, or connections that have come and gone. */
  readonly completed: number;
  /** How long messages were under way, where one at a time is. */
  readonly roundTrips?: RoundTrips;
}

/** How long messages were under way, in µs. */
export class RoundTrips {
  #times = new Float64Array(65_536);
  #count = 0;

  add(microseconds: number): void {
    if (this.#count === this.#times.length) {
      const longer = new Float64Array(2 * this.#count);
      longer.set(this.#times);
      this.#times = longer;
    }
    this.#times[this.#count++] = microseconds;
  }

  /** All since the last call. */
  take(): Float64Array {
    const taken = this.#times.slice(0, this.#count);
    this.#count = 0;
    return taken;
  }
}

/** Do something for each of `count`, a few at a time: a server's queue of new connections is not endless. */
export async function fewAtATime<Item>(count: number, begin: (index: number) => Promise<Item>): Promise<Item[]> {
  const items: Item[] = [];
  while (items.length < count) {
    const first = items.length;
    const batch = Array.from({ length: Math.min(100, count - first) }, (_, i) => begin(first + i));
    items.push(...(await Promise.all(batch)));
  }
  return items;
}
