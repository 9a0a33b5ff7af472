/** Seconds of the rate that may come in one burst. */
const burst = 5;

/** Counts what leads nowhere against a rate a second: a bucket that fills with it. */
export class FloodGuard {
  readonly #rate: number;
  #left: number;
  #filledAt: number | undefined;

  constructor(rate: number) {
    this.#rate = rate;
    this.#left = rate * burst;
  }

  /** Count one more; whether that is too many now. */
  exceeded(now: number): boolean {
    if (this.#rate === Number.POSITIVE_INFINITY) return false;
    const seconds = (now - (this.#filledAt ?? now)) / 1000;
    this.#filledAt = now;
    this.#left = Math.min(this.#left + seconds * this.#rate, this.#rate * burst) - 1;
    return this.#left < 0;
  }
}
