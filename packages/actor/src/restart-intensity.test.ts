import { describe, expect, it } from 'vitest';
import { assertIntensity, countRestart, isTooOften } from './restart-intensity.ts';

/** Whether each of these restarts is once too often. */
function judge(times: readonly number[], intensity: number, period: number): boolean[] {
  let restarts: readonly number[] = [];
  return times.map((now) => {
    restarts = countRestart(restarts, now, { intensity, period });
    return isTooOften(restarts, { intensity, period });
  });
}

describe('a restart intensity', () => {
  it.each([
    ['no restart at all with 0', [0], 0, [true]],
    ['one with 1, and no second one', [0, 0], 1, [false, true]],
    ['the second one when the first is longer ago than the period', [0, 101], 1, [false, false]],
    ['no second one when the period is just over, as Erlang counts', [0, 100], 1, [false, true]],
    ['any number of them when they are rare', [0, 60, 120, 180, 240, 300], 2, Array(6).fill(false)],
    ['three in a row, and no fourth', [0, 10, 20, 30], 3, [false, false, false, true]],
    ['a burst after a burst', [0, 1, 102, 103, 204, 205], 2, Array(6).fill(false)],
  ])('bears %s', (_, times, intensity, verdicts) => {
    expect(judge(times, intensity, 100)).toEqual(verdicts);
  });

  it('keeps no more restarts in mind than count', () => {
    let restarts: readonly number[] = [];
    for (let now = 0; now < 10_000; now++) restarts = countRestart(restarts, now, { intensity: 5, period: 10 });
    expect(restarts).toHaveLength(11);
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('is not %s', (intensity) => {
    expect(() => assertIntensity({ intensity, period: 1 })).toThrow(RangeError);
  });

  it.each([0, -1, Number.NaN])('has no period of %s ms', (period) => {
    expect(() => assertIntensity({ intensity: 1, period })).toThrow(RangeError);
  });
});
