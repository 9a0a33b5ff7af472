/** The values under a key that has, or has had, more than one. A class of its own, so that it cannot be a value itself. */
class Several<Value> extends Set<Value> {}

/**
 * A map from keys to sets of values, in the order in which they were added. A value that is alone under its key lies
 * there bare: most do, and a set for each would take several times the memory.
 */
export class Multimap<Key, Value> {
  readonly #entries = new Map<Key, Value | Several<Value>>();

  /** How many keys there are. */
  get size(): number {
    return this.#entries.size;
  }

  /** The keys that have values. */
  keys(): IterableIterator<Key> {
    return this.#entries.keys();
  }

  has(key: Key): boolean {
    return this.#entries.has(key);
  }

  /** The values of a key, as they are now. */
  get(key: Key): Value[] {
    const entry = this.#entries.get(key);
    if (entry instanceof Several) return [...entry];
    return entry === undefined ? [] : [entry];
  }

  /** @returns whether the value is new under this key */
  add(key: Key, value: Value): boolean {
    const entry = this.#entries.get(key);
    if (entry instanceof Several) {
      if (entry.has(value)) return false;
      entry.add(value);
    } else if (entry === undefined) {
      this.#entries.set(key, value === undefined ? new Several([value]) : value);
    } else {
      if (isSame(entry, value)) return false;
      this.#entries.set(key, new Several([entry, value]));
    }
    return true;
  }

  /** @returns whether the value was there */
  delete(key: Key, value: Value): boolean {
    const entry = this.#entries.get(key);
    if (!(entry instanceof Several)) return isSame(entry, value) && this.#entries.delete(key);
    const found = entry.delete(value);
    if (entry.size === 0) this.#entries.delete(key);
    return found;
  }
}

/** As a `Set` compares. */
const isSame = (a: unknown, b: unknown): boolean => a === b || Object.is(a, b);
