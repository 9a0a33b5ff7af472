import { describe, expect, it } from 'vitest';
import { FloodGuard } from './flood-guard.ts';

/** How many of those that come at these times are too many. */
const tooMany = (guard: FloodGuard, times: readonly number[]): number =>
  times.filter((time) => guard.exceeded(time)).length;

const at = (count: number, time: number, apart = 0): number[] =>
  Array.from({ length: count }, (_, i) => time + i * apart);

describe('a flood guard', () => {
  it('lets five seconds of the rate pass at once, and nothing more', () => {
    const guard = new FloodGuard(100);
    expect(tooMany(guard, at(500, 0))).toBe(0);
    expect(tooMany(guard, at(10, 0))).toBe(10);
  });

  it('lets the rate pass for ever', () => {
    expect(tooMany(new FloodGuard(100), at(10_000, 0, 10))).toBe(0);
  });

  it('finds out what comes twice as fast', () => {
    expect(tooMany(new FloodGuard(100), at(2000, 0, 5))).toBeGreaterThan(400);
  });

  it('saves up no more than one burst', () => {
    const guard = new FloodGuard(1);
    guard.exceeded(0);
    expect(tooMany(guard, at(6, 1_000_000))).toBe(1);
  });

  it('without a bound lets everything pass', () => {
    expect(tooMany(new FloodGuard(Number.POSITIVE_INFINITY), at(100_000, 0))).toBe(0);
  });
});
