import type { Member } from './group.ts';
import { tell } from './message.ts';
import { demonitor, type MonitorRef, monitor } from './monitor.ts';

/** News of a scope: actors have become members of a group, or are no members any more. */
export interface ScopeEvent<Name, One> {
  readonly type: 'join' | 'leave';
  readonly group: Name;
  readonly members: readonly One[];
}

/** Who hears of it: a function, or an actor that is told. */
export type ScopeWatcher<Name, One> = ((event: ScopeEvent<Name, One>) => void) | Member<ScopeEvent<Name, One>>;

/** Who gets an event: monitors, and the adapter. */
export interface Listener<Name, One> {
  hear(event: ScopeEvent<Name, One>): void;
}

class ScopeMonitor<Name, One> implements MonitorRef, Listener<Name, One> {
  #watcher: ((event: ScopeEvent<Name, One>) => void) | undefined;
  #onRelease: ((self: this) => void) | undefined;
  #lifeline: MonitorRef | undefined;

  constructor(watcher: ScopeWatcher<Name, One>, onRelease: (self: ScopeMonitor<Name, One>) => void) {
    this.#onRelease = onRelease;
    if (typeof watcher === 'function') {
      this.#watcher = watcher;
    } else {
      this.#watcher = (event) => tell(watcher, event);
      this.#lifeline = monitor(watcher, () => this.release());
    }
  }

  get active(): boolean {
    return this.#watcher !== undefined;
  }

  hear(event: ScopeEvent<Name, One>): void {
    this.#watcher?.(event);
  }

  release(): void {
    this.#watcher = undefined;
    this.#onRelease?.(this);
    this.#onRelease = undefined;
    if (this.#lifeline !== undefined) demonitor(this.#lifeline);
    this.#lifeline = undefined;
  }
}

/**
 * Tells the news of a scope, all of it to everybody in the order in which it has happened: a listener may change the
 * groups on hearing of something, which the others hear of only after that.
 */
export class Announcer<Name, One> {
  readonly #monitors = new Set<ScopeMonitor<Name, One>>();
  readonly #queue: { readonly event: ScopeEvent<Name, One>; readonly listeners: readonly Listener<Name, One>[] }[] = [];

  /** How many monitors there are. */
  get size(): number {
    return this.#monitors.size;
  }

  watch(watcher: ScopeWatcher<Name, One>): MonitorRef {
    const ref = new ScopeMonitor<Name, One>(watcher, (released) => this.#monitors.delete(released));
    this.#monitors.add(ref);
    return ref;
  }

  /** @param first who hears of it before the monitors do */
  announce(
    type: ScopeEvent<Name, One>['type'],
    group: Name,
    members: readonly One[],
    first?: Listener<Name, One>,
  ): void {
    if (this.#monitors.size === 0 && first === undefined) return;
    const listeners = first === undefined ? [...this.#monitors] : [first, ...this.#monitors];
    this.#queue.push({ event: { type, group, members }, listeners });
    if (this.#queue.length === 1) this.#tellAll();
  }

  #tellAll(): void {
    // The queue grows while it is gone through.
    for (const { event, listeners } of this.#queue) {
      for (const listener of listeners) {
        try {
          listener.hear(event);
        } catch (error) {
          rethrowLater(error);
        }
      }
    }
    this.#queue.length = 0;
  }
}

/** As xstate does with what an observer throws: others must not miss anything because of it. */
export function rethrowLater(error: unknown): void {
  setTimeout(() => {
    throw error;
  });
}
