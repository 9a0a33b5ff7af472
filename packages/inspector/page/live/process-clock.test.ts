import { expect, it } from 'vitest';
import { ProcessClock } from './process-clock.ts';

it('goes by the time of the process, and is not set again for the delays of the network', () => {
  const clock = new ProcessClock();
  expect(clock.now(1000)).toBe(1000);
  clock.set(61_000, 1000);
  expect(clock.now(2000)).toBe(62_000);
  clock.set(62_900, 3000);
  expect(clock.now(3000)).toBe(63_000);
});
