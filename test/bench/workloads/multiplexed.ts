import { genws } from '../contenders/contender.ts';
import type { EchoLoad } from '../generator/load.ts';
import { race } from './race.ts';
import { messageReadings } from './readings.ts';
import type { Workload } from './workload.ts';

/** What it costs to have all WebSockets on one connection instead of one for each. */
const multiplexed = (depth: number): Workload => {
  const load: EchoLoad = { pattern: 'echo', connections: 50, depth, content: { form: 'text', size: 1024 } };
  return {
    name: `echo 1 KiB x ${depth}, 50 sockets on one HTTP/2 connection`,
    shown: ['perCpuSecond', 'perSecond'],
    goals: [],
    measure: (effort) =>
      race(
        [
          { name: 'genws', contender: genws, load: { ...load, multiplexed: true } },
          { name: 'HTTP/1.1', contender: genws, load },
        ],
        { http2: true },
        effort,
        messageReadings,
      ),
  };
};

export const multiplexing: readonly Workload[] = [multiplexed(1), multiplexed(64)];
