/**
 * What permessage-deflate costs with each engine that could drive it, and what its parameters are worth:
 * `pnpm bench deflate`. Contestants take turns, round for round, with the windows of their connections full; medians of
 * rounds. Loop: CPU time of the event loop's thread; CPU: of all threads; p50 and p99: one message at a time.
 */
import { engines, type Setting } from './deflate/engine.ts';
import { type Load, weigh } from './deflate/memory.ts';
import { poolHead, raceAgainstPool, raceEngines, raceHead, raceSettings } from './deflate/race.ts';
import { printTable, shown } from './deflate/table.ts';
import { chat, json, kinds } from './deflate/traffic.ts';

const common = { windowBits: 15, takeover: true, level: 6 } as const satisfies Setting;
const windows = [15, 12, 9] as const;
const both = [true, false] as const;

// Once for nothing: the code that everything passes through should be compiled.
await raceEngines(chat, common, 60);

for (const windowBits of windows) {
  for (const takeover of both) {
    const title = `${chat.name}, window ${windowBits}, ${takeover ? 'with' : 'without'} context takeover`;
    printTable(title, raceHead, await raceEngines(chat, { ...common, windowBits, takeover }, 60));
  }
}
for (const [size, waves] of [
  [1024, 40],
  [65_536, 3],
  [2 ** 20, 1],
] as const) {
  const traffic = json(size);
  const title = `${traffic.name}, window 15, with context takeover`;
  printTable(title, raceHead, await raceEngines(traffic, common, waves));
}
printTable(
  'Ours on the event loop and in the thread pool: JSON, window 15, with context takeover',
  poolHead,
  await raceAgainstPool(common),
);

const byWindow = ([15, 14, 13, 12, 11, 10, 9] as const).map((windowBits) => ({ ...common, windowBits }));
const windowRows: string[][] = [];
for (const traffic of kinds) {
  windowRows.push([traffic.name, ...(await raceSettings(traffic, [...byWindow, { ...common, takeover: false }]))]);
}
printTable(
  'Windows with context takeover: size left, µs to deflate, µs to inflate',
  ['traffic', ...byWindow.map(({ windowBits }) => String(windowBits)), 'no takeover'],
  windowRows,
);

const levels = [1, 3, 4, 5, 6, 9];
const levelRows: string[][] = [];
for (const traffic of [json(1024), json(65_536), ...kinds.filter(({ name }) => name.startsWith('HTML'))]) {
  for (const windowBits of [15, 12] as const) {
    const settings = levels.map((level) => ({ ...common, windowBits, level }));
    levelRows.push([`${traffic.name}, window ${windowBits}`, ...(await raceSettings(traffic, settings))]);
  }
}
printTable('Levels: size left, µs to deflate, µs to inflate', ['traffic', ...levels.map(String)], levelRows);

const cases: readonly [string, Setting, Load][] = [
  ['quiet, 15', common, 'quiet'],
  ...windows.map((windowBits): [string, Setting, Load] => [`${windowBits}`, { ...common, windowBits }, 'busy']),
  ['no takeover', { ...common, takeover: false }, 'busy'],
];
const memoryRows: string[][] = [];
for (const engine of engines) {
  const weights = cases.map(async ([, setting, load]) => {
    if (engine.unfit?.(setting) !== undefined) return '-';
    const { held, resident } = await weigh(engine, setting, load);
    return `${shown(held / 1024)}, ${shown(resident / 1024)}`;
  });
  const row = [engine.name, ...(await Promise.all(weights))];
  const { peak, wall, loop } = await weigh(engine, common, 'burst');
  memoryRows.push([...row, ...[peak / 2 ** 20, wall, loop].map(shown)]);
}
printTable(
  'Memory: KiB per connection held by the heap, and by which the process grows; and 500 times 64 KiB compressed at once',
  ['engine', ...cases.map(([name]) => name), 'burst MiB', 'burst ms', 'of that loop ms'],
  memoryRows,
);
