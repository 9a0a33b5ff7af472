import { type Codec, type Engine, engines, ours, oursInPool, type Setting } from './engine.ts';
import {
  type Contestant,
  compare,
  contestantOf,
  type Flow,
  flowOf,
  latencyOf,
  type Stream,
  streamOf,
} from './measure.ts';
import { shown } from './table.ts';
import { json, type Traffic } from './traffic.ts';

const directions = ['deflate', 'inflate'] as const satisfies readonly (keyof Codec)[];

/** Connections that are busy at a time. */
const connections = 4;

const openFlows = (engine: Engine, setting: Setting, stream: Stream, direction: keyof Codec): Promise<Flow[]> =>
  Promise.all(Array.from({ length: connections }, () => flowOf(engine, setting, stream, direction)));

/** What the columns of {@link raceEngines} are. */
export const raceHead: readonly string[] = [
  'engine',
  ...directions.flatMap((name) => [`${name} loop µs`, 'CPU µs', 'MB/s', 'p50 µs', 'p99 µs']),
  'size left %',
];

/** All engines with the same messages, a row for each. */
export async function raceEngines({ messages }: Traffic, setting: Setting, waves: number): Promise<string[][]> {
  const size = messages.reduce((sum, message) => sum + message.length, 0) / messages.length;
  const stream = await streamOf(messages, setting);
  const racers: (Contestant & { engine: Engine; direction: keyof Codec; flow: Flow })[] = [];
  for (const engine of engines) {
    for (const direction of directions) {
      if (direction === 'deflate' && engine.unfit?.(setting) !== undefined) continue;
      const flows = await openFlows(engine, setting, stream, direction);
      for (const flow of flows.slice(0, 1)) racers.push({ engine, direction, flow, ...contestantOf(flows, waves) });
    }
  }
  const costs = await compare(racers);
  const rows = new Map(engines.map((engine) => [engine, [engine.name]]));
  for (const [index, { engine, direction, flow }] of racers.entries()) {
    const { loop = 0, cpu = 0, wall = 0 } = costs[index] ?? {};
    const latency = await latencyOf(flow, waves * connections * 2);
    const row = rows.get(engine);
    const unfit = engine.unfit?.(setting);
    if (unfit !== undefined) row?.push(unfit, '', '', '', '');
    row?.push(...[loop, cpu, size / wall, latency.median, latency.p99].map(shown));
    if (direction === 'inflate') {
      row?.push(unfit === undefined ? shown((await streamOf(messages, setting, engine)).sizeLeft) : '');
    }
  }
  return [...rows.values()];
}

/** What the columns of {@link raceAgainstPool} are. */
export const poolHead: readonly string[] = [
  'bytes',
  'compressed',
  ...directions.flatMap((name) => [`${name}: sync loop µs`, 'pool loop µs', 'sync CPU µs', 'pool CPU µs']),
];

/** Our calls on the event loop against the same in the thread pool, a row for each size. */
export async function raceAgainstPool(setting: Setting): Promise<string[][]> {
  const rows: string[][] = [];
  for (let size = 512; size <= 2 ** 18; size *= 2) {
    const stream = await streamOf(json(size).messages, setting);
    const waves = Math.max(2, Math.min(50, 2 ** 16 / size));
    const racers: Contestant[] = [];
    for (const direction of directions) {
      for (const engine of [ours, oursInPool]) {
        racers.push(contestantOf(await openFlows(engine, setting, stream, direction), waves));
      }
    }
    const row = [size, (size * stream.sizeLeft) / 100];
    const costs = await compare(racers);
    for (const pair of [costs.slice(0, 2), costs.slice(2)]) {
      row.push(...pair.map(({ loop }) => loop), ...pair.map(({ cpu }) => cpu));
    }
    rows.push(row.map(shown));
  }
  return rows;
}

/** Settings of our engine, with one kind of traffic: for each the size left and µs to deflate and to inflate. */
export async function raceSettings({ messages }: Traffic, settings: readonly Setting[]): Promise<string[]> {
  const racers: Contestant[] = [];
  const sizes: number[] = [];
  for (const setting of settings) {
    const stream = await streamOf(messages, setting);
    sizes.push(stream.sizeLeft);
    for (const direction of directions) {
      racers.push(contestantOf([await flowOf(ours, setting, stream, direction)], Math.min(messages.length, 150)));
    }
  }
  const costs = await compare(racers);
  return sizes.map((sizeLeft, index) => {
    const loops = costs.slice(2 * index, 2 * index + 2).map(({ loop }) => shown(loop));
    return `${sizeLeft.toFixed(1)} %, ${loops.join(', ')}`;
  });
}
