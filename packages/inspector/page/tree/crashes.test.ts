import { expect, it } from 'vitest';
import { addCrashes } from './crashes.ts';

const crash = (at: number) => ({ at, event: 'session.crashed', text: 'it broke', stack: undefined });

it('keeps the latest crashes, each once', () => {
  const first = addCrashes([], [crash(1), crash(2)]);
  expect(addCrashes(first, [crash(1), crash(2)])).toBe(first);
  expect(addCrashes(first, [crash(2), crash(3)]).map(({ at }) => at)).toEqual([1, 2, 3]);
  const many = addCrashes(
    first,
    Array.from({ length: 300 }, (_, index) => crash(index + 10)),
  );
  expect(many).toHaveLength(200);
  expect(many.at(-1)?.at).toBe(309);
});
