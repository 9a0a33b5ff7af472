import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { startDynamicSupervisor } from './dynamic-supervisor.ts';
import { exit } from './exit-signal.ts';
import { link } from './link.ts';
import { monitor } from './monitor.ts';
import { shutdown, Worker } from './worker.fixture.ts';

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');

/** Bytes in use when what can go has gone. */
async function heapUsed(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    await setImmediate();
    if (typeof collect === 'function') collect();
  }
  return process.memoryUsage().heapUsed;
}

it('100,000 processes that are started, watched, linked and ended leave nothing behind (G16)', async () => {
  const resident = new Worker('deaf').start();
  const supervisor = startDynamicSupervisor<Worker>();
  const watched: WeakRef<Worker>[] = [];
  let downs = 0;
  const generation = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const worker = supervisor.startChild(() => new Worker().start());
      link(worker, resident);
      monitor(worker, () => downs++);
      if (i % 100 === 0) watched.push(new WeakRef(worker));
      exit(worker, shutdown);
    }
    resident.signals.length = 0;
  };
  generation(10_000);
  const before = await heapUsed();
  for (let i = 0; i < 9; i++) generation(10_000);
  const after = await heapUsed();
  expect([supervisor.count, supervisor.getSnapshot().context.started, downs]).toEqual([0, 100_000, 100_000]);
  expect(watched.filter((ref) => ref.deref() !== undefined)).toEqual([]);
  expect(resident).toHaveProperty('observers.size', 0);
  expect((after - before) / 90_000).toBeLessThan(10);
});
