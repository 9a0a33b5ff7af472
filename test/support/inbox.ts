/** Values in the order in which they came, to be waited for one by one. */
export class Inbox<T extends NonNullable<unknown>> {
  readonly #values: T[] = [];
  readonly #waiting: ((value: T) => void)[] = [];

  /** How many have come and not been taken. */
  get length(): number {
    return this.#values.length;
  }

  push(value: T): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#values.push(value);
    else waiting(value);
  }

  /** The next value, now or when it comes. */
  next(): Promise<T> {
    const value = this.#values.shift();
    return value === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(value);
  }

  /** The next `count` values. */
  async take(count: number): Promise<T[]> {
    const taken: T[] = [];
    while (taken.length < count) taken.push(await this.next());
    return taken;
  }
}
