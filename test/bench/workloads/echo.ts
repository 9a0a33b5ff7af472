import { type Contender, genws, raw, ws } from '../contenders/contender.ts';
import type { EchoLoad } from '../generator/load.ts';
import { type RaceNeeds, race } from './race.ts';
import { messageReadings } from './readings.ts';
import type { Goal, MetricName, Workload } from './workload.ts';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

/** The ratios of messages per second of server CPU that are to be reached. */
interface Bounds {
  readonly ws?: number;
  readonly raw?: number;
}

interface Echo {
  readonly name: string;
  readonly load: Omit<EchoLoad, 'pattern'>;
  readonly bounds?: Bounds;
  readonly shown?: readonly MetricName[];
  readonly contenders?: readonly Contender[];
  readonly needs?: RaceNeeds;
}

const goalsOf = (bounds: Bounds): Goal[] =>
  Object.entries(bounds).map(([over, bound]) => ({ metric: 'perCpuSecond', over, bound }));

/** Whether a server that others have started can do what is needed; none of them agrees on the same compression. */
const canJoin = ({ server }: Contender, { secure = false, compress = false }: RaceNeeds): boolean =>
  typeof server !== 'string' && (server.url.protocol === 'wss:') === secure && !compress;

function echo({ name, load, bounds = {}, contenders = [genws, ws, raw], needs = {}, ...more }: Echo): Workload {
  return {
    name,
    shown: more.shown ?? ['perCpuSecond'],
    goals: goalsOf(bounds),
    measure: (effort, peers) =>
      race(
        [...contenders, ...peers.filter((peer) => canJoin(peer, needs))].map((contender) => ({
          contender,
          load: { pattern: 'echo', ...load },
        })),
        needs,
        effort,
        messageReadings,
      ),
  };
}

const text = (size: number) => ({ form: 'text', size }) as const;

export const echoes: readonly Workload[] = [
  echo({
    name: 'echo 16 B x 1',
    load: { connections: 50, depth: 1, content: text(16) },
    bounds: { ws: 1.25, raw: 1 },
  }),
  echo({
    name: 'echo 1 KiB x 1',
    load: { connections: 50, depth: 1, content: text(kibibyte) },
    bounds: { ws: 1.25, raw: 1 },
  }),
  echo({ name: 'echo 16 B x 64', load: { connections: 50, depth: 64, content: text(16) }, bounds: { ws: 15 } }),
  echo({ name: 'echo 1 KiB x 64', load: { connections: 50, depth: 64, content: text(kibibyte) }, bounds: { ws: 5 } }),
  echo({
    name: 'echo 1 MiB x 1',
    load: { connections: 8, depth: 1, content: text(mebibyte) },
    bounds: { ws: 2.3, raw: 0.85 },
  }),
  echo({
    name: 'deflate echo 1 KiB JSON x 1',
    load: { connections: 50, depth: 1, content: { form: 'json', size: kibibyte } },
    bounds: { ws: 2 },
    contenders: [genws, ws],
    needs: { compress: true },
  }),
  echo({
    name: 'wss echo 1 KiB x 1',
    load: { connections: 50, depth: 1, content: text(kibibyte) },
    bounds: { ws: 1.2 },
    needs: { secure: true },
  }),
  echo({
    name: 'latency 64 B, 10 connections',
    load: { connections: 10, depth: 1, content: text(64) },
    shown: ['p50', 'p90', 'p99'],
  }),
];
