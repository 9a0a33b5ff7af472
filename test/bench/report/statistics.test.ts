import { describe, expect, it } from 'vitest';
import { median, percentile, ratios, summarize } from './statistics.ts';

describe('statistics of rounds', () => {
  it('takes the middle value, and the mean of two in the middle', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([10, 9, 100])).toBe(10);
    expect(median([])).toBeNaN();
  });

  it('finds the value below which a share of the values lies', () => {
    const values = Float64Array.from({ length: 100 }, (_, index) => index);
    expect([0, 0.5, 0.9, 0.99, 1].map((share) => percentile(values, share))).toEqual([0, 50, 90, 99, 99]);
    expect(percentile([], 0.5)).toBeNaN();
  });

  it('divides round by round, so that a slow round of both is no difference', () => {
    expect(ratios([100, 10, 100], [50, 5, 50])).toEqual([2, 2, 2]);
  });

  it('tells the range beside the middle', () => {
    expect(summarize([5, 1, 3])).toEqual({ median: 3, least: 1, most: 5 });
  });
});
