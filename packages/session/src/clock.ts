/** Tells the time. */
export interface SteadyClock {
  /** Ms on a clock that never goes back. */
  now(): number;
}

/** How to keep time: real time unless a test brings its own, such as xstate's `SimulatedClock`. */
export interface SessionClock extends SteadyClock {
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(id: unknown): void;
}
