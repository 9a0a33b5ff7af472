import { genws, raw, slowHandler, ws } from '../contenders/contender.ts';
import type { EchoLoad } from '../generator/load.ts';
import { race } from './race.ts';
import { messageReadings } from './readings.ts';
import type { Workload } from './workload.ts';

const quick: EchoLoad = {
  pattern: 'echo',
  connections: 20,
  depth: 1,
  content: { form: 'text', size: 64 },
};
const slow: EchoLoad = { ...quick, connections: 10, depth: 4, path: '/slow' };

/** What sessions take from each other. */
const slowNeighbours: Workload = {
  name: 'echo 64 B beside 10 slow sessions',
  shown: ['p50', 'p99', 'perCpuSecond'],
  // Medians of latencies waver by some percent, whatever they are beside.
  goals: [{ metric: 'p50', over: 'alone', bound: 1.1 }],
  measure: (effort) =>
    race(
      [
        { name: 'genws', contender: slowHandler, load: { ...quick, beside: slow } },
        { name: 'alone', contender: slowHandler, load: quick },
      ],
      {},
      effort,
      messageReadings,
    ),
};

/** What a session says in one turn leaves together. */
const burst: Workload = {
  name: 'burst of 1,000 messages on one connection',
  shown: ['perCpuSecond', 'writesPerThousand'],
  goals: [],
  measure: (effort) =>
    race(
      [genws, ws, raw].map((contender) => ({ contender, load: { pattern: 'burst', connections: 1, messages: 1000 } })),
      { asks: 'writes' },
      effort,
      (sample, before, after) => ({
        writesPerThousand: (1000 * ((after?.writes ?? Number.NaN) - (before?.writes ?? 0))) / sample.altogether,
        ...messageReadings(sample),
      }),
    ),
};

export const neighbours: readonly Workload[] = [slowNeighbours, burst];
