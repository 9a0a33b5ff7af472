import type { Contender } from '../contenders/contender.ts';

/** Something that is measured. */
export interface Metric {
  readonly title: string;
  readonly better: 'more' | 'less';
}

/** Metrics by their names in the results. */
export const metrics = {
  perCpuSecond: { title: 'messages per second of server CPU', better: 'more' },
  connectionsPerCpuSecond: { title: 'connections per second of server CPU', better: 'more' },
  perSecond: { title: 'per second', better: 'more' },
  p50: { title: 'µs under way, p50', better: 'less' },
  p90: { title: 'µs under way, p90', better: 'less' },
  p99: { title: 'µs under way, p99', better: 'less' },
  held: { title: 'bytes held by a connection, after collection', better: 'less' },
  resident: { title: 'bytes by which the process grows for a connection', better: 'less' },
  sessionBytes: { title: 'bytes of heap for a session', better: 'less' },
  startMicroseconds: { title: 'µs to start a session', better: 'less' },
  stopMicroseconds: { title: 'µs to stop a session', better: 'less' },
  writesPerThousand: { title: 'writes for 1,000 messages', better: 'less' },
  total: { title: 'µs of CPU for each', better: 'less' },
  kernel: { title: 'in the kernel', better: 'less' },
  native: { title: 'in Node.js, V8 and C libraries', better: 'less' },
  collection: { title: 'in garbage collection', better: 'less' },
  builtins: { title: 'in what V8 has built in of JavaScript', better: 'less' },
  platform: { title: 'in JavaScript of Node.js', better: 'less' },
  program: { title: 'in JavaScript of server and library', better: 'less' },
  serverShare: { title: 'of one core, server', better: 'less' },
  generatorShare: { title: 'of one core, generator', better: 'less' },
  othersShare: { title: 'of one core, other processes', better: 'less' },
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof metrics;

/** What was found in one round; what a contender cannot tell is missing. */
export type Readings = Readonly<Partial<Record<MetricName, number>>>;

/** Readings of all rounds by the contender's name. */
export type Findings = ReadonlyMap<string, readonly Readings[]>;

/** What is to be reached. */
export interface Goal {
  readonly metric: MetricName;
  /** Whom the first contender is compared with: the bound is for the ratio. Without it, for the value. */
  readonly over?: string;
  /** At least that where more is better, at most that where less is. */
  readonly bound: number;
}

/** How much is measured. */
export interface Effort {
  readonly rounds: number;
  /** Seconds of a round. */
  readonly seconds: number;
  /** Seconds under load before the first round: V8 compiles for about as long. */
  readonly warmUp: number;
  /** Seconds before each round, for what the other servers have pushed out of caches. */
  readonly settling: number;
  /** The share of the connections, and of whatever else there is many of, that a workload asks for. */
  readonly scale: number;
  /** Find out what servers spend their time on, which slows them down, and not how fast they are. */
  readonly profile?: boolean;
}

/** Something that servers are given to do. */
export interface Workload {
  readonly name: string;
  /** What the table shows, the most important first. */
  readonly shown: readonly MetricName[];
  readonly goals: readonly Goal[];
  /** Servers have nothing to do, so that there is nothing to profile. */
  readonly atRest?: boolean;
  /** Measure all that take part; the first is the one which has the goals. Others may join. */
  readonly measure: (effort: Effort, peers: readonly Contender[]) => Promise<Findings>;
}
