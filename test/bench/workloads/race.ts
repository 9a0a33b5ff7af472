import { makeTlsFiles, type TlsFiles } from '../../../compliance/subjects/tls-files.ts';
import type { Contender } from '../contenders/contender.ts';
import { profiled } from '../contenders/perf.ts';
import { RunningServer, type ServerNeeds } from '../contenders/running-server.ts';
import type { SelfReport } from '../contenders/self-report.ts';
import { Generator } from '../generator/generator.ts';
import type { Load, Order, Sample } from '../generator/load.ts';
import { profileReadings } from './readings.ts';
import type { Effort, Findings, Readings } from './workload.ts';

/** A contender and the load that it is put under. */
export interface Entrant {
  /** In the results; the contender's own name if there is no other. */
  readonly name?: string;
  readonly contender: Contender;
  readonly load: Load;
}

/** What servers need, and whether that is TLS. */
export interface RaceNeeds extends Omit<ServerNeeds, 'tls'> {
  readonly secure?: boolean;
}

/** One round of one entrant, with what the server has said of itself before and after, if it was asked. */
export type Reader = (sample: Sample, before: SelfReport | undefined, after: SelfReport | undefined) => Readings;

/** An entrant at the start, with its server and whatever drives that, until disposed of. */
class Starter implements AsyncDisposable {
  readonly name: string;
  readonly readings: Readings[] = [];
  readonly #server: RunningServer;
  readonly #generator: Generator;

  private constructor(name: string, server: RunningServer, generator: Generator) {
    this.name = name;
    this.#server = server;
    this.#generator = generator;
  }

  static async start({ contender, load, name = contender.name }: Entrant, needs: ServerNeeds): Promise<Starter> {
    const server = await RunningServer.start(contender, needs);
    try {
      return new Starter(name, server, await Generator.start({ load, target: server.target }));
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  async warmUp(seconds: number): Promise<void> {
    await this.#generator.measure({ seconds, settling: 0 });
  }

  async run(order: Order, read: Reader): Promise<Readings> {
    const before = await this.#server.report();
    const sample = await this.#generator.measure(order);
    return read(sample, before, await this.#server.report());
  }

  /** Nothing can be found out about a server whose process is not known. */
  async profile(order: Order): Promise<Readings> {
    const { pid } = this.#server.target;
    if (pid === undefined) return {};
    return profileReadings(...(await profiled(pid, () => this.#generator.measure(order))));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#generator[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
  }
}

/**
 * Lets everybody take turns, round for round, so that what disturbs the machine hits all alike. Another one begins each
 * round. Only one is busy at a time; processes and connections stay, so that a round finds them warm.
 */
export async function race(
  entrants: readonly Entrant[],
  { secure = false, ...needs }: RaceNeeds,
  effort: Effort,
  read: Reader,
): Promise<Findings> {
  await using stack = new AsyncDisposableStack();
  const tls: TlsFiles | undefined = secure ? stack.use(await makeTlsFiles()) : undefined;
  const starters: Starter[] = [];
  const { profile } = effort;
  for (const entrant of entrants) starters.push(stack.use(await Starter.start(entrant, { ...needs, tls, profile })));
  if (effort.warmUp > 0) {
    for (const starter of starters) await starter.warmUp(effort.warmUp);
  }
  for (let round = 0; round < effort.rounds; round++) {
    const first = round % starters.length;
    for (const starter of [...starters.slice(first), ...starters.slice(0, first)]) {
      starter.readings.push(await (profile ? starter.profile(effort) : starter.run(effort, read)));
    }
  }
  return new Map(starters.map(({ name, readings }) => [name, readings]));
}
