import { setTimeout } from 'node:timers/promises';
import { type Contender, genws, raw, ws } from '../contenders/contender.ts';
import { openFilesLimit, residentBytes } from '../contenders/process-usage.ts';
import { RunningServer } from '../contenders/running-server.ts';
import { Generator } from '../generator/generator.ts';
import type { IdleLoad, Load } from '../generator/load.ts';
import { race } from './race.ts';
import { connectionReadings, messageReadings } from './readings.ts';
import type { Effort, Readings, Workload } from './workload.ts';

const scaled = (count: number, { scale }: Effort): number => Math.ceil(count * scale);

/** Refuse to begin what would fail half-way: each connection is an open file, on both sides. */
function requireOpenFiles(connections: number): void {
  const spare = 200;
  const limit = openFilesLimit();
  if (limit >= connections + spare) return;
  throw new Error(
    `${connections} connections need as many open files, and this system allows ${limit}: ` +
      `\`ulimit -Hn ${connections + spare}\`, or fewer of them with --scale`,
  );
}

const others = (peers: readonly Contender[]): readonly Contender[] =>
  peers.filter(({ server }) => typeof server !== 'string' && server.url.protocol === 'ws:');

const fanOut: Workload = {
  name: 'fan-out 64 B to 1,000',
  shown: ['perCpuSecond'],
  goals: [{ metric: 'perCpuSecond', over: 'ws', bound: 1.35 }],
  measure(effort, peers) {
    const connections = scaled(1000, effort);
    requireOpenFiles(connections);
    const load: Load = { pattern: 'fan-out', connections, content: { form: 'text', size: 64 } };
    const entrants = [genws, ws, ...others(peers)].map((contender) => ({ contender, load }));
    return race(entrants, {}, effort, messageReadings);
  },
};

const churn: Workload = {
  name: 'connect, upgrade and close, 32 at a time',
  shown: ['connectionsPerCpuSecond'],
  goals: [{ metric: 'connectionsPerCpuSecond', over: 'ws', bound: 2 }],
  measure(effort, peers) {
    const load: Load = { pattern: 'churn', connections: 32 };
    const entrants = [genws, ws, ...others(peers)].map((contender) => ({ contender, load }));
    return race(entrants, {}, effort, connectionReadings);
  },
};

/** What so many connections make a server hold that has some already. */
async function hold(contender: Contender, load: IdleLoad): Promise<Readings> {
  await using server = await RunningServer.start(contender, { asks: 'memory' });
  const { target } = server;
  const resident = (): number => (target.pid === undefined ? Number.NaN : residentBytes(target.pid));
  const each = (before = Number.NaN, after = Number.NaN): number => (after - before) / load.connections;
  // What a program has compiled and reserved for the first ones is nobody's connection.
  await using _first = await Generator.start({
    load: { ...load, connections: Math.ceil(load.connections / 5) },
    target,
  });
  await setTimeout(200);
  const before = await server.report();
  const residentBefore = resident();
  await using _generator = await Generator.start({ load, target });
  await setTimeout(200);
  const grown = each(residentBefore, resident());
  const after = await server.report();
  return {
    held: each(before && before.heap + before.external, after && after.heap + after.external),
    resident: grown,
  };
}

const idle = (name: string, greeting: boolean): Workload => ({
  name,
  shown: ['held', 'resident'],
  goals: [
    { metric: 'held', over: 'ws', bound: 1 },
    { metric: 'resident', over: 'ws', bound: 1 },
  ],
  atRest: true,
  async measure(effort, peers) {
    const connections = scaled(5000, effort);
    requireOpenFiles(connections);
    const found = new Map<string, Readings[]>();
    // Memory is the same each time: twice is enough to see that.
    for (let round = 0; round < Math.min(2, effort.rounds); round++) {
      for (const contender of [genws, ws, raw, ...others(peers)]) {
        const readings = found.get(contender.name) ?? [];
        found.set(contender.name, readings);
        readings.push(await hold(contender, { pattern: 'idle', connections, greeting }));
      }
    }
    return found;
  },
});

export const connectionWorkloads: readonly Workload[] = [
  fanOut,
  churn,
  idle('idle connections, 5,000', false),
  idle('idle connections after a message, 5,000', true),
];
