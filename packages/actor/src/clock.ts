/** How to keep time: real time unless a test brings its own, such as xstate's `SimulatedClock`. */
export interface Clock {
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(id: unknown): void;
  /** Ms on a clock that never goes back. */
  now(): number;
}

/** Node's own. */
export const realClock: Clock = {
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (id: NodeJS.Timeout) => clearTimeout(id),
  now: () => performance.now(),
};

/** Node's longest timer, 24.8 days; what is longer stands for `Infinity`. */
export const longestDelay: number = 2 ** 31 - 1;
