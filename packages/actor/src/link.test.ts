import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createActor, fromCallback } from 'xstate';
import { isAlive } from './alive.ts';
import { link, unlink } from './link.ts';
import { monitor } from './monitor.ts';
import { boom, normal, shutdown, Worker } from './worker.fixture.ts';

const startWorker = () => new Worker().start();
const startPlain = () => createActor(fromCallback(() => {})).start();

describe('link', () => {
  it.each([boom, shutdown, { type: 'killed' }])(
    'ends the other with the same reason, whichever is first: $type',
    (reason) => {
      for (const first of [0, 1]) {
        const pair = [startWorker(), startWorker()];
        const [a, b] = first === 0 ? pair : pair.toReversed();
        if (a === undefined || b === undefined) throw new Error('no pair');
        link(a, b);
        if (reason.type === 'killed') a.stop();
        else a.end(reason);
        expect(b.signals).toEqual([{ type: 'exit', from: a, reason, linked: true }]);
        expect(isAlive(b)).toBe(false);
      }
    },
  );

  it('does not end an actor that takes no signals when the other ends with normal', () => {
    const [a, b] = [startWorker(), startPlain()];
    link(a, b);
    a.end(normal);
    expect(isAlive(b)).toBe(true);
  });

  it('tells a process that takes signals of a normal end', () => {
    const [a, b] = [startWorker(), new Worker('deaf').start()];
    link(a, b);
    a.end(normal);
    expect(b.signals).toEqual([{ type: 'exit', from: a, reason: normal, linked: true }]);
    expect(isAlive(b)).toBe(true);
  });

  it('with one that is gone sends noproc, once, and not before it has returned', async () => {
    const [a, b] = [startWorker(), new Worker('deaf').start()];
    a.end(normal);
    link(b, a);
    expect(b.signals).toEqual([]);
    await setImmediate();
    expect(b.signals).toEqual([{ type: 'exit', from: a, reason: { type: 'noproc' }, linked: true }]);
  });

  it('twice, or the other way round, is once', () => {
    const [a, b] = [startWorker(), new Worker('deaf').start()];
    link(a, b);
    link(a, b);
    link(b, a);
    a.end(boom);
    expect(b.signals).toHaveLength(1);
  });

  it('of a process with itself is none', () => {
    const worker = startWorker();
    link(worker, worker);
    worker.end(boom);
    expect(worker.signals).toEqual([]);
  });

  it('in a cycle ends everybody, once, and stops there (G10)', () => {
    const workers = Array.from({ length: 100 }, startWorker);
    const ends: number[] = [];
    for (const [i, worker] of workers.entries()) {
      link(worker, workers[(i + 1) % workers.length] ?? worker);
      monitor(worker, () => ends.push(i));
    }
    workers[0]?.end(boom);
    expect(ends.toSorted((a, b) => a - b)).toEqual([...workers.keys()]);
    expect(workers.filter(({ signals }) => signals.length > 1)).toEqual([]);
  });
});

describe('unlink', () => {
  it('leaves nothing of a link, from either side', () => {
    const [a, b] = [startWorker(), startWorker()];
    link(a, b);
    unlink(b, a);
    a.end(boom);
    expect([b.signals, isAlive(b)]).toEqual([[], true]);
  });

  it('takes back a signal that is under way', async () => {
    const [a, b] = [startWorker(), startWorker()];
    a.end(normal);
    link(a, b);
    unlink(a, b);
    await setImmediate();
    expect(b.signals).toEqual([]);
  });

  it('of strangers does nothing, and other links stay', () => {
    const [a, b, c] = [startWorker(), startWorker(), startWorker()];
    link(a, b);
    unlink(a, c);
    a.end(boom);
    expect([isAlive(b), isAlive(c)]).toEqual([false, true]);
  });
});

it('links leave nothing with a process that survives them', () => {
  const survivor = new Worker('deaf').start();
  for (let i = 0; i < 100; i++) {
    const [ended, unlinked] = [startWorker(), startWorker()];
    link(survivor, ended);
    link(unlinked, survivor);
    ended.end(boom);
    unlink(survivor, unlinked);
  }
  expect(survivor.signals).toHaveLength(100);
  expect(survivor).toHaveProperty('observers.size', 0);
});
