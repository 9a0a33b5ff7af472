import { isAlive } from './alive.ts';
import { assertChildSpec, type ChildSpec } from './child-spec.ts';
import type { Process } from './exit-signal.ts';
import { monitor } from './monitor.ts';
import {
  type ChildCounts,
  type ChildInfo,
  type ChildSpecResult,
  type DeleteChildResult,
  isParent,
  type ParentProcess,
  type RestartChildResult,
  type StartChildResult,
  type TerminateChildResult,
} from './supervisor-request.ts';

/** A supervisor's children, in the order in which they are started. A process that is no supervisor has none. */
export const whichChildren = (supervisor: Process): readonly ChildInfo[] =>
  isParent(supervisor) && isAlive(supervisor) ? supervisor.whichChildren() : [];

/** How many children a supervisor has, of which kinds, and how many of them live. */
export const countChildren = (supervisor: Process): ChildCounts =>
  isParent(supervisor) && isAlive(supervisor) ? supervisor.countChildren() : none;

const none: ChildCounts = { specs: 0, active: 0, supervisors: 0, workers: 0 };

/** The spec of one child, or `notFound`. */
export function getChildspec(supervisor: Process, id: string): ChildSpecResult {
  const spec = isParent(supervisor) && isAlive(supervisor) ? supervisor.childSpec(id) : undefined;
  return spec === undefined ? { ok: false, code: 'notFound' } : { ok: true, spec };
}

/**
 * Start a child more, as the last one. What the result may be, besides the child that was started:
 *
 * - `failedToStartChild` with a `reason`: it is no child then
 * - `alreadyStarted`, with the `child` that has this name; `alreadyPresent` when that one has ended
 * - `startChildDisabled`: the process is no supervisor; `simpleOneForOne`: it is a dynamic one
 * - `noproc`: the supervisor has ended
 *
 * Rejects with `TypeError` or `RangeError` for what is no child spec. As in Erlang, a child that waits in its `start`
 * for its own supervisor's answer waits for ever.
 */
export async function startChild(supervisor: Process, spec: ChildSpec): Promise<StartChildResult> {
  assertChildSpec(spec);
  if (!isParent(supervisor)) return { ok: false, code: 'startChildDisabled' };
  return ask<StartChildResult>(supervisor, (reply) => supervisor.request({ type: 'startChild', spec, reply }));
}

/**
 * End a child. It is not restarted, but `restartChild` can start it again; a temporary one is forgotten. Answers when
 * it has ended: `notFound`, or `noproc` when the supervisor has ended.
 *
 * @param child its name; under a dynamic supervisor, where children have none, the child itself, or else the answer is
 * `simpleOneForOne`
 */
export async function terminateChild(supervisor: Process, child: string | Process): Promise<TerminateChildResult> {
  if (!isParent(supervisor)) return { ok: false, code: 'notFound' };
  return ask<TerminateChildResult>(supervisor, (reply) => supervisor.request({ type: 'terminateChild', child, reply }));
}

/**
 * Start a child again that has ended and was not restarted. What the result may be, besides the child:
 * `failedToStartChild` with a `reason`; `running`; `restarting`, when its supervisor is about to start it again;
 * `notFound`; `simpleOneForOne`; `noproc`.
 */
export async function restartChild(supervisor: Process, id: string): Promise<RestartChildResult> {
  if (!isParent(supervisor)) return { ok: false, code: 'notFound' };
  return ask<RestartChildResult>(supervisor, (reply) => supervisor.request({ type: 'restartChild', id, reply }));
}

/** Forget a child that has ended. Else it is `running` or `restarting`; `notFound`; `simpleOneForOne`; `noproc`. */
export async function deleteChild(supervisor: Process, id: string): Promise<DeleteChildResult> {
  if (!isParent(supervisor)) return { ok: false, code: 'notFound' };
  return ask<DeleteChildResult>(supervisor, (reply) => supervisor.request({ type: 'deleteChild', id, reply }));
}

/** Who waits for an answer of a supervisor, which one monitor for all of them watches. */
const waiting = new WeakMap<ParentProcess, Set<() => void>>();

function askersOf(supervisor: ParentProcess): Set<() => void> {
  const known = waiting.get(supervisor);
  if (known !== undefined) return known;
  const askers = new Set<() => void>();
  waiting.set(supervisor, askers);
  monitor(supervisor, () => {
    waiting.delete(supervisor);
    for (const tellGone of askers) tellGone();
  });
  return askers;
}

/** A supervisor that ends, or has ended, gives no answer. */
function ask<Result>(
  supervisor: ParentProcess,
  request: (reply: (result: Result) => void) => void,
): Promise<Result | { readonly ok: false; readonly code: 'noproc' }> {
  return new Promise((resolve) => {
    const askers = askersOf(supervisor);
    const gone = (): void => resolve({ ok: false, code: 'noproc' });
    askers.add(gone);
    request((result) => {
      askers.delete(gone);
      resolve(result);
    });
  });
}
