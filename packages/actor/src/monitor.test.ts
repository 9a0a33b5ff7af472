import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createActor, fromCallback, fromPromise, fromTransition } from 'xstate';
import { type Down, demonitor, monitor } from './monitor.ts';

const fail = new Error('boom');

/** An actor that ends when told to, with an output. */
function startTarget() {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  return { target: createActor(fromPromise(() => promise)).start(), finish: resolve };
}

/** An actor whose next event ends it with an error. */
const startFragile = () =>
  createActor(
    fromTransition((): undefined => {
      throw fail;
    }, undefined),
  ).start();

const startForever = () => createActor(fromCallback(() => {})).start();

describe('monitor', () => {
  it('tells of an end with the reason that is the output', async () => {
    const { target, finish } = startTarget();
    const news: Down[] = [];
    const ref = monitor(target, (down) => news.push(down));
    expect(news).toEqual([]);
    expect(ref.active).toBe(true);
    finish({ type: 'stop', reason: 'enough' });
    await setImmediate();
    expect(news).toEqual([{ type: 'down', ref, target, reason: { type: 'stop', reason: 'enough' } }]);
    expect(news[0]?.target).toBe(target);
    expect(ref.active).toBe(false);
  });

  it('tells of a crash with what was thrown, and takes the error as dealt with', () => {
    const target = startFragile();
    const news: Down[] = [];
    monitor(target, (down) => news.push(down));
    target.send({ type: 'anything' });
    expect(news.map(({ reason }) => reason)).toEqual([{ type: 'crash', error: fail }]);
  });

  it('tells of an actor that was stopped from outside that it was killed', () => {
    const target = startForever();
    const news: Down[] = [];
    monitor(target, (down) => news.push(down));
    target.stop();
    expect(news.map(({ reason }) => reason)).toEqual([{ type: 'killed' }]);
  });

  it('tells of a stop even where the logic does not notice that it is stopped', () => {
    const target = createActor(fromTransition((context: undefined) => context, undefined)).start();
    const news: Down[] = [];
    monitor(target, (down) => news.push(down));
    target.stop();
    expect(target.getSnapshot().status).toBe('active');
    expect(news.map(({ reason }) => reason)).toEqual([{ type: 'killed' }]);
  });

  it('answers for an actor that is gone already with noproc, once and not before it has returned', async () => {
    const target = startForever();
    target.stop();
    const news: Down[] = [];
    const ref = monitor(target, (down) => news.push(down));
    expect(news).toEqual([]);
    await setImmediate();
    expect(news).toEqual([{ type: 'down', ref, target, reason: { type: 'noproc' } }]);
  });

  it('tells each of several monitors of one actor, in the order in which they were set', () => {
    const target = startForever();
    const news: string[] = [];
    const first = monitor(target, ({ ref }) => news.push(ref === first ? 'first' : 'another'));
    const second = monitor(target, ({ ref }) => news.push(ref === second ? 'second' : 'another'));
    target.stop();
    expect(news).toEqual(['first', 'second']);
  });

  it('tells the next watcher when one of them sets and takes back monitors', () => {
    const target = startForever();
    const news: string[] = [];
    monitor(target, () => {
      news.push('first');
      demonitor(second);
      monitor(target, () => news.push('late'));
    });
    const second = monitor(target, () => news.push('second'));
    monitor(target, () => news.push('third'));
    target.stop();
    expect(news).toEqual(['first', 'third']);
  });
});

describe('demonitor', () => {
  it('silences one monitor and leaves the others', () => {
    const target = startForever();
    const news: string[] = [];
    const ref = monitor(target, () => news.push('first'));
    monitor(target, () => news.push('second'));
    demonitor(ref);
    expect(ref.active).toBe(false);
    target.stop();
    expect(news).toEqual(['second']);
  });

  it('takes back news that is already under way', async () => {
    const target = startForever();
    target.stop();
    const news: Down[] = [];
    demonitor(monitor(target, (down) => news.push(down)));
    await setImmediate();
    expect(news).toEqual([]);
  });

  it('may be called again, and after the news', () => {
    const target = startForever();
    const news: Down[] = [];
    const ref = monitor(target, (down) => news.push(down));
    target.stop();
    demonitor(ref);
    demonitor(ref);
    expect(news).toHaveLength(1);
  });

  it('leaves nothing with the actor', () => {
    const target = startForever();
    const refs = Array.from({ length: 100 }, () => monitor(target, () => {}));
    expect(target).toHaveProperty('observers.size', 100);
    for (const ref of refs) demonitor(ref);
    expect(target).toHaveProperty('observers.size', 0);
  });
});
