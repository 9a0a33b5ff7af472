import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Multimap } from './multimap.ts';

/** Few, so that they meet; among them what is compared in its own way, and what could be taken for "none". */
const thing = fc.constantFrom<unknown>(undefined, null, Number.NaN, 0, '', '__proto__', new Set([1]));

describe('a multimap', () => {
  it('holds what a map of sets does, whatever is added and deleted', () => {
    const step = fc.tuple(fc.constantFrom('add' as const, 'delete' as const), thing, thing);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const multimap = new Multimap<unknown, unknown>();
        const model = new Map<unknown, Set<unknown>>();
        for (const [kind, key, value] of steps) {
          const values = model.get(key) ?? new Set();
          const had = values.has(value);
          if (kind === 'add') values.add(value);
          else values.delete(value);
          if (values.size > 0) model.set(key, values);
          else model.delete(key);
          expect(multimap[kind](key, value)).toBe(kind === 'add' ? !had : had);
          expect(multimap.get(key)).toEqual([...values]);
          expect(multimap.has(key)).toBe(values.size > 0);
          expect([...multimap.keys()]).toEqual([...model.keys()]);
          expect(multimap.size).toBe(model.size);
        }
      }),
    );
  });

  it('gives back values as they were: what is added later is not among them', () => {
    const multimap = new Multimap<string, number>();
    multimap.add('a', 1);
    multimap.add('a', 2);
    const before = multimap.get('a');
    multimap.add('a', 3);
    expect(before).toEqual([1, 2]);
    expect(multimap.get('a')).toEqual([1, 2, 3]);
  });
});
