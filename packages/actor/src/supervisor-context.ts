import {
  type Child,
  changed,
  childOf,
  endingOrder,
  idsOf,
  newChild,
  restartedWith,
  type Strategy,
  withEnded,
  without,
} from './child-list.ts';
import type { ChildNews } from './child-process.ts';
import { type ChildSpec, shutdownOf } from './child-spec.ts';
import { longestDelay } from './clock.ts';
import { type AnyExitReason, type ExitReason, isOrderly, shutdownFor } from './exit-reason.ts';
import type { ExitSignal, Process } from './exit-signal.ts';
import type { Logger } from './report.ts';
import { countRestart, type RestartIntensity } from './restart-intensity.ts';
import { isParent, type SupervisorRequest, subjectOf } from './supervisor-request.ts';

/** What a supervisor is made from. */
export interface SupervisorInput extends RestartIntensity {
  readonly strategy: Strategy;
  readonly specs: readonly ChildSpec[];
  readonly logger: Logger;
  /** The time in ms. */
  readonly now: () => number;
}

/** Why a supervisor ended that could not start a child. */
export interface StartFailure {
  readonly type: 'failedToStartChild';
  readonly child: string;
  readonly reason: AnyExitReason;
}

/** What a supervisor knows, as observers and inspectors see it. */
export interface SupervisorContext {
  /** In the order in which they are started. */
  readonly children: readonly Child[];
  /** When children were restarted, ms, as far as that still counts against the intensity. */
  readonly restarts: readonly number[];
  /** Why it ends, once that is known. */
  readonly exit: AnyExitReason | undefined;
  /** The start that has failed, where that is why it ends. */
  readonly failure: StartFailure | undefined;
  /** Children that are to be started, or to end, in what is going on; the first of them is under way. */
  readonly todo: readonly string[];
  /** What has come while something was going on, and waits until that is done. */
  readonly deferred: readonly SupervisorEvent[];
  /** The child whose end has led to the restart that is going on. */
  readonly cause: string | undefined;
  /** What is being done at somebody's request. */
  readonly request: SupervisorRequest | undefined;
  readonly input: SupervisorInput;
}

/** What a supervisor's statechart hears. */
export type SupervisorEvent =
  | ExitSignal
  | ChildNews
  | SupervisorRequest
  /** A start has failed: once more. */
  | { readonly type: 'child.tryAgain'; readonly id: string }
  /** A child has not ended in time. */
  | { readonly type: 'timeout.shutdown' };

type Change = Partial<SupervisorContext>;

/** How a supervisor begins: with all of its children to be started. */
export const initialContext = (input: SupervisorInput): SupervisorContext => ({
  children: input.specs.map(newChild),
  restarts: [],
  exit: undefined,
  failure: undefined,
  todo: input.specs.map(({ id }) => id),
  deferred: [],
  cause: undefined,
  request: undefined,
  input,
});

/** The child whose start or end is under way. */
export const current = ({ children, todo }: SupervisorContext): Child | undefined => childOf(children, todo[0]);

/** The child that news is about, or a request. */
export function subject({ children }: SupervisorContext, event: SupervisorEvent): Child | undefined {
  switch (event.type) {
    case 'child.down':
      return children.find(({ process }) => process === event.process);
    case 'child.tryAgain':
      return childOf(children, event.id);
    case 'startChild':
    case 'restartChild':
    case 'terminateChild':
    case 'deleteChild':
      return childOf(children, subjectOf(event));
    default:
      return undefined;
  }
}

/** How long the child may take whose end, or start, is under way, ms. */
export function timeToEnd(context: SupervisorContext): number {
  const child = current(context);
  const shutdown = child === undefined ? 0 : shutdownOf(child.spec, child.type);
  return shutdown === 'brutalKill' ? 0 : Math.min(shutdown, longestDelay);
}

/** What children are told that have to end now. */
export function endingReason({ exit, request }: SupervisorContext): ExitReason {
  if (exit !== undefined) return shutdownFor(exit);
  return { type: 'shutdown', reason: request?.type ?? 'restart' };
}

