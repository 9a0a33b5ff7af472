/** What is counted of a session. */
export const series = ['messagesIn', 'messagesOut', 'bytesIn', 'bytesOut'] as const;
export type Series = (typeof series)[number];
export type Counts = Readonly<Record<Series, number>>;

/** Seconds that are remembered: those that are shown, and the one under way. */
const seconds = 62;

/** How many seconds are shown. */
export const shownSeconds = 60;

/** What a session has sent and received in each of the last seconds. */
export class RateHistory {
  /** The seconds of one series after those of another, each a ring. */
  readonly #counts = new Float32Array(seconds * series.length);
  /** The latest second there is, since 1970. */
  #latest = 0;

  /** So much was counted between two moments, in ms since 1970: as evenly as can be. */
  record(from: number, to: number, before: Counts, after: Counts): void {
    const last = Math.floor(to / 1000);
    this.#advance(last);
    const first = Math.max(Math.floor(from / 1000), last - seconds + 1);
    const start = Math.max(from, first * 1000);
    const span = to - start;
    for (let index = 0; index < series.length; index++) {
      const name = series[index] ?? 'messagesIn';
      const difference = after[name] - before[name];
      if (difference <= 0) continue;
      if (first === last || span <= 0) {
        this.#add(index, last, difference);
        continue;
      }
      for (let second = first; second <= last; second++) {
        const overlap = Math.min(to, (second + 1) * 1000) - Math.max(start, second * 1000);
        this.#add(index, second, (difference * overlap) / span);
      }
    }
  }

  /** So much a second, the latest last, without the second that is under way. */
  rates(name: Series, now: number): number[] {
    const end = Math.floor(now / 1000);
    const offset = series.indexOf(name) * seconds;
    const rates: number[] = [];
    for (let second = end - shownSeconds; second < end; second++) {
      const known = second <= this.#latest && second > this.#latest - seconds;
      rates.push(known ? (this.#counts[offset + (second % seconds)] ?? 0) : 0);
    }
    return rates;
  }

  /** So much a second, over the last five of them. */
  recent(name: Series, now: number): number {
    const end = Math.floor(now / 1000);
    const offset = series.indexOf(name) * seconds;
    let sum = 0;
    for (let second = Math.max(end - 5, this.#latest - seconds + 1); second < end && second <= this.#latest; second++) {
      sum += this.#counts[offset + (second % seconds)] ?? 0;
    }
    return sum / 5;
  }

  #add(index: number, second: number, count: number): void {
    const at = index * seconds + (second % seconds);
    this.#counts[at] = (this.#counts[at] ?? 0) + count;
  }

  /** Time has passed: what is too old makes room. */
  #advance(second: number): void {
    if (second <= this.#latest) return;
    const first = Math.max(this.#latest + 1, second - seconds + 1);
    for (let next = first; next <= second; next++) {
      for (let index = 0; index < series.length; index++) this.#counts[index * seconds + (next % seconds)] = 0;
    }
    this.#latest = second;
  }
}
