import { describe, expect, it } from 'vitest';
import { assertChildSpec, assertChildSpecs, shutdownOf } from './child-spec.ts';
import { Worker } from './worker.fixture.ts';

const start = () => new Worker().start();

describe('a child spec', () => {
  it.each([
    ['an id that is no string', { id: 1, start }, TypeError],
    ['no start', { id: 'a' }, TypeError],
    ['an unknown restart', { id: 'a', start, restart: 'always' }, TypeError],
    ['an unknown shutdown', { id: 'a', start, shutdown: 'kill' }, RangeError],
    ['a negative shutdown', { id: 'a', start, shutdown: -1 }, RangeError],
    ['a shutdown that is no number', { id: 'a', start, shutdown: Number.NaN }, RangeError],
  ])('with %s is none', (_, spec, error) => {
    expect(() => Reflect.apply(assertChildSpec, undefined, [spec])).toThrow(error);
  });

  it.each([0, 17, Number.POSITIVE_INFINITY, 'brutalKill' as const, undefined])(
    'may have %s as shutdown',
    (shutdown) => {
      expect(() => assertChildSpec({ id: 'a', start, shutdown })).not.toThrow();
    },
  );

  it('gives a worker 5 s to end, and a supervisor all the time it needs, unless it says otherwise', () => {
    const spec = { id: 'a', start };
    expect([shutdownOf(spec, 'worker'), shutdownOf(spec, 'supervisor')]).toEqual([5000, Number.POSITIVE_INFINITY]);
    expect(shutdownOf({ ...spec, shutdown: 1 }, 'supervisor')).toBe(1);
  });
});

it('child specs have different ids', () => {
  const specs = ['a', '__proto__', 'toString'].map((id) => ({ id, start }));
  expect(() => assertChildSpecs(specs)).not.toThrow();
  expect(() => assertChildSpecs([...specs, { id: '__proto__', start }])).toThrow(/__proto__/);
});