/** Whether news is of a child that has ended and is not to be started again. */
export function staysDown(context: SupervisorContext, event: SupervisorEvent): boolean {
  const restart = subject(context, event)?.spec.restart;
  return restart === 'temporary' || (restart === 'transient' && event.type === 'child.down' && isOrderly(event.reason));
}

/** Whether it ends, and no child is just being started or ended. */
export const mayLeave = ({ exit, children }: SupervisorContext): boolean =>
  exit !== undefined && children.every(({ state }) => state !== 'starting' && state !== 'stopping');

/** The next child is to be started, unless everything is to end. */
export function pickToStart({ children, todo: [id], exit }: SupervisorContext): Change {
  return exit !== undefined || id === undefined ? {} : { children: changed(children, id, { state: 'starting' }) };
}

/** The child that was to be started runs. */
export function markStarted(context: SupervisorContext, process: Process): Change {
  const child = current(context);
  if (child === undefined) return {};
  const restarts = child.restarts + (context.cause === undefined ? 0 : 1);
  const type = isParent(process) ? 'supervisor' : 'worker';
  return { children: changed(context.children, child.id, { state: 'running', process, type, restarts }) };
}

/** The next child is to end; those who have ended already are passed over. */
export function pickToEnd({ children, todo }: SupervisorContext): Change {
  const next = todo.findIndex((id) => childOf(children, id)?.process !== undefined);
  const left = next === -1 ? [] : todo.slice(next);
  const [id] = left;
  return id === undefined ? { todo: left } : { todo: left, children: changed(children, id, { state: 'stopping' }) };
}

/** A child could not be started: it ends. */
export function failStart(context: SupervisorContext, reason: AnyExitReason): Change {
  const child = current(context);
  if (child === undefined) return {};
  const failure: StartFailure = { type: 'failedToStartChild', child: child.id, reason };
  const exit: ExitReason = { type: 'shutdown', reason: failure };
  return context.exit === undefined ? { failure, exit, ...markEnded(context, child) } : markEnded(context, child);
}

/** A child has ended. */
export const markEnded = ({ children }: SupervisorContext, child: Child | undefined): Change =>
  child === undefined ? {} : { children: withEnded(children, child) };

/** The child that was to be started again waits for the next attempt. */
export function markRestarting(context: SupervisorContext): Change {
  const child = current(context);
  return child === undefined
    ? {}
    : { todo: [], children: changed(context.children, child.id, { state: 'restarting' }) };
}

/** A restart counts before it is made. */
export const withRestart = ({ restarts, input }: SupervisorContext): Change => ({
  restarts: countRestart(restarts, input.now(), input),
});

/** Who has to end before a child can be restarted. Attempts to restart any of those are off. */
export function planEnds({ children, cause = '', input }: SupervisorContext): Change {
  const affected = restartedWith(input.strategy, children, cause);
  const idle = children.map((child) =>
    affected.includes(child) && child.process === undefined ? { ...child, state: 'stopped' as const } : child,
  );
  return { todo: endingOrder(affected), children: idle };
}

/** Who is started then. */
export const planStarts = ({ children, cause = '', input }: SupervisorContext): Change => ({
  todo: idsOf(restartedWith(input.strategy, children, cause)),
});

/** All are to end. */
export const planStop = ({ children }: SupervisorContext): Change => ({ todo: endingOrder(children) });

/** A request is taken up. */
export function takeRequest({ children }: SupervisorContext, request: SupervisorRequest): Change {
  const id = subjectOf(request);
  return {
    request,
    todo: id === undefined ? [] : [id],
    children: request.type === 'startChild' ? [...children, newChild(request.spec)] : children,
  };
}

/** A request has been dealt with. */
export function closeRequest({ children, request }: SupervisorContext): Change {
  const child = request && childOf(children, subjectOf(request));
  const done: Change = { request: undefined, todo: [] };
  if (child === undefined || child.process !== undefined) return done;
  const gone = request?.type === 'startChild' || request?.type === 'deleteChild';
  return { ...done, children: gone ? without(children, child.id) : changed(children, child.id, { state: 'stopped' }) };
}
