import type { Process } from './exit-signal.ts';

/** Whether a child that has ended is started again: always, unless it ended as it should, never. */
export type RestartType = 'permanent' | 'transient' | 'temporary';

/** How long a child may take to end when asked, ms; `brutalKill` does not ask. */
export type Shutdown = number | 'brutalKill';

/** Whether a child has children of its own. */
export type ChildType = 'worker' | 'supervisor';

/** What a supervisor has to know of a child. */
export interface ChildSpec {
  /** Names the child, once in a supervisor. */
  readonly id: string;
  /**
   * Starts the child, the first time and each time again. What it throws or rejects with, and a process that has
   * crashed already, is a start that has failed. An xstate actor may be returned without having been started: then
   * a throw in its first actions is such a failure too.
   */
  readonly start: () => Process | PromiseLike<Process>;
  /**
   * `permanent`: started again whenever it ends; `transient`: unless its reason is `normal` or `shutdown`; `temporary`:
   * never, and forgotten when it ends. Default `permanent`.
   */
  readonly restart?: RestartType | undefined;
  /**
   * What it is given to end when it is asked to, ms, before it is killed; `Infinity` is allowed, and `brutalKill` kills
   * it without asking. Default 5000; `Infinity` for a child that is a supervisor.
   */
  readonly shutdown?: Shutdown | undefined;
}

const defaultShutdown = 5000;

/** How long a child may take to end. */
export const shutdownOf = ({ shutdown }: ChildSpec, type: ChildType): Shutdown =>
  shutdown ?? (type === 'supervisor' ? Number.POSITIVE_INFINITY : defaultShutdown);

/** Throws `RangeError` for a time to end that is none. */
export function assertShutdown(shutdown: Shutdown): void {
  if (shutdown !== 'brutalKill' && !(shutdown >= 0))
    throw new RangeError(`shutdown must be a number of ms from 0 on, or 'brutalKill', not ${shutdown}`);
}

const restartTypes: readonly unknown[] = ['permanent', 'transient', 'temporary'];

/** Throws `TypeError` for what is no child spec, and `RangeError` for a `shutdown` that is none. */
export function assertChildSpec({ id, start, restart = 'permanent', shutdown = defaultShutdown }: ChildSpec): void {
  if (typeof id !== 'string') throw new TypeError(`a child's id must be a string, not ${String(id)}`);
  if (typeof start !== 'function') throw new TypeError(`child ${id}: start must be a function`);
  if (!restartTypes.includes(restart))
    throw new TypeError(`child ${id}: restart must be permanent, transient or temporary, not ${restart}`);
  assertShutdown(shutdown);
}

/** Throws as {@link assertChildSpec} does, and `TypeError` when two children have the same id. */
export function assertChildSpecs(specs: readonly ChildSpec[]): void {
  const ids = new Set<string>();
  for (const spec of specs) {
    assertChildSpec(spec);
    if (ids.has(spec.id)) throw new TypeError(`two children have the id ${spec.id}`);
    ids.add(spec.id);
  }
}
