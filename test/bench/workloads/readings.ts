import type { Sample } from '../generator/load.ts';
import type { Readings } from './workload.ts';

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
