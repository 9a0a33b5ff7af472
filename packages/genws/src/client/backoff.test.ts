import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BackoffOptions, defaultBackoff, delayAfter, resolveBackoff } from './backoff.ts';

describe('backoff', () => {
  it('doubles from 500 ms up to 30 s by default, and starts anew after 10 s', () => {
    expect(resolveBackoff()).toEqual({ initial: 500, factor: 2, max: 30_000, stableAfter: 10_000 });
    const longest = [0, 1, 2, 3, 6, 7, 8, 5000].map((failures) => delayAfter(defaultBackoff, failures, () => 1));
    expect(longest).toEqual([500, 500, 1000, 2000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('takes what it is told, and the default where it is told nothing', () => {
    expect(resolveBackoff({ initial: 10, max: undefined })).toEqual({ ...defaultBackoff, initial: 10 });
    expect(delayAfter(resolveBackoff({ initial: 10, factor: 3, max: 50 }), 2, () => 0.5)).toBe(15);
    expect(delayAfter(resolveBackoff({ initial: 10, factor: 3, max: 50 }), 3, () => 1)).toBe(50);
  });

  it('has full jitter: delays are spread evenly from 0 to the most (I09)', () => {
    const draws = 20_000;
    const buckets = new Array<number>(20).fill(0);
    for (let i = 0; i < draws; i++) {
      const bucket = Math.floor((delayAfter(defaultBackoff, 3, Math.random) / 2000) * buckets.length);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    // Pearson's χ² with 19 degrees of freedom exceeds 65 once in two million runs.
    const expected = draws / buckets.length;
    expect(buckets).toHaveLength(20);
    expect(buckets.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)).toBeLessThan(65);
  });

  it('never waits longer than max, nor less than nothing', () => {
    const options = fc.record({
      initial: fc.double({ min: 1, max: 1e6, noNaN: true }),
      factor: fc.double({ min: 1, max: 100, noNaN: true }),
      max: fc.double({ min: 1, max: 1e6, noNaN: true }),
    });
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(options, fc.nat(), random, (given, failures, drawn) => {
        const delay = delayAfter(resolveBackoff(given), failures, () => drawn);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(given.max);
      }),
    );
  });

  it.each<BackoffOptions>([
    { initial: 0 },
    { initial: Number.NaN },
    { factor: 0.5 },
    { max: -1 },
    { max: Number.NaN },
    { stableAfter: -1 },
  ])('throws a RangeError for %o', (options) => {
    expect(() => resolveBackoff(options)).toThrow(RangeError);
  });
});
