import type { Clock } from '@genws/actor';
import type { Deadline, Waitlist } from './deadline.ts';

/** From this delay on, ms, deadlines are as coarse as {@link grain}, so that those of many sessions share queues. */
const coarseFrom = 4096;
const grain = 64;

/**
 * All deadlines that were set with the same delay, and so are due in the order in which they were set: one timer of Node's.
 * It waits on when the last of them is called off, without keeping the process alive: where sessions come and go there
 * is soon another, and to make a timer takes longer than anything else that starts a session (measured).
 */
class Queue implements Waitlist {
  readonly ms: number;
  readonly #queues: Map<number, Queue>;
  #first: Deadline | undefined;
  #last: Deadline | undefined;
  #timer: NodeJS.Timeout;

  /** @param queues those that have a timer, by their delays: this one is among them as long as it has one */
  constructor(ms: number, queues: Map<number, Queue>) {
    this.ms = ms;
    this.#queues = queues;
    queues.set(ms, this);
    this.#timer = setTimeout(this.#ring, ms);
  }

  add(deadline: Deadline): void {
    deadline.list = this;
    deadline.at = Math.ceil(performance.now()) + this.ms;
    deadline.earlier = this.#last;
    if (this.#last === undefined) {
      this.#first = deadline;
      this.#timer.ref();
    } else this.#last.later = deadline;
    this.#last = deadline;
  }

  /** Those that come after the first leave the timer as it is: it looks again. */
  remove(deadline: Deadline): void {
    const { earlier, later } = deadline;
    if (earlier === undefined) this.#first = later;
    else earlier.later = later;
    if (later === undefined) this.#last = earlier;
    else later.earlier = earlier;
    deadline.list = undefined;
    deadline.earlier = undefined;
    deadline.later = undefined;
    if (this.#first === undefined) this.#timer.unref();
  }

  readonly #ring = (): void => {
    const now = performance.now();
    try {
      for (let first = this.#first; first !== undefined && first.at <= now; first = this.#first) {
        this.remove(first);
        first.fire();
      }
    } finally {
      if (this.#first === undefined) this.#queues.delete(this.ms);
      else this.#timer = setTimeout(this.#ring, Math.max(1, this.#first.at - performance.now()));
    }
  };
}

/**
 * Real time, with one timer of Node's for all sessions that wait for as long. Its own timers are 128 bytes each, and the
 * closures for them as much again.
 *
 * A delay of 0 is over when the event loop has come round once, past all that there is to read: Node's own timers may
 * run many times over before it reads again.
 */
export class SharedTimers implements Clock {
  readonly #queues = new Map<number, Queue>();

  /** How many timers of Node's there are. */
  get size(): number {
    return this.#queues.size;
  }

  /** Whole ms: V8 keeps those without an object for each. */
  now(): number {
    return Math.floor(performance.now());
  }

  /** Let something be due in so many ms, more than 0; never early. */
  set(deadline: Deadline, ms: number): void {
    const rounded = ms < coarseFrom ? Math.ceil(ms) : Math.ceil(ms / grain) * grain;
    const queue = this.#queues.get(rounded) ?? new Queue(rounded, this.#queues);
    queue.add(deadline);
  }

  setTimeout(callback: () => void, ms: number): NodeJS.Timeout | NodeJS.Immediate {
    return ms > 0 ? setTimeout(callback, ms) : setImmediate(callback);
  }

  clearTimeout(timer: Disposable): void {
    timer[Symbol.dispose]();
  }
}
