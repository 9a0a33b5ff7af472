/** What all empty queues hold; nothing is ever put into it. */
const none: never[] = [];

/** A queue whose ends cost the same however long it is. */
export class Fifo<Item> {
  /** No array of its own as long as nothing has been in it. */
  #items: (Item | undefined)[] = none;
  /** Items before this index have been taken. */
  #taken = 0;

  get length(): number {
    return this.#items.length - this.#taken;
  }

  push(item: Item): void {
    if (this.#items === none) this.#items = [item];
    else this.#items.push(item);
  }

  /** Put an item before all others. */
  unshift(item: Item): void {
    if (this.#taken > 0) this.#items[--this.#taken] = item;
    else if (this.#items === none) this.#items = [item];
    else this.#items.unshift(item);
  }

  /** The item that comes next, without taking it. */
  peek(): Item | undefined {
    return this.#items[this.#taken];
  }

  shift(): Item | undefined {
    const item = this.#items[this.#taken];
    if (item === undefined) return undefined;
    this.#items[this.#taken++] = undefined; // a queue that never runs empty must not hold what it has given away
    if (this.#taken === this.#items.length) this.clear();
    // Dropping taken items one by one would make a long queue quadratic.
    else if (this.#taken >= 1024) {
      this.#items = this.#items.slice(this.#taken);
      this.#taken = 0;
    }
    return item;
  }

  /** Take the first item of a kind, past others that stay. */
  shiftFirst(isWanted: (item: Item) => boolean): Item | undefined {
    for (let i = this.#taken; i < this.#items.length; i++) {
      const item = this.#items[i];
      if (item === undefined || !isWanted(item)) continue;
      this.#items.splice(i, 1);
      return item;
    }
    return undefined;
  }

  /** Take all. */
  drain(): Item[] {
    const items = this.#items.filter((item) => item !== undefined);
    this.clear();
    return items;
  }

  clear(): void {
    this.#items = none;
    this.#taken = 0;
  }
}
