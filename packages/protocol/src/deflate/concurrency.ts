import { availableParallelism } from 'node:os';

interface Waiting {
  /** Tells whether the turn has come; `undefined` once it has been told. */
  settle: ((turn: boolean) => void) | undefined;
}

/** Lets at most `most` pieces of work run at once; the others wait, first come, first served. */
export class ConcurrencyLimit {
  readonly #most: number;
  #running = 0;
  /** One queue in two stacks, so that neither end costs more the longer it is: out of `#front`, into `#back`. */
  #front: Waiting[] = [];
  #back: Waiting[] = [];

  /** @throws RangeError for less than one */
  constructor(most: number) {
    if (!(most >= 1)) throw new RangeError(`at least one piece of work must be able to run, not ${most}`);
    this.#most = most;
  }

  /** Pieces of work that run now. */
  get running(): number {
    return this.#running;
  }

  /**
   * Runs `work` in its turn. If `signal` aborts first, it is never started and the result is `undefined` at once. Work
   * that runs must mind the signal itself; its place is free when its promise has settled.
   */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    if (signal.aborted) return undefined;
    if (this.#running < this.#most) this.#running += 1;
    else if (!(await this.#turn(signal))) return undefined;
    try {
      return signal.aborted ? undefined : await work();
    } finally {
      // The place goes from hand to hand: were it free in between, a newcomer could take it first.
      const next = this.#next();
      if (next === undefined) this.#running -= 1;
      else next(true);
    }
  }

  #turn(signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const giveUp = (): void => waiting.settle?.(false);
      const waiting: Waiting = {
        settle(turn) {
          waiting.settle = undefined;
          signal.removeEventListener('abort', giveUp);
          resolve(turn);
        },
      };
      signal.addEventListener('abort', giveUp);
      this.#back.push(waiting);
    });
  }

  /** The longest waiting that has not given up. */
  #next(): ((turn: boolean) => void) | undefined {
    for (;;) {
      if (this.#front.length === 0) {
        this.#front = this.#back.reverse();
        this.#back = [];
      }
      const waiting = this.#front.pop();
      if (waiting === undefined) return undefined;
      if (waiting.settle !== undefined) return waiting.settle;
    }
  }
}

/**
 * All compression of this process that runs in the thread pool. A compressor holds some 300 KiB while it works, and the
 * pool, of four threads by default, also serves files and names: one thread of it stays free, and one processor for
 * the event loop.
 */
export const compressionLimit = new ConcurrencyLimit(Math.min(Math.max(availableParallelism() - 1, 1), 3));
