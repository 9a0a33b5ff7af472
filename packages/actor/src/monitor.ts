import type { Snapshot, Subscription } from 'xstate';
import { type AnyExitReason, crash, exitReasonOf, noproc } from './exit-reason.ts';

/** An actor whose end can be watched: every xstate actor. */
export interface Monitorable {
  getSnapshot(): Snapshot<unknown>;
  subscribe(observer: { complete: () => void; error: (error: unknown) => void }): Subscription;
}

/** The news that a monitored actor has ended. */
export interface Down<Target extends Monitorable = Monitorable> {
  readonly type: 'down';
  /** Which monitor this answers. */
  readonly ref: MonitorRef;
  readonly target: Target;
  readonly reason: AnyExitReason;
}

/** Names one monitor, to take it back with {@link demonitor}. */
export interface MonitorRef {
  /** Whether news may still come. */
  readonly active: boolean;
  /** No news from here on. */
  release(): void;
}

/** A monitor is the observer that xstate notifies, so that the many of a server are one object each. */
class Monitor<Target extends Monitorable> implements MonitorRef {
  readonly #target: Target;
  #watcher: ((down: Down<Target>) => void) | undefined;
  #subscription: Subscription | undefined;

  constructor(target: Target, watcher: (down: Down<Target>) => void) {
    this.#target = target;
    this.#watcher = watcher;
    if (target.getSnapshot().status === 'active') this.#subscription = target.subscribe(this);
    else queueMicrotask(() => this.#deliver(noproc));
  }

  get active(): boolean {
    return this.#watcher !== undefined;
  }

  /** The target has ended. */
  complete(): void {
    this.#deliver(exitReasonOf(this.#target.getSnapshot()));
  }

  /** The target has failed. */
  error(error: unknown): void {
    this.#deliver(crash(error));
  }

  release(): void {
    this.#watcher = undefined;
    this.#subscription?.unsubscribe();
    this.#subscription = undefined;
  }

  #deliver(reason: AnyExitReason): void {
    const watcher = this.#watcher;
    this.release();
    watcher?.({ type: 'down', ref: this, target: this.#target, reason });
  }
}

/**
 * Hear once of an actor's end, whatever its reason. Monitoring an actor that is already gone answers with reason
 * `noproc`. To have the news in a session's `handleInfo`: `monitor(target, (down) => tell(session, down))`.
 *
 * @param watcher called once, never before `monitor` has returned
 */
export const monitor = <Target extends Monitorable>(
  target: Target,
  watcher: (down: Down<Target>) => void,
): MonitorRef => new Monitor(target, watcher);

/** Take a monitor back: no news of it arrives any more, not even one that was under way. */
export function demonitor(ref: MonitorRef): void {
  ref.release();
}
