import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ConcurrencyLimit, compressionLimit } from './concurrency.ts';

const { signal: never } = new AbortController();

/** Work that ends when told to. */
function manual() {
  const started: number[] = [];
  const works = new Map<number, PromiseWithResolvers<number>>();
  return {
    started,
    work: (id: number) => (): Promise<number> => {
      started.push(id);
      const work = Promise.withResolvers<number>();
      works.set(id, work);
      return work.promise;
    },
    end: (id: number): void => works.get(id)?.resolve(id),
    /** Called just after its place has been given on, and before the next has begun. */
    afterEnd: (id: number, then: () => void): void => void works.get(id)?.promise.then(then),
  };
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await undefined;
};

describe('a limit on concurrent work', () => {
  it('D11 runs no more than that many of 1,000 at once, first come, first served', async () => {
    const limit = new ConcurrencyLimit(3);
    const order: number[] = [];
    let running = 0;
    let most = 0;
    const results = await Promise.all(
      Array.from({ length: 1000 }, (_, id) =>
        limit.run(async () => {
          order.push(id);
          running += 1;
          most = Math.max(most, running);
          expect(limit.running).toBeLessThanOrEqual(3);
          for (let turn = 0; turn < id % 7; turn += 1) await undefined;
          running -= 1;
          return id;
        }, never),
      ),
    );
    expect(most).toBe(3);
    const ids = Array.from({ length: 1000 }, (_, id) => id);
    expect(order).toEqual(ids);
    expect(results).toEqual(ids);
    expect(limit.running).toBe(0);
  });

  it('lets nobody pass between the end of one and the turn of the next', async () => {
    const limit = new ConcurrencyLimit(1);
    const { started, work, end, afterEnd } = manual();
    void limit.run(work(1), never);
    const runs = [limit.run(work(2), never)];
    afterEnd(1, () => {
      expect(started).toEqual([1]);
      runs.push(limit.run(work(3), never));
    });
    end(1);
    await settled();
    expect(limit.running).toBe(1);
    expect(started).toEqual([1, 2]);
    end(2);
    await settled();
    expect(started).toEqual([1, 2, 3]);
    end(3);
    expect(await Promise.all(runs)).toEqual([2, 3]);
    expect(limit.running).toBe(0);
  });

  it('D10 settles at once with undefined what is given up while it waits, and never starts it', async () => {
    const limit = new ConcurrencyLimit(1);
    const { started, work, end } = manual();
    const gone = new AbortController();
    void limit.run(work(1), never);
    const given = [limit.run(work(2), gone.signal), limit.run(work(3), gone.signal)];
    const last = limit.run(work(4), never);
    gone.abort('ended');
    expect(await Promise.all(given)).toEqual([undefined, undefined]);
    expect(await limit.run(work(5), gone.signal)).toBeUndefined();
    expect(started).toEqual([1]);
    end(1);
    await settled();
    expect(started).toEqual([1, 4]);
    end(4);
    expect(await last).toBe(4);
    expect(limit.running).toBe(0);
  });

  it('D10 does not start what is given up in the moment in which its turn comes', async () => {
    const limit = new ConcurrencyLimit(1);
    const { started, work, end, afterEnd } = manual();
    const gone = new AbortController();
    void limit.run(work(1), never);
    const second = limit.run(work(2), gone.signal);
    const third = limit.run(work(3), never);
    afterEnd(1, () => gone.abort('ended'));
    end(1);
    expect(await second).toBeUndefined();
    await settled();
    expect(started).toEqual([1, 3]);
    end(3);
    expect(await third).toBe(3);
    expect(limit.running).toBe(0);
  });

  it('gives the place on when work fails, and leaves the error to its owner', async () => {
    const limit = new ConcurrencyLimit(1);
    const failing = limit.run(() => Promise.reject(new Error('out of memory')), never);
    const next = limit.run(() => Promise.resolve('served'), never);
    await expect(failing).rejects.toThrow('out of memory');
    expect(await next).toBe('served');
    expect(limit.running).toBe(0);
  });

  it('hears of no signal any more once the work is done', async () => {
    const limit = new ConcurrencyLimit(1);
    const { signal } = new AbortController();
    const runs = [1, 2, 3].map((id) => limit.run(() => Promise.resolve(id), signal));
    expect(getEventListeners(signal, 'abort')).toHaveLength(2);
    await Promise.all(runs);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('cannot be below one', () => {
    expect(() => new ConcurrencyLimit(0)).toThrow(RangeError);
    expect(() => new ConcurrencyLimit(Number.NaN)).toThrow(RangeError);
  });
});

describe('the limit on compression', () => {
  it('is idle when nothing is compressed', () => {
    expect(compressionLimit.running).toBe(0);
  });
});
