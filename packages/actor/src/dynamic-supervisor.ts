import { Actor, type ActorLogic, type Snapshot } from 'xstate';
import { isAlive } from './alive.ts';
import { assertShutdown, type ChildType, type Shutdown } from './child-spec.ts';
import { type Clock, longestDelay, realClock } from './clock.ts';
import { type AnyExitReason, type ExitReason, killed, noproc, shutdownFor } from './exit-reason.ts';
import { type ExitSignal, exit, type Process } from './exit-signal.ts';
import { type Down, ended, monitor } from './monitor.ts';
import { consoleLogger, deliver, type Logger } from './report.ts';
import {
  type ChildCounts,
  type ChildInfo,
  isParent,
  type ParentProcess,
  type SupervisorRequest,
  type TerminateChildResult,
} from './supervisor-request.ts';

/** What an observer of a dynamic supervisor sees. */
export interface DynamicSupervisorContext {
  /** Children alive. */
  readonly children: number;
  /** Children ever started. */
  readonly started: number;
  /** Children that ended with reason `crash`. */
  readonly crashed: number;
}

/** News in a dynamic supervisor's mailbox. */
export type DynamicSupervisorEvent =
  | { readonly type: 'child.started'; readonly child: Process }
  | { readonly type: 'child.down'; readonly child: Process; readonly reason: AnyExitReason }
  /** The last child has ended, and it ends too. */
  | { readonly type: 'children.ended'; readonly reason: AnyExitReason };

type DynamicSupervisorSnapshot = Snapshot<AnyExitReason> & { readonly context: DynamicSupervisorContext };

/** The children live beside the snapshot: a snapshot that holds 100,000 of them would be copied at every spawn. */
const logic: ActorLogic<DynamicSupervisorSnapshot, DynamicSupervisorEvent> = {
  getInitialSnapshot: () => ({
    status: 'active',
    output: undefined,
    error: undefined,
    context: { children: 0, started: 0, crashed: 0 },
  }),
  transition(snapshot, event) {
    const { context } = snapshot;
    const { children, started, crashed } = context;
    switch (event.type) {
      case 'child.started':
        return { ...snapshot, context: { children: children + 1, started: started + 1, crashed } };
      case 'child.down':
        return {
          ...snapshot,
          context: { children: children - 1, started, crashed: crashed + (event.reason.type === 'crash' ? 1 : 0) },
        };
      case 'children.ended':
        return { status: 'done', output: event.reason, error: undefined, context };
      default:
        return snapshot;
    }
  },
  getPersistedSnapshot: (snapshot) => snapshot,
};

/** What a {@link DynamicSupervisor} knows of its children. */
export interface DynamicSupervisorOptions<Child> {
  /** Its name in the inspector. */
  readonly id?: string | undefined;
  /** Hears of each child that has ended. */
  readonly onDown?: ((down: Down & { readonly target: Child }) => void) | undefined;
  /** What a child is given to end when it is asked to, ms, before it is killed. Default 5000. */
  readonly shutdown?: Shutdown | undefined;
  /** Hears of children that throw when they are asked to end. Default: readable lines through `console.error`. */
  readonly logger?: Logger | undefined;
  /** For tests that do not want to wait. */
  readonly clock?: Clock | undefined;
}

/**
 * Starts children of one kind on demand and watches them: Erlang's `simple_one_for_one` with `temporary` children,
 * which are not restarted, since a connection that has ended cannot be. Start and stop cost the same with one child as
 * with 100,000. An xstate actor itself: subscribe to it, or inspect it. And a process: an exit signal ends all children
 * first and then itself; `killed` ends it and them at once, and `normal` is ignored.
 */
export class DynamicSupervisor<Child extends Process> extends Actor<typeof logic> implements ParentProcess {
  readonly #children = new Set<Child>();
  readonly #listeners = new Set<(down: Down & { readonly target: Child }) => void>();
  readonly #shutdown: Shutdown;
  readonly #logger: Logger;
  #idle: (() => void)[] = [];
  /** Why it ends, once it has been told to. */
  #leaving: AnyExitReason | undefined;

