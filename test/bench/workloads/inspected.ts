import { inspected } from '../contenders/contender.ts';
import type { EchoLoad } from '../generator/load.ts';
import { race } from './race.ts';
import { messageReadings } from './readings.ts';
import type { Workload } from './workload.ts';

const load: EchoLoad = { pattern: 'echo', connections: 50, depth: 1, content: { form: 'text', size: 64 } };

/** What it costs to have the inspector there. */
const beside = (name: string, inspector: 'mounted' | 'watched', bound: number): Workload => ({
  name: `echo 64 B x 1, ${name}`,
  shown: ['perCpuSecond'],
  goals: [{ metric: 'perCpuSecond', over: 'without', bound }],
  measure: (effort) =>
    race(
      [
        { name: 'genws', contender: inspected(inspector), load },
        { name: 'without', contender: inspected('none'), load },
      ],
      {},
      effort,
      messageReadings,
    ),
});

export const inspection: readonly Workload[] = [
  beside('inspector mounted', 'mounted', 0.98),
  beside('another session watched', 'watched', 0.95),
];
