/** Who has output that may leave together with that of others. */
export interface Gathered {
  /** Let it leave. Does not throw. */
  flush(): void;
}

/** Node's own: output does not wait for the timers that a test puts in its place. */
const atEndOfIteration = setImmediate;
/** Fewer gain less than they lose by waiting for one another while the peers have nothing to do (measured). */
const fewest = 8;
/** Who has turns that take longer has nothing to gain here, and others should not wait for it (ms). */
const longTurn = 0.1;
/** How often it is looked how long they take, in turns. */
const lookEvery = 4;
/** Where nothing was gained, so many turns leave at once before it is tried again. */
const pause = 32;

/**
 * Output of sessions whose sockets were read in one iteration of the event loop. It leaves at the end of the iteration:
 * that many reads and turns, then many writes find their code in the processor's cache saves up to a tenth of what a
 * short message costs (measured). Nobody waits where few have something to say, nor where turns are long.
 */
export class Gathering {
  #all: Gathered[] = [];
  #since = 0;
  #scheduled = false;
  #paused = 0;

  /** Let output of a turn wait; `false` if it should leave at once. */
  add(output: Gathered): boolean {
    if (this.#paused > 0) {
      this.#paused--;
      return false;
    }
    if (this.#all.length === 0) this.#begin();
    this.#all.push(output);
    if (this.#all.length % lookEvery === 0 && this.#takesLong()) this.#flush();
    return true;
  }

  #begin(): void {
    this.#since = performance.now();
    if (this.#scheduled) return;
    this.#scheduled = true;
    atEndOfIteration(() => this.#end());
  }

  #end(): void {
    this.#scheduled = false;
    if (this.#all.length < fewest || this.#takesLong()) this.#paused = pause;
    this.#flush();
  }

  #takesLong(): boolean {
    return performance.now() - this.#since > longTurn * this.#all.length;
  }

  #flush(): void {
    const all = this.#all;
    this.#all = [];
    flushAll(all);
  }
}

/** Output that leaves at the end of the event loop's iteration. */
export const gathering = new Gathering();

/** Output of all sessions that leaves in the next microtask: one of its own for each takes longer (measured). */
let due: Gathered[] = [];

/** Let output leave in the next microtask. */
export function flushSoon(output: Gathered): void {
  if (due.length === 0) queueMicrotask(flushDue);
  due.push(output);
}

function flushDue(): void {
  const all = due;
  due = [];
  flushAll(all);
}

/** The last first: its memory is the end of what encoders have written, and is given back first. */
function flushAll(all: readonly Gathered[]): void {
  for (let i = all.length - 1; i >= 0; i--) all[i]?.flush();
}
