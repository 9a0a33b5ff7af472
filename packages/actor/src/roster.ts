import { type Monitorable, type MonitorRef, monitor } from './monitor.ts';
import { Multimap } from './multimap.ts';

/**
 * Which actors are entered under which keys. An actor that ends is struck out everywhere; until then it is watched by
 * one monitor, under however many keys it stands.
 */
export class Roster<Key, One extends Monitorable> {
  readonly #actors = new Multimap<Key, One>();
  readonly #keys = new Multimap<One, Key>();
  readonly #monitors = new Map<One, MonitorRef>();
  readonly #onDown: ((actor: One, keys: readonly Key[]) => void) | undefined;

  /** @param onDown hears of an actor that has ended, and where it stood until then */
  constructor(onDown?: (actor: One, keys: readonly Key[]) => void) {
    this.#onDown = onDown;
  }

  /** How many keys there are. */
  get size(): number {
    return this.#actors.size;
  }

  /** The keys under which somebody stands. */
  keys(): IterableIterator<Key> {
    return this.#actors.keys();
  }

  /** Who stands under a key, in the order of entry. */
  at(key: Key): One[] {
    return this.#actors.get(key);
  }

  /** Under which keys an actor stands, in the order of entry. */
  keysOf(actor: One): Key[] {
    return this.#keys.get(actor);
  }

  /**
   * Enter an actor that is alive.
   *
   * @returns whether it did not stand there yet
   */
  enter(key: Key, actor: One): boolean {
    if (!this.#actors.add(key, actor)) return false;
    this.#keys.add(actor, key);
    if (!this.#monitors.has(actor)) this.#monitors.set(actor, monitor(actor, this.#ended));
    return true;
  }

  /** @returns whether it stood there */
  strike(key: Key, actor: One): boolean {
    if (!this.#actors.delete(key, actor)) return false;
    this.#keys.delete(actor, key);
    if (!this.#keys.has(actor)) this.#forget(actor);
    return true;
  }

  /** Strike out an actor that has ended and of whose end its monitor has not told yet. */
  bury(actor: One): void {
    this.#forget(actor);
    const keys = this.#keys.get(actor);
    for (const key of keys) {
      this.#actors.delete(key, actor);
      this.#keys.delete(actor, key);
    }
    this.#onDown?.(actor, keys);
  }

  /** One function for the monitors of all. */
  readonly #ended = ({ target }: { readonly target: One }): void => this.bury(target);

  #forget(actor: One): void {
    this.#monitors.get(actor)?.release();
    this.#monitors.delete(actor);
  }
}
