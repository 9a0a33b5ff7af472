import { isAlive } from './alive.ts';
import type { Monitorable } from './monitor.ts';
import { Roster } from './roster.ts';

/** How many actors one key may stand for: one, or any number. */
export type RegistryKeys = 'unique' | 'duplicate';

/** What became of a {@link register}. */
export type Registration<One> =
  | { readonly ok: true }
  /** The key is taken by `member`; where keys may be duplicate: `member` itself stands under it already. */
  | { readonly ok: false; readonly code: 'alreadyRegistered'; readonly member: One }
  /** The actor has ended. */
  | { readonly ok: false; readonly code: 'noproc' };

/**
 * Names for actors, made with {@link createRegistry}. An actor that ends, for whatever reason, has left.
 *
 * @typeParam Key whatever can be the key of a `Map`; compared as there
 * @typeParam One what the actors are
 */
export class Registry<Key, One extends Monitorable, Keys extends RegistryKeys = RegistryKeys> {
  /** How many actors one key may stand for. */
  readonly keys: Keys;
  readonly #roster = new Roster<Key, One>();

  /** Use {@link createRegistry}. */
  constructor(keys: Keys) {
    this.keys = keys;
  }

  /** How many keys are taken. */
  get size(): number {
    return this.#roster.size;
  }

  /** For {@link register}. */
  add(key: Key, member: One): Registration<One> {
    if (!isAlive(member)) return { ok: false, code: 'noproc' };
    if (this.keys === 'unique') {
      const [holder] = this.#roster.at(key);
      // Who has just ended may be succeeded before the news of its end has come round.
      if (holder !== undefined && !isAlive(holder)) this.#roster.bury(holder);
      else if (holder !== undefined) return { ok: false, code: 'alreadyRegistered', member: holder };
    }
    return this.#roster.enter(key, member) ? registered : { ok: false, code: 'alreadyRegistered', member };
  }

  /** For {@link unregister}. */
  remove(key: Key, member: One): void {
    this.#roster.strike(key, member);
  }

  /** For {@link lookup}. */
  at(key: Key): One[] {
    return this.#roster.at(key).filter(isAlive);
  }

  /** For {@link registeredKeys}. */
  keysOf(member: One): Key[] {
    return isAlive(member) ? this.#roster.keysOf(member) : [];
  }
}

const registered: Registration<never> = { ok: true };

/**
 * A registry: `createRegistry<string, SessionRef<News>>({ keys: 'unique' })`. With `unique` keys, one stands for one
 * actor at a time, with `duplicate` keys for any number; an actor may stand under any number of keys in both.
 */
export function createRegistry<Key, One extends Monitorable>(options: {
  readonly keys: 'unique';
}): Registry<Key, One, 'unique'>;
export function createRegistry<Key, One extends Monitorable>(options: {
  readonly keys: 'duplicate';
}): Registry<Key, One, 'duplicate'>;
export function createRegistry<Key, One extends Monitorable>({
  keys,
}: {
  readonly keys: RegistryKeys;
}): Registry<Key, One> {
  return new Registry(keys);
}

/**
 * Enter an actor under a key, until it ends or {@link unregister}s. Where keys are unique, a key that is taken stays
 * with who has it, be it the same actor.
 */
export const register = <Key, One extends Monitorable>(
  registry: Registry<Key, One>,
  key: NoInfer<Key>,
  member: NoInfer<One>,
): Registration<One> => registry.add(key, member);

/** Take back a {@link register}. Does nothing where another actor has the key, or nobody. */
export function unregister<Key, One extends Monitorable>(
  registry: Registry<Key, One>,
  key: NoInfer<Key>,
  member: NoInfer<One>,
): void {
  registry.remove(key, member);
}

/** The actor that has a unique key, if one that is alive does. */
export const whereis = <Key, One extends Monitorable>(
  registry: Registry<Key, One, 'unique'>,
  key: NoInfer<Key>,
): One | undefined => registry.at(key)[0];

/** The actors alive under a key, in the order in which they were registered. */
export const lookup = <Key, One extends Monitorable>(registry: Registry<Key, One>, key: NoInfer<Key>): One[] =>
  registry.at(key);

/** The keys under which an actor stands, in the order in which it was registered. */
export const registeredKeys = <Key, One extends Monitorable>(
  registry: Registry<Key, One>,
  member: NoInfer<One>,
): Key[] => registry.keysOf(member);
