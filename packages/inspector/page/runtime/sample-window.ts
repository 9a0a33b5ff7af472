import type { RuntimeSample } from '../../src/protocol.ts';

/** How far back the plots go, ms. */
export const windowLength = 600_000;

/** Longer than this without a sample, and the line is broken, ms. */
const longestStep = 6000;

/** The samples of the last ten minutes. */
export class SampleWindow {
  #samples: (RuntimeSample | { readonly at: number })[] = [];
  #latest: RuntimeSample | undefined;

  get latest(): RuntimeSample | undefined {
    return this.#latest;
  }

  add(sample: RuntimeSample): void {
    const before = this.#latest?.at ?? sample.at;
    if (sample.at < before)
      this.#samples = []; // another process, or a clock that was set
    else if (sample.at - before > longestStep) this.#samples.push({ at: before + 1 });
    this.#latest = sample;
    this.#samples.push(sample);
    const oldest = sample.at - windowLength;
    const first = this.#samples.findIndex(({ at }) => at >= oldest);
    if (first > 0) this.#samples.splice(0, first);
  }

  /** The times, in seconds, and for each of the figures its values; `null` breaks a line. */
  columns(figures: readonly ((sample: RuntimeSample) => number)[]): [number[], ...(number | null)[][]] {
    return [
      this.#samples.map(({ at }) => at / 1000),
      ...figures.map((figure) => this.#samples.map((sample) => ('rss' in sample ? figure(sample) : null))),
    ];
  }
}
