/** Less than this is the network's doing, and no reason to set the clock. */
const tolerance = 400;

/** What time it is where the sessions are: the page may run on another machine, whose clock is wrong. */
export class ProcessClock {
  #offset = 0;

  /** The process has just said what time it is. */
  set(at: number, here = Date.now()): void {
    if (Math.abs(at - here - this.#offset) > tolerance) this.#offset = at - here;
  }

  now(here = Date.now()): number {
    return here + this.#offset;
  }
}
