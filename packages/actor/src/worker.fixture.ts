import { setImmediate } from 'node:timers/promises';
import { Actor, type ActorLogic, SimulatedClock, type Snapshot } from 'xstate';
import { isAlive } from './alive.ts';
import type { ChildSpec } from './child-spec.ts';
import type { AnyExitReason, ExitReason } from './exit-reason.ts';
import { type ExitSignal, exit } from './exit-signal.ts';
import { monitor } from './monitor.ts';
import type { Report } from './report.ts';
import { type Supervisor, type SupervisorOptions, startSupervisor } from './supervisor.ts';

type WorkerEvent = { readonly type: 'end'; readonly reason: AnyExitReason };

const logic: ActorLogic<Snapshot<AnyExitReason>, WorkerEvent> = {
  getInitialSnapshot: () => ({ status: 'active', output: undefined, error: undefined }),
  transition: (snapshot, { type, reason }) =>
    type === 'end' ? { status: 'done', output: reason, error: undefined } : snapshot,
  getPersistedSnapshot: (snapshot) => snapshot,
};

/** How a worker takes being asked to end: at once; not at all; by throwing. */
export type Manners = 'polite' | 'deaf' | 'rude';

/** A process that ends when told to. */
export class Worker extends Actor<typeof logic> {
  readonly signals: ExitSignal[] = [];
  readonly #manners: Manners;

  constructor(manners: Manners = 'polite') {
    super(logic);
    this.#manners = manners;
  }

  exit(signal: ExitSignal): void {
    this.signals.push(signal);
    if (this.#manners === 'rude') throw new Error('rude');
    if (signal.reason.type === 'killed') this.stop();
    else if (this.#manners === 'polite') this.end(signal.reason);
  }

  end(reason: AnyExitReason): void {
    this.send({ type: 'end', reason });
  }
}

export const normal: ExitReason = { type: 'normal' };
export const shutdown: ExitReason = { type: 'shutdown', reason: 'enough' };
export const boom: ExitReason = { type: 'crash', error: new Error('boom') };

/** How a worker's reason looks in a journal. */
const brief = (reason: AnyExitReason): string =>
  'reason' in reason && typeof reason.reason === 'string' ? `${reason.type} ${reason.reason}` : reason.type;

/** Supervised workers, and a journal of their starts and ends. */
export class Workshop {
  readonly journal: string[] = [];
  readonly reports: Report[] = [];
  readonly clock = new SimulatedClock();
  readonly #workers = new Map<string, Worker>();
  readonly #failing = new Map<string, number>();

  /** A worker as a child. */
  spec(id: string, { manners, ...rest }: Partial<ChildSpec> & { readonly manners?: Manners } = {}): ChildSpec {
    return { id, start: () => this.start(id, manners), ...rest };
  }

  /** Start a worker, unless its start is to fail. */
  start(id: string, manners?: Manners): Worker {
    const failures = this.#failing.get(id) ?? 0;
    this.#failing.set(id, failures - 1);
    if (failures > 0) {
      this.journal.push(`fail ${id}`);
      throw new Error(`no ${id}`);
    }
    this.journal.push(`start ${id}`);
    const worker = new Worker(manners).start();
    this.#workers.set(id, worker);
    monitor(worker, ({ reason }) => this.journal.push(`end ${id}: ${brief(reason)}`));
    return worker;
  }

  /** Let the next starts of a worker fail. */
  sabotage(id: string, times: number): void {
    this.#failing.set(id, times);
  }

  /** The worker of this name that was started last. */
  worker(id: string): Worker {
    const worker = this.#workers.get(id);
    if (worker === undefined) throw new Error(`no worker ${id}`);
    return worker;
  }

  /** End a worker, and let happen what comes of it. */
  async end(id: string, reason: AnyExitReason): Promise<void> {
    this.worker(id).end(reason);
    await setImmediate();
  }

  /** Let so many ms pass, and what comes of it happen. */
  async pass(ms: number): Promise<void> {
    this.clock.increment(ms);
    await setImmediate();
  }

  /** Whether a worker of this name lives. */
  has(id: string): boolean {
    const worker = this.#workers.get(id);
    return worker !== undefined && isAlive(worker);
  }

  /** What has been written since this was called last. */
  news(): string[] {
    return this.journal.splice(0);
  }

  /** The events reported. */
  get events(): string[] {
    return this.reports.map(({ event }) => event);
  }

  /** A supervisor of workers with these names, or of children with these specs. */
  async supervise(
    children: readonly (string | ChildSpec)[],
    options: Omit<SupervisorOptions, 'children'> = {},
  ): Promise<Supervisor> {
    const specs = children.map((child) => (typeof child === 'string' ? this.spec(child) : child));
    const supervisor = await startSupervisor({
      id: 'sup',
      logger: (report) => this.reports.push(report),
      clock: this.clock,
      ...options,
      children: specs,
    });
    return supervisor;
  }
}

/** Where a supervisor's statechart is, and its children. */
export const stateOf = (supervisor: Supervisor) => ({
  value: supervisor.getSnapshot().value,
  children: supervisor
    .getSnapshot()
    .context.children.map(({ id, state, restarts }) => `${id} ${state}${restarts === 0 ? '' : ` ${restarts}`}`),
});

/** End a supervisor in order. */
export async function end(supervisor: Supervisor): Promise<AnyExitReason> {
  exit(supervisor, shutdown);
  return supervisor.exited();
}
