import { expect, it } from 'vitest';
import { pauseBefore } from './backoff.ts';

it('waits twice as long after each attempt, up to 15 s, and never the same for everybody', () => {
  const longest = [0, 1, 2, 5, 60, 5000].map((attempts) => pauseBefore(attempts, () => 1));
  expect(longest).toEqual([500, 1000, 2000, 15_000, 15_000, 15_000]);
  expect(pauseBefore(1, () => 0)).toBe(500);
});
