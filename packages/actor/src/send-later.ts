import { isAlive } from './alive.ts';
import { longestDelay } from './clock.ts';
import type { InfoEvent, Recipient } from './message.ts';
import { demonitor, type Monitorable, type MonitorRef, monitor } from './monitor.ts';

/** Names what {@link sendAfter} or {@link sendInterval} has begun, for {@link cancelTimer}. */
export interface TimerRef {
  /** Whether a message is still to come. */
  readonly active: boolean;
  /** For {@link cancelTimer}. */
  cancel(): number | undefined;
}

/** Messages to come. Holds nothing any more when none is to come, however long somebody keeps it. */
class MessageTimer<Message> implements TimerRef {
  readonly #ms: number;
  readonly #repeated: boolean;
  #target: (Recipient<Message> & Monitorable) | undefined;
  #event: InfoEvent<Message> | undefined;
  #monitor: MonitorRef | undefined;
  #timeout: ReturnType<typeof setTimeout> | undefined;
  /** When the next message is due, on a clock that never goes back. */
  #due = 0;

  constructor(target: Recipient<Message> & Monitorable, message: Message, ms: number, repeated: boolean) {
    this.#ms = ms;
    this.#repeated = repeated;
    if (!isAlive(target)) return;
    this.#target = target;
    this.#event = { type: 'info', message };
    this.#monitor = monitor(target, () => this.#end());
    this.#due = performance.now() + ms;
    this.#timeout = repeated ? setInterval(fire, ms, this) : setTimeout(fire, ms, this);
  }

  get active(): boolean {
    return this.#timeout !== undefined;
  }

  fire(): void {
    const target = this.#target;
    const event = this.#event;
    if (this.#repeated) this.#due = performance.now() + this.#ms;
    else this.#end();
    if (event !== undefined) target?.send(event);
  }

  cancel(): number | undefined {
    if (!this.active) return undefined;
    this.#end();
    return Math.max(0, Math.ceil(this.#due - performance.now()));
  }

  #end(): void {
    clearTimeout(this.#timeout);
    if (this.#monitor !== undefined) demonitor(this.#monitor);
    this.#timeout = undefined;
    this.#monitor = undefined;
    this.#target = undefined;
    this.#event = undefined;
  }
}

/** One function for the timers of all. */
const fire = (timer: MessageTimer<unknown>): void => timer.fire();

function assertDelay(ms: number, least: number): void {
  if (ms >= least && ms <= longestDelay) return;
  throw new RangeError(`ms must be a number from ${least} to ${longestDelay}, not ${ms}`);
}

/**
 * Tell an actor something later, unless it has ended by then: nothing is left of the timer from its end on, so that it
 * does not keep the process alive.
 *
 * Throws `RangeError` for a delay that Node cannot wait.
 *
 * @param ms from 0 to 2,147,483,647
 */
export function sendAfter<Message>(
  target: Recipient<Message> & Monitorable,
  message: NoInfer<Message>,
  ms: number,
): TimerRef {
  assertDelay(ms, 0);
  return new MessageTimer(target, message, ms, false);
}

/**
 * Tell an actor the same again and again, first when the time has passed once, until {@link cancelTimer} or its end.
 *
 * Throws `RangeError` for a delay that Node cannot wait.
 *
 * @param ms from 1 to 2,147,483,647
 */
export function sendInterval<Message>(
  target: Recipient<Message> & Monitorable,
  message: NoInfer<Message>,
  ms: number,
): TimerRef {
  assertDelay(ms, 1);
  return new MessageTimer(target, message, ms, true);
}

/**
 * No message of a timer arrives any more.
 *
 * @returns the ms that were left until the next one, or `undefined` if none was to come
 */
export const cancelTimer = (ref: TimerRef): number | undefined => ref.cancel();
