import { Actor, type ActorOptions } from 'xstate';
import { isAlive } from './alive.ts';
import type { Strategy } from './child-list.ts';
import { assertChildSpecs, type ChildSpec } from './child-spec.ts';
import { type Clock, realClock } from './clock.ts';
import { type AnyExitReason, crash, describeReason, errorIn, killed } from './exit-reason.ts';
import { type ExitSignal, exit, type Process } from './exit-signal.ts';
import { demonitor, ended, monitor } from './monitor.ts';
import { consoleLogger, deliver, type Logger } from './report.ts';
import { assertIntensity } from './restart-intensity.ts';
import type { StartFailure, SupervisorInput } from './supervisor-context.ts';
import { supervisorMachine } from './supervisor-machine.ts';
import { exitFailed } from './supervisor-report.ts';
import type { ChildCounts, ChildInfo, ParentProcess, SupervisorRequest } from './supervisor-request.ts';

/** Whom a supervisor looks after, and how. */
export interface SupervisorOptions {
  /** Its name in reports and in the inspector. */
  readonly id?: string | undefined;
  /** Whom it restarts when a child is to be restarted. Default `oneForOne`. */
  readonly strategy?: Strategy | undefined;
  /** Restarts within `period` that are still borne. Default 1. */
  readonly intensity?: number | undefined;
  /** Ms. Default 5000. */
  readonly period?: number | undefined;
  /** Started in this order, and ended in reverse. */
  readonly children?: readonly ChildSpec[] | undefined;
  /** Hears of crashes, restarts, and giving up. Default: readable lines through `console.error`. */
  readonly logger?: Logger | undefined;
  /** For tests that do not want to wait. */
  readonly clock?: Clock | undefined;
  /** An xstate inspector. More can be attached later, with `supervisor.system.inspect`. */
  readonly inspect?: ActorOptions<typeof supervisorMachine>['inspect'];
}

/** The one error that {@link startSupervisor} rejects with when its options are right. */
export class SupervisorError extends Error {
  override readonly name = 'SupervisorError';
  /** A child could not be started; or the supervisor was made to end before all of them were. */
  readonly code: 'failedToStartChild' | 'ended';
  /** What it ended with. */
  readonly reason: AnyExitReason;

  constructor(reason: AnyExitReason, failure: StartFailure | undefined) {
    super(describe(failure), { cause: failure && errorIn(failure.reason) });
    this.code = failure === undefined ? 'ended' : failure.type;
    this.reason = reason;
  }
}

const describe = (failure: StartFailure | undefined): string =>
  failure === undefined
    ? 'the supervisor was made to end while it was starting'
    : `child ${failure.child} could not be started: ${describeReason(failure.reason)}`;

/**
 * Starts children in order, restarts them when they end, and gives up when that happens too often: Erlang's
 * `supervisor`. Made by {@link startSupervisor}. It is an actor whose statechart and context can be subscribed to and
 * inspected, and a process, so that supervisors can be children of others. An exit signal ends it in order, all
 * children first; `killed` ends it and them at once, and `normal` is ignored.
 */
export class Supervisor extends Actor<typeof supervisorMachine> implements ParentProcess {
  /** Use {@link startSupervisor}. */
  constructor(input: SupervisorInput, { id, clock, inspect }: Pick<SupervisorOptions, 'id' | 'clock' | 'inspect'>) {
    super(supervisorMachine, {
      input,
      ...(id === undefined ? {} : { id }),
      ...(clock === undefined ? {} : { clock }),
      ...(inspect === undefined ? {} : { inspect }),
    });
    monitor(this, () => this.#leaveNobody());
  }

  /** For `exit`. */
  exit(signal: ExitSignal): void {
    if (signal.reason.type === 'killed') this.stop();
    else if (signal.reason.type !== 'normal') this.send(signal);
  }

  /** Resolves with the reason when it has ended, and all children have. */
  exited(): Promise<AnyExitReason> {
    return ended(this);
  }

  /** Whether a process is one of its children. */
  isParentOf(process: Process): boolean {
    return this.#children.some((child) => child.process === process);
  }

  /** For `whichChildren`. */
  whichChildren(): readonly ChildInfo[] {
    return this.#children.map(({ id, state, type, process }) => ({ id, state, type, process }));
  }

  /** For `countChildren`. */
  countChildren(): ChildCounts {
    const supervisors = this.#children.filter(({ type }) => type === 'supervisor').length;
    return {
      specs: this.#children.length,
      active: this.#children.filter(({ process }) => process !== undefined).length,
      supervisors,
      workers: this.#children.length - supervisors,
    };
  }

  /** For `getChildspec`. */
  childSpec(id: string): ChildSpec | undefined {
    return this.#children.find((child) => child.id === id)?.spec;
  }

  /** For the verbs that change something. */
  request(request: SupervisorRequest): void {
    if (isAlive(this)) this.send(request);
  }

  get #children() {
    return this.getSnapshot().context.children;
  }

  /** However it has ended: what is left of its children ends with it. */
  #leaveNobody(): void {
    for (const child of this.#children.toReversed()) {
      try {
        if (child.process !== undefined) exit(child.process, killed, this);
      } catch (error) {
        deliver(this.getSnapshot().context.input.logger, exitFailed(this.id, child, crash(error)));
      }
    }
  }
}

/**
 * Start a supervisor and its children, one after the other.
 *
 * Rejects with {@link SupervisorError} when a child cannot be started, after those already started have ended in reverse
 * order; with `TypeError` for child specs that are none or of the same name, and with `RangeError` for an intensity, a
 * period or a `shutdown` that is none.
 */
export async function startSupervisor({
  strategy = 'oneForOne',
  intensity = 1,
  period = 5000,
  children: specs = [],
  logger = consoleLogger,
  clock = realClock,
  ...identity
}: SupervisorOptions = {}): Promise<Supervisor> {
  if (!strategies.includes(strategy)) throw new TypeError(`there is no strategy ${strategy}`);
  assertIntensity({ intensity, period });
  assertChildSpecs(specs);
  const input: SupervisorInput = { strategy, intensity, period, specs, logger, now: () => clock.now() };
  const supervisor = new Supervisor(input, { clock, ...identity });
  return new Promise((resolve, reject) => {
    const ref = monitor(supervisor, ({ reason }) => {
      reject(new SupervisorError(reason, supervisor.getSnapshot().context.failure));
    });
    const readiness = supervisor.on('ready', () => {
      demonitor(ref);
      readiness.unsubscribe();
      resolve(supervisor);
    });
    supervisor.start();
  });
}

const strategies: readonly unknown[] = ['oneForOne', 'oneForAll', 'restForOne'];
