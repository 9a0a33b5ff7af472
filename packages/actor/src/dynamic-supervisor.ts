import { Actor, type ActorLogic, type Snapshot } from 'xstate';
import type { AnyExitReason } from './exit-reason.ts';
import { type Down, type Monitorable, monitor } from './monitor.ts';

/** What an observer of a supervisor sees. */
export interface SupervisorContext {
  /** Children alive. */
  readonly children: number;
  /** Children ever started. */
  readonly started: number;
  /** Children that ended with reason `crash`. */
  readonly crashed: number;
}

/** News in a supervisor's mailbox. */
export type SupervisorEvent =
  | { readonly type: 'child.started'; readonly child: Monitorable }
  | { readonly type: 'child.down'; readonly child: Monitorable; readonly reason: AnyExitReason };

type SupervisorSnapshot = Snapshot<undefined> & { readonly context: SupervisorContext };

/** The children live beside the snapshot: a snapshot that holds 100,000 of them would be copied at every spawn. */
const logic: ActorLogic<SupervisorSnapshot, SupervisorEvent> = {
  getInitialSnapshot: () => ({
    status: 'active',
    output: undefined,
    error: undefined,
    context: { children: 0, started: 0, crashed: 0 },
  }),
  transition(snapshot, event) {
    const { children, started, crashed } = snapshot.context;
    switch (event.type) {
      case 'child.started':
        return { ...snapshot, context: { children: children + 1, started: started + 1, crashed } };
      case 'child.down':
        return {
          ...snapshot,
          context: { children: children - 1, started, crashed: crashed + (event.reason.type === 'crash' ? 1 : 0) },
        };
      default:
        return snapshot;
    }
  },
  getPersistedSnapshot: (snapshot) => snapshot,
};

/** What a {@link DynamicSupervisor} knows of its children. */
export interface DynamicSupervisorOptions<Child> {
  /** Its name in the inspector. */
  readonly id?: string;
  /** Asks a child to end. */
  readonly stop: (child: Child, reason: unknown) => void;
  /** Hears of each child that has ended. */
  readonly onDown?: (down: Down & { readonly target: Child }) => void;
}

/**
 * Starts children of one kind on demand and watches them: Erlang's `simple_one_for_one` with `temporary` children,
 * which are not restarted, since a connection that has ended cannot be. Start and stop cost the same with one child as
 * with 100,000. An xstate actor itself: subscribe to it, or inspect it.
 */
export class DynamicSupervisor<Child extends Monitorable> extends Actor<typeof logic> {
  readonly #children = new Set<Child>();
  readonly #stopChild: (child: Child, reason: unknown) => void;
  readonly #onDown: ((down: Down & { readonly target: Child }) => void) | undefined;
  #idle: (() => void)[] = [];

  constructor({ id, stop, onDown }: DynamicSupervisorOptions<Child>) {
    super(logic, id === undefined ? {} : { id });
    this.#stopChild = stop;
    this.#onDown = onDown;
  }

  /** Children alive. */
  get count(): number {
    return this.#children.size;
  }

  /** The children alive, in the order in which they were started. */
  children(): IterableIterator<Child> {
    return this.#children.values();
  }

  /** Start a child and watch it until it ends. Throws what `start` throws, and has no such child then. */
  startChild<Started extends Child>(start: () => Started): Started {
    const child = start();
    this.#children.add(child);
    this.send({ type: 'child.started', child });
    monitor(child, (down) => this.#down(down));
    return child;
  }

  /** Ask a child to end. It is gone from {@link children} when it has. */
  terminateChild(child: Child, reason: unknown): void {
    if (this.#children.has(child)) this.#stopChild(child, reason);
  }

  /** Resolves when no child is alive. */
  empty(): Promise<void> {
    if (this.#children.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #down(down: Down<Child>): void {
    this.#children.delete(down.target);
    this.send({ type: 'child.down', child: down.target, reason: down.reason });
    this.#onDown?.(down);
    if (this.#children.size > 0) return;
    const waiting = this.#idle;
    this.#idle = [];
    for (const resolve of waiting) resolve();
  }
}

/** Start a supervisor for children of one kind. */
export function startSupervisor<Child extends Monitorable>(
  options: DynamicSupervisorOptions<Child>,
): DynamicSupervisor<Child> {
  return new DynamicSupervisor(options).start();
}
