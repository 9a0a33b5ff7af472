import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import packageOfWs from 'ws/package.json' with { type: 'json' };
import type { Effort } from '../workloads/workload.ts';
import { barGroups, drawChart } from './chart.ts';
import type { Outcome } from './outcome.ts';
import { doubts, legend, tableHead, tableLines } from './table.ts';

/** Where and with what was measured. */
const machine = () => ({
  processor: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  node: process.version,
  ws: packageOfWs.version,
  at: new Date().toISOString(),
});

/** Write everything as JSON, a table in Markdown and a chart, which a profile has not; returns the paths. */
export function writeReport(folder: string, stem: string, effort: Effort, outcomes: readonly Outcome[]): string[] {
  mkdirSync(folder, { recursive: true });
  const where = machine();
  const lines = [
    `${where.cores} cores of ${where.processor}, Node.js ${where.node}, ws ${where.ws}; ` +
      `${effort.rounds} rounds of ${effort.seconds} s.`,
    '',
    ...tableHead,
    ...outcomes.flatMap(tableLines),
    '',
    legend,
    '',
    ...doubts(outcomes).flatMap((doubt) => [doubt, '']),
  ];
  const contents: Readonly<Record<string, string>> = {
    json: `${JSON.stringify({ machine: where, effort, outcomes }, null, 2)}\n`,
    md: lines.join('\n'),
    ...(!effort.profile && {
      svg: drawChart('Compared with ws, per second of server CPU', 'ws', barGroups(outcomes, 'ws')),
    }),
  };
  return Object.entries(contents).map(([extension, content]) => {
    const path = join(folder, `${stem}.${extension}`);
    writeFileSync(path, content);
    return path;
  });
}
