/**
 * A process that drives one server: `main.ts ASSIGNMENT`. Says `ready` to its parent when all connections are open; then
 * takes orders, and answers each with a sample.
 */
import { setTimeout } from 'node:timers/promises';
import { busySeconds, cpuSeconds } from '../contenders/process-usage.ts';
import { percentile } from '../report/statistics.ts';
import { BurstTraffic } from './burst.ts';
import { ChurnTraffic } from './churn.ts';
import { EchoTraffic } from './echo.ts';
import { FanOutTraffic } from './fan-out.ts';
import { IdleTraffic } from './idle.ts';
import type { Assignment, Load, Order, Sample, Target } from './load.ts';
import type { Traffic } from './traffic.ts';

function trafficOf(load: Load, target: Target): Traffic {
  switch (load.pattern) {
    case 'echo':
      return new EchoTraffic(load, target);
    case 'fan-out':
      return new FanOutTraffic(load, target);
    case 'churn':
      return new ChurnTraffic(load, target);
    case 'idle':
      return new IdleTraffic(load, target);
    case 'burst':
      return new BurstTraffic(load, target);
  }
}

const { load, target }: Assignment = JSON.parse(process.argv[2] ?? '');
const measured = trafficOf(load, target);
const all = [measured];
if (load.pattern === 'echo' && load.beside !== undefined) all.push(trafficOf(load.beside, target));

/** Milliseconds after which what has not come back will not come. */
const patience = 10_000;

/** Let what is under way come back. A server that loses something must not keep everybody waiting. */
async function drain(): Promise<void> {
  const late = new AbortController();
  const lost = setTimeout(patience, undefined, { signal: late.signal }).then(
    () => {
      throw new Error('the server has not returned all that was sent');
    },
    () => {},
  );
  await Promise.race([Promise.all(all.map((traffic) => traffic.stop())), lost]);
  late.abort();
}

/** Where everything stands at one moment. */
const mark = () => ({
  time: performance.now() / 1000,
  completed: measured.completed,
  serverCpu: target.pid === undefined ? Number.NaN : cpuSeconds(target.pid),
  generatorCpu: cpuSeconds(process.pid),
  machineCpu: busySeconds(),
});

async function measure({ settling, seconds }: Order): Promise<Sample> {
  const begun = measured.completed;
  for (const traffic of all) traffic.start();
  await setTimeout(1000 * settling);
  measured.roundTrips?.take();
  const before = mark();
  await setTimeout(1000 * seconds);
  const after = mark();
  const times = measured.roundTrips?.take().sort() ?? new Float64Array();
  await drain();
  const serverCpu = after.serverCpu - before.serverCpu;
  const generatorCpu = after.generatorCpu - before.generatorCpu;
  return {
    seconds: after.time - before.time,
    completed: after.completed - before.completed,
    altogether: measured.completed - begun,
    serverCpu,
    generatorCpu,
    othersCpu: Math.max(0, after.machineCpu - before.machineCpu - serverCpu - generatorCpu),
    latency:
      times.length === 0
        ? undefined
        : { p50: percentile(times, 0.5), p90: percentile(times, 0.9), p99: percentile(times, 0.99) },
  };
}

await Promise.all(all.map((traffic) => traffic.open()));
process.on('message', async (order: Order) => process.send?.(await measure(order)));
// Its connections would keep it alive.
process.on('disconnect', () => process.exit());
process.send?.('ready');
