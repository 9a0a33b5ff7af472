import type { Shares } from '../contenders/perf.ts';
import type { Sample } from '../generator/load.ts';
import type { MetricName, Readings } from './workload.ts';

/** What every sample tells: how busy both sides were, and how much was done in the time that passed. */
const common = ({ seconds, completed, serverCpu, generatorCpu, othersCpu }: Sample): Readings => ({
  perSecond: completed / seconds,
  serverShare: serverCpu / seconds,
  generatorShare: generatorCpu / seconds,
  othersShare: othersCpu / seconds,
});

/** Messages, and how long they were under way. */
export const messageReadings = (sample: Sample): Readings => ({
  perCpuSecond: sample.completed / sample.serverCpu,
  ...common(sample),
  ...sample.latency,
});

/** Connections that have come and gone. */
export const connectionReadings = (sample: Sample): Readings => ({
  connectionsPerCpuSecond: sample.completed / sample.serverCpu,
  ...common(sample),
});

/** What a server has spent its CPU time on, in µs for each message or connection. */
export function profileReadings({ serverCpu, completed }: Sample, shares: Shares): Readings {
  const total = (serverCpu / completed) * 1e6;
  const parts = Object.entries(shares).map(([kind, share]) => [kind, share * total] as const);
  return { total, ...Object.fromEntries(parts) };
}

/** What {@link profileReadings} finds. */
export const profileMetrics = [
  'total',
  'kernel',
  'native',
  'collection',
  'builtins',
  'platform',
  'program',
] as const satisfies readonly MetricName[];
