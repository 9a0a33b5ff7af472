import { type Codec, type Engine, type Eventually, ours, type Setting } from './engine.ts';

/** What one message costs, in µs. */
export interface Cost {
  /** CPU time of the event loop's thread: how long it could do nothing else. */
  readonly loop: number;
  /** CPU time of all threads. */
  readonly cpu: number;
  /** Time that passes. */
  readonly wall: number;
}

/** A piece of work to compare with others. */
export interface Contestant {
  /** Messages of one run. */
  readonly messages: number;
  readonly run: () => Promise<void>;
}

const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};
const median = (values: readonly number[]): number => quantile(values, 0.5);

const warmUps = 2;
const rounds = 7;

const nobody = new Int32Array(new SharedArrayBuffer(4));

/** CPU time of this thread so far, in µs. The system counts a thread's time when it falls asleep: so it does. */
export function loopTime(): number {
  Atomics.wait(nobody, 0, 0, 0.01);
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

/**
 * Runs everybody in turn, round for round, so that what disturbs the machine hits all alike; medians of rounds. Another
 * one begins each round: garbage of all is collected at the cost of whoever comes by then, and not always the same.
 */
export async function compare(contestants: readonly Contestant[]): Promise<Cost[]> {
  const found = contestants.map((): Cost[] => []);
  for (let round = 0; round < warmUps + rounds; round++) {
    const first = (round * 5) % contestants.length;
    const places = [...contestants.entries()];
    for (const [index, { run, messages }] of [...places.slice(first), ...places.slice(0, first)]) {
      const loopBefore = loopTime();
      const cpuBefore = process.cpuUsage();
      const start = performance.now();
      await run();
      const wall = (performance.now() - start) * 1000;
      const { user, system } = process.cpuUsage(cpuBefore);
      const cost = { loop: loopTime() - loopBefore, cpu: user + system, wall };
      if (round < warmUps) continue;
      found[index]?.push({ loop: cost.loop / messages, cpu: cost.cpu / messages, wall: cost.wall / messages });
    }
  }
  const medianOf = (costs: Cost[], part: keyof Cost): number => median(costs.map((cost) => cost[part]));
  return found.map((costs) => ({
    loop: medianOf(costs, 'loop'),
    cpu: medianOf(costs, 'cpu'),
    wall: medianOf(costs, 'wall'),
  }));
}

/** One direction of a connection whose window is full, with messages that come round and round. */
export interface Flow {
  readonly next: () => Eventually;
}

/** Messages and what a peer makes of them. */
export interface Stream {
  readonly messages: readonly Uint8Array[];
  readonly payloads: readonly Uint8Array[];
  /** What came before, as one message: as it is the end of `messages`, these can come round. */
  readonly prefix: Uint8Array;
  readonly prefixPayload: Uint8Array;
  /** The share of the size that is left, in percent. */
  readonly sizeLeft: number;
}

/** The bytes in all parts. */
const total = (parts: readonly Uint8Array[]): number => parts.reduce((sum, part) => sum + part.length, 0);

/** Has the messages compressed. */
export async function streamOf(
  messages: readonly Uint8Array[],
  setting: Setting,
  engine: Engine = ours,
): Promise<Stream> {
  const codec = engine.open(setting);
  const prefix = Buffer.concat(messages).subarray(-65_536);
  const prefixPayload = await codec.deflate(prefix);
  const payloads: Uint8Array[] = [];
  for (const message of messages) payloads.push(await codec.deflate(message));
  return { messages, payloads, prefix, prefixPayload, sizeLeft: (100 * total(payloads)) / total(messages) };
}

/** Opens a connection and fills its window. */
export async function flowOf(engine: Engine, setting: Setting, stream: Stream, direction: keyof Codec): Promise<Flow> {
  const codec = engine.open(setting);
  const [prefix, input] =
    direction === 'deflate' ? [stream.prefix, stream.messages] : [stream.prefixPayload, stream.payloads];
  await codec[direction](prefix);
  let position = 0;
  return {
    next() {
      const message = input[position++ % input.length];
      if (message === undefined) throw new Error('no messages');
      return codec[direction](message);
    },
  };
}

/** Several connections at a time; none begins a message before its last one is done. */
export function contestantOf(flows: readonly Flow[], waves: number): Contestant {
  return {
    messages: flows.length * waves,
    async run() {
      for (let wave = 0; wave < waves; wave++) {
        const pending: Promise<Uint8Array>[] = [];
        for (const flow of flows) {
          const result = flow.next();
          if (result instanceof Promise) pending.push(result);
        }
        if (pending.length > 0) await Promise.all(pending);
      }
    },
  };
}

/** How long single messages take while nothing else goes on, in µs. */
export async function latencyOf(flow: Flow, count: number): Promise<{ readonly median: number; readonly p99: number }> {
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const start = performance.now();
    const result = flow.next();
    if (result instanceof Promise) await result;
    times.push((performance.now() - start) * 1000);
  }
  return { median: median(times), p99: quantile(times, 0.99) };
}
