import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fifo } from './fifo.ts';
import { collectGarbage } from './garbage.fixture.ts';

function fifoOf(...items: readonly number[]): Fifo<number> {
  const fifo = new Fifo<number>();
  for (const item of items) fifo.push(item);
  return fifo;
}

describe('a fifo', () => {
  it('gives back first what was put in first, and nothing when it is empty', () => {
    const fifo = fifoOf(1, 2, 3);
    expect([fifo.length, fifo.peek(), fifo.length]).toEqual([3, 1, 3]);
    expect([fifo.shift(), fifo.shift(), fifo.shift(), fifo.shift()]).toEqual([1, 2, 3, undefined]);
    expect([fifo.length, fifo.peek()]).toEqual([0, undefined]);
  });

  it('puts an item before all others, whether or not something was taken before', () => {
    const fifo = fifoOf(2, 3);
    fifo.unshift(1);
    expect(fifo.shift()).toBe(1);
    expect(fifo.shift()).toBe(2);
    fifo.unshift(20);
    fifo.unshift(10);
    expect(fifo.length).toBe(3);
    expect(fifo.drain()).toEqual([10, 20, 3]);
  });

  it('takes the first item of a kind from among others, which keep their places', () => {
    const fifo = fifoOf(1, 3, 4, 5, 6);
    const isEven = (n: number): boolean => n % 2 === 0;
    expect(fifo.shift()).toBe(1);
    expect([fifo.shiftFirst(isEven), fifo.shiftFirst(isEven), fifo.shiftFirst(isEven)]).toEqual([4, 6, undefined]);
    expect(fifo.length).toBe(2);
    expect(fifo.drain()).toEqual([3, 5]);
  });

  it('does not find again what it has given away', () => {
    const fifo = fifoOf(1, 2, 3);
    fifo.shift();
    expect(fifo.shiftFirst((n) => n === 1)).toBeUndefined();
    expect(fifo.shiftFirst(() => true)).toBe(2);
  });

  it('gives all at once, or drops all, and is empty then', () => {
    const fifo = fifoOf(1, 2, 3);
    fifo.shift();
    expect(fifo.drain()).toEqual([2, 3]);
    expect([fifo.length, fifo.peek(), fifo.drain()]).toEqual([0, undefined, []]);
    fifo.push(4);
    fifo.clear();
    expect([fifo.length, fifo.peek(), fifo.shift()]).toEqual([0, undefined, undefined]);
  });

  it('does what an array would do, whatever is done to it in whatever order', () => {
    const what = fc.constantFrom('push', 'push', 'push', 'shift', 'shift', 'unshift', 'shiftFirst', 'drain', 'clear');
    const steps = fc.array(fc.tuple(what, fc.nat(2500)), { maxLength: 15 });
    fc.assert(
      fc.property(steps, (given) => {
        const fifo = new Fifo<number>();
        let model: number[] = [];
        let count = 0;
        const takeOdd = (): number | undefined => {
          const at = model.findIndex((n) => n % 2 === 1);
          return at < 0 ? undefined : model.splice(at, 1)[0];
        };
        const same = (is: number | undefined, should: number | undefined): void => {
          if (is !== should) expect.fail(`${is} instead of ${should}`);
        };
        for (const [step, n] of given) {
          if (step === 'drain') expect(fifo.drain()).toEqual(model);
          if (step === 'clear') fifo.clear();
          if (step === 'drain' || step === 'clear') model = [];
          for (let i = 0; i < n; i++) {
            if (step === 'push') model.push(++count);
            if (step === 'push') fifo.push(count);
            if (step === 'shift') same(fifo.shift(), model.shift());
            if (i > 20) continue; // the others cost more
            if (step === 'unshift') model.unshift(++count);
            if (step === 'unshift') fifo.unshift(count);
            if (step === 'shiftFirst')
              same(
                fifo.shiftFirst((one) => one % 2 === 1),
                takeOdd(),
              );
          }
          expect([fifo.length, fifo.peek()]).toEqual([model.length, model[0]]);
        }
        expect(fifo.drain()).toEqual(model);
      }),
      { numRuns: 100 },
    );
  });

  it('holds nothing that it has given away, however much still waits', async () => {
    const fifo = new Fifo<object>();
    const given: WeakRef<object>[] = [];
    for (let i = 0; i < 1000; i++) {
      const item = {};
      given.push(new WeakRef(item));
      fifo.push(item);
    }
    fifo.push({});
    for (let i = 0; i < 500; i++) fifo.shift();
    fifo.shiftFirst(() => true);
    await collectGarbage();
    expect(given.filter((ref) => ref.deref() !== undefined)).toHaveLength(499);
    expect(fifo.length).toBe(500);
  });

  it('takes a long queue in time that grows with its length alone', () => {
    const fifo = new Fifo<number>();
    for (let i = 0; i < 300_000; i++) fifo.push(i);
    const begin = performance.now();
    for (let i = 0; i < 300_000; i++) if (fifo.shift() !== i) expect.fail(`another item than ${i}`);
    expect(performance.now() - begin).toBeLessThan(2000);
  });
});
