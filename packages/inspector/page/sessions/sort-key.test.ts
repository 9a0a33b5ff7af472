import { describe, expect, it } from 'vitest';
import { compareKeys, naturalKey, type SortKey } from './sort-key.ts';

const sorted = (keys: SortKey[], direction: 1 | -1) => keys.toSorted((a, b) => compareKeys(a, b, direction));

describe('sorting', () => {
  it('takes numbers in texts for numbers', () => {
    const names = ['s-10', 'S-9', 's-1', '10.0.0.2:80', '9.0.0.1:8080', '9.0.0.1:80'];
    const keys = new Map(names.map((name) => [naturalKey(name), name]));
    expect(sorted([...keys.keys()], 1).map((key) => (typeof key === 'string' ? keys.get(key) : key))).toEqual([
      '9.0.0.1:80',
      '9.0.0.1:8080',
      '10.0.0.2:80',
      's-1',
      'S-9',
      's-10',
    ]);
  });

  it('goes up or down, with what is unknown last either way', () => {
    expect(sorted([2, undefined, 10, 1], 1)).toEqual([1, 2, 10, undefined]);
    expect(compareKeys(undefined, 1, -1)).toBe(1);
    expect(sorted([2, 10, 1], -1)).toEqual([10, 2, 1]);
  });
});
