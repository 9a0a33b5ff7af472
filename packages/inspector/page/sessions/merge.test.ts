import fc from 'fast-check';
import { expect, it } from 'vitest';
import { merge } from './merge.ts';

it('makes of two ordered lists what sorting both together makes', () => {
  const ordered = fc.array(fc.integer()).map((list) => list.toSorted((a, b) => a - b));
  fc.assert(
    fc.property(ordered, ordered, (first, second) => {
      expect(merge(first, second, (a, b) => a - b)).toEqual([...first, ...second].sort((a, b) => a - b));
    }),
  );
});
