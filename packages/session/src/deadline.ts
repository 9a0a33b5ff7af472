import type { Clock } from '@genws/actor';

/** What a deadline waits with. */
export interface Waitlist {
  /** How long, ms. */
  readonly ms: number;
  remove(deadline: Deadline): void;
}

/** Something that is due later. It is an entry of its list itself, so that one of 100,000 costs no other object. */
export abstract class Deadline {
  /** When, ms on the clock. */
  at = 0;
  list: Waitlist | undefined;
  earlier: Deadline | undefined;
  later: Deadline | undefined;

  abstract fire(): void;

  /** Let it be due no more, if it was. */
  callOff(): void {
    this.list?.remove(this);
  }
}

/** A timer of its own, on any clock. */
class OwnTimer implements Waitlist {
  readonly ms: number;
  readonly #clock: Clock;
  readonly #timer: unknown;

  constructor(clock: Clock, deadline: Deadline, ms: number) {
    this.ms = ms;
    this.#clock = clock;
    this.#timer = clock.setTimeout(() => {
      deadline.list = undefined;
      deadline.fire();
    }, ms);
  }

  remove(deadline: Deadline): void {
    deadline.list = undefined;
    this.#clock.clearTimeout(this.#timer);
  }
}

/** Let something be due in so many ms, by a timer of its own. */
export function setAlone(clock: Clock, deadline: Deadline, ms: number): void {
  deadline.at = clock.now() + ms;
  deadline.list = new OwnTimer(clock, deadline, ms);
}
