import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createActor, fromCallback, fromPromise, fromTransition } from 'xstate';
import { observersOf, startListener } from './listener.fixture.ts';
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

  it('believes an actor that tells itself whether it lives, and asks it for no snapshot', async () => {
    const actor = (alive: boolean) => ({
      alive,
      subscribe: () => ({ unsubscribe() {} }),
      getSnapshot: () => expect.unreachable('a snapshot is made'),
    });
    const news: Down[] = [];
    for (const alive of [true, false]) monitor(actor(alive), (down) => news.push(down));
    await setImmediate();
    expect(news).toMatchObject([{ target: { alive: false }, reason: { type: 'noproc' } }]);
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

describe('monitor of the dead', () => {
  it.each([
    ['that notices its end', startForever],
    ['that does not', () => createActor(fromTransition((context: undefined) => context, undefined)).start()],
  ])('answers noproc, once, for logic %s (G08)', async (_, start) => {
    const target = start();
    target.stop();
    const news: Down[] = [];
    monitor(target, (down) => news.push(down));
    for (let i = 0; i < 3; i++) await setImmediate();
    expect(news.map(({ reason }) => reason)).toEqual([{ type: 'noproc' }]);
  });
});

describe('monitor with an actor as watcher', () => {
  it('tells it the news as a message', async () => {
    const heard: Down[] = [];
    const watcher = startListener<Down>((down) => heard.push(down));
    const [target, gone] = [startForever(), startForever()];
    gone.stop();
    const ref = monitor(target, watcher);
    const refOfGone = monitor(gone, watcher);
    target.stop();
    expect(heard).toEqual([{ type: 'down', ref, target, reason: { type: 'killed' } }]);
    await setImmediate();
    expect(heard[1]).toEqual({ type: 'down', ref: refOfGone, target: gone, reason: { type: 'noproc' } });
    expect(watcher).toHaveProperty('observers.size', 0);
  });

  it('can be taken back', () => {
    const heard: Down[] = [];
    const watcher = startListener<Down>((down) => heard.push(down));
    const target = startForever();
    demonitor(monitor(target, watcher));
    expect([observersOf(target), observersOf(watcher)]).toEqual([0, 0]);
    target.stop();
    expect(heard).toEqual([]);
  });

  it('leaves nothing with the target when the watcher ends first, or has ended already', () => {
    const target = startForever();
    const watchers = Array.from({ length: 100 }, () => startListener<Down>());
    const refs = watchers.map((watcher) => monitor(target, watcher));
    expect(observersOf(target)).toBe(100);
    for (const watcher of watchers) watcher.stop();
    expect(observersOf(target)).toBe(0);
    refs.push(...watchers.map((watcher) => monitor(target, watcher)));
    expect(observersOf(target)).toBe(0);
    expect(refs.filter(({ active }) => active)).toEqual([]);
  });
});

describe('demonitor', () => {
  it('of one of two monitors leaves exactly the other, flushing what was under way (G09)', async () => {
    const counts = [0, 0];
    const [target, gone] = [startForever(), startForever()];
    gone.stop();
    for (const actor of [target, gone]) {
      const refs = counts.map((_, i) =>
        monitor(actor, () => {
          counts[i] = (counts[i] ?? 0) + 1;
        }),
      );
      if (refs[0] !== undefined) demonitor(refs[0]);
    }
    target.stop();
    await setImmediate();
    expect(counts).toEqual([0, 2]);
  });

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
