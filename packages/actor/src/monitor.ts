import type { Snapshot, Subscription } from 'xstate';
import { isAlive } from './alive.ts';
import { type AnyExitReason, crash, exitReasonOf, noproc } from './exit-reason.ts';
import { type Recipient, tell } from './message.ts';

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
    if (isAlive(target)) this.#subscription = target.subscribe(this);
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

/** A monitor whose news is a message. It ends with who would have received it. */
class MailboxMonitor<Target extends Monitorable> extends Monitor<Target> {
  #watcherEnd: Subscription | undefined;

  constructor(target: Target, watcher: Recipient<Down<Target>>) {
    super(target, (down) => tell(watcher, down));
    if (!isMonitorable(watcher)) return;
    const release = (): void => this.release();
    if (isAlive(watcher)) this.#watcherEnd = watcher.subscribe({ complete: release, error: release });
    else release();
  }

  override release(): void {
    super.release();
    this.#watcherEnd?.unsubscribe();
    this.#watcherEnd = undefined;
  }
}

const isMonitorable = (watcher: object): watcher is Monitorable => 'getSnapshot' in watcher && 'subscribe' in watcher;

/**
 * Hear once of an actor's end, whatever its reason. Monitoring an actor that is already gone answers with reason
 * `noproc`.
 *
 * @param watcher called once, never before `monitor` has returned; or an actor, which is told the {@link Down} as a
 * message, a session in its `handleInfo`, unless it ends first
 */
export const monitor = <Target extends Monitorable>(
  target: Target,
  watcher: ((down: Down<Target>) => void) | Recipient<Down<Target>>,
): MonitorRef => (typeof watcher === 'function' ? new Monitor(target, watcher) : new MailboxMonitor(target, watcher));

/** Take a monitor back: no news of it arrives any more, not even one that was under way. */
export function demonitor(ref: MonitorRef): void {
  ref.release();
}

/** Resolves with the reason when an actor has ended. */
export function ended(target: Monitorable): Promise<AnyExitReason> {
  return new Promise((resolve) => {
    if (isAlive(target)) monitor(target, ({ reason }) => resolve(reason));
    else resolve(exitReasonOf(target.getSnapshot()));
  });
}