  constructor({
    id,
    onDown,
    shutdown = 5000,
    logger = consoleLogger,
    clock = realClock,
  }: DynamicSupervisorOptions<Child>) {
    super(logic, id === undefined ? { clock } : { id, clock });
    assertShutdown(shutdown);
    if (onDown !== undefined) this.#listeners.add(onDown);
    this.#shutdown = shutdown;
    this.#logger = logger;
    monitor(this, () => this.#endAll(killed)); // however it has ended
  }

  /** Children alive. */
  get count(): number {
    return this.#children.size;
  }

  /** The children alive, in the order in which they were started. */
  children(): IterableIterator<Child> {
    return this.#children.values();
  }

  /**
   * Hear of each child that ends from here on.
   *
   * @returns what calls it off
   */
  onDown(listener: (down: Down & { readonly target: Child }) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Start a child and watch it until it ends. Throws what `start` throws, and has no such child then. A supervisor that
   * is about to end, or has, asks the child to end at once.
   */
  startChild<Started extends Child>(start: () => Started): Started {
    const child = start();
    this.#children.add(child);
    this.send({ type: 'child.started', child });
    monitor<Child>(child, this.#down);
    if (this.#leaving !== undefined) this.#exit(child, shutdownFor(this.#leaving));
    else if (!isAlive(this)) this.#exit(child, shutdownFor(noproc));
    return child;
  }

  /**
   * Ask a child to end, and kill it when it takes too long. Answers when it has: it is gone from {@link children} then.
   * `notFound` when there is no such child.
   */
  terminateChild(child: Process, reason?: unknown): Promise<TerminateChildResult> {
    const children: ReadonlySet<Process> = this.#children;
    if (!children.has(child)) return Promise.resolve({ ok: false, code: 'notFound' });
    return new Promise((resolve) => {
      const cancel = this.#afterShutdown(() => this.#exit(child, killed));
      monitor(child, () => {
        cancel();
        resolve({ ok: true });
      });
      this.#exit(child, { type: 'shutdown', reason });
    });
  }

  /** Resolves when no child is alive. */
  empty(): Promise<void> {
    return new Promise((resolve) => this.#whenEmpty(resolve));
  }

  /** For `exit`. */
  exit({ reason }: ExitSignal): void {
    if (reason.type === 'killed') this.stop();
    else if (reason.type !== 'normal' && this.#leaving === undefined) this.#leave(reason);
  }

  /** Resolves with the reason when it has ended, and all children have. */
  exited(): Promise<AnyExitReason> {
    return ended(this);
  }

  /** Whether a process is one of its children. */
  isParentOf(process: Process): boolean {
    const children: ReadonlySet<Process> = this.#children;
    return children.has(process);
  }

  /** For `whichChildren`. */
  whichChildren(): readonly ChildInfo[] {
    return Array.from(this.#children, (process) => ({
      id: undefined,
      state: 'running',
      type: typeOf(process),
      process,
    }));
  }

  /** For `countChildren`. */
  countChildren(): ChildCounts {
    let supervisors = 0;
    for (const child of this.#children) if (isParent(child)) supervisors++;
    return { specs: this.count, active: this.count, supervisors, workers: this.count - supervisors };
  }

  /** For `getChildspec`: its children have none. */
  childSpec(): undefined {}

  /** For the verbs that change something. */
  request(request: SupervisorRequest): void {
    if (request.type === 'terminateChild' && typeof request.child !== 'string')
      this.terminateChild(request.child, request.type).then(request.reply);
    else request.reply({ ok: false, code: 'simpleOneForOne' });
  }

  #leave(reason: AnyExitReason): void {
    this.#leaving = reason;
    const cancel = this.#afterShutdown(() => this.#endAll(killed));
    this.#endAll(shutdownFor(reason));
    this.#whenEmpty(() => {
      cancel();
      this.send({ type: 'children.ended', reason });
    });
  }

  #whenEmpty(callback: () => void): void {
    if (this.#children.size === 0) callback();
    else this.#idle.push(callback);
  }

  /** Those started last come first. */
  #endAll(reason: ExitReason): void {
    for (const child of [...this.#children].reverse()) this.#exit(child, reason);
  }

  #exit(child: Process, reason: ExitReason): void {
    try {
      exit(child, this.#shutdown === 'brutalKill' ? killed : reason, this);
    } catch (error) {
      const text = 'a child threw when it was asked to end';
      deliver(this.#logger, {
        level: 'error',
        event: 'supervisor.exitFailed',
        text,
        error,
        fields: { supervisor: this.id },
      });
    }
  }

  /** Returns what calls it off. */
  #afterShutdown(action: () => void): () => void {
    const ms = this.#shutdown;
    if (ms === 'brutalKill' || ms > longestDelay) return () => {};
    const timer: unknown = this.clock.setTimeout(action, ms);
    return () => this.clock.clearTimeout(timer);
  }

  /** One function for all children. */
  readonly #down = (down: Down<Child>): void => {
    this.#children.delete(down.target);
    this.send({ type: 'child.down', child: down.target, reason: down.reason });
    for (const listener of this.#listeners) listener(down);
    if (this.#children.size > 0) return;
    const waiting = this.#idle;
    this.#idle = [];
    for (const callback of waiting) callback();
  };
}

const typeOf = (process: Process): ChildType => (isParent(process) ? 'supervisor' : 'worker');

/** Start a supervisor for children of one kind. Throws `RangeError` for a `shutdown` that is none. */
export function startDynamicSupervisor<Child extends Process>(
  options: DynamicSupervisorOptions<Child> = {},
): DynamicSupervisor<Child> {
  return new DynamicSupervisor(options).start();
}
