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
export class MonitorRef {
  #subscription: Subscription | undefined;
  #released = false;

  /** Whether news may still come. */
  get active(): boolean {
    return !this.#released;
  }

  /** For {@link monitor}: what has to be released with this monitor. */
  hold(subscription: Subscription): void {
    if (this.#released) subscription.unsubscribe();
    else this.#subscription = subscription;
  }

  /** No news from here on. */
  release(): void {
    this.#released = true;
    this.#subscription?.unsubscribe();
    this.#subscription = undefined;
  }
}

/**
 * Hear once of an actor's end, whatever its reason. Monitoring an actor that is already gone answers with reason
 * `noproc`. To have the news in a session's `handleInfo`: `monitor(target, (down) => tell(session, down))`.
 *
 * @param watcher called once, never before `monitor` has returned
 */
export function monitor<Target extends Monitorable>(target: Target, watcher: (down: Down<Target>) => void): MonitorRef {
  const ref = new MonitorRef();
  const deliver = (reason: AnyExitReason): void => {
    if (!ref.active) return;
    ref.release();
    watcher({ type: 'down', ref, target, reason });
  };
  if (target.getSnapshot().status !== 'active') {
    queueMicrotask(() => deliver(noproc));
    return ref;
  }
  ref.hold(
    target.subscribe({
      complete: () => deliver(exitReasonOf(target.getSnapshot())),
      error: (error) => deliver(crash(error)),
    }),
  );
  return ref;
}

/** Take a monitor back: no news of it arrives any more, not even one that was under way. */
export function demonitor(ref: MonitorRef): void {
  ref.release();
}
