import { isAlive } from './alive.ts';
import type { ChildSpec } from './child-spec.ts';
import { type AnyExitReason, crash, exitReasonOf, killed } from './exit-reason.ts';
import { exit, type Process } from './exit-signal.ts';
import { demonitor, monitor } from './monitor.ts';

/** What a supervisor hears of its children. */
export type ChildNews =
  | { readonly type: 'child.started'; readonly process: Process }
  /** It could not be started. */
  | { readonly type: 'child.failed'; readonly reason: AnyExitReason }
  | { readonly type: 'child.down'; readonly process: Process; readonly reason: AnyExitReason };

/** A supervisor, as it takes such news. */
export interface Keeper extends Process {
  send(news: ChildNews): void;
}

/**
 * Start a child, once everybody who watched its predecessor has heard of that one's end. The news is `child.started` or
 * `child.failed`.
 */
export function startProcess({ start }: ChildSpec, keeper: Keeper): void {
  const failed = (error: unknown): void => keeper.send({ type: 'child.failed', reason: crash(error) });
  queueMicrotask(() => {
    if (!isAlive(keeper)) return;
    try {
      const started = start();
      if ('then' in started) started.then((process) => adopt(process, keeper)).then(undefined, failed);
      else adopt(started, keeper);
    } catch (error) {
      failed(error);
    }
  });
}

function adopt(process: Process, keeper: Keeper): void {
  startActor(process);
  const end = isAlive(process) ? undefined : process.getSnapshot();
  if (end?.status === 'error') keeper.send({ type: 'child.failed', reason: exitReasonOf(end) });
  else if (!isAlive(keeper)) exit(process, killed, keeper);
  else watch(process, keeper);
}

/** The supervisor hears of the process, and of its end. */
function watch(process: Process, keeper: Keeper): void {
  const alive = isAlive(process);
  if (alive) monitor(process, ({ reason }) => keeper.send({ type: 'child.down', process, reason }));
  keeper.send({ type: 'child.started', process });
  if (!alive) reportDead(process, keeper);
}

const reportDead = (process: Process, keeper: Keeper): void =>
  keeper.send({ type: 'child.down', process, reason: exitReasonOf(process.getSnapshot()) });

/** What xstate says of an actor that was not started. */
const notStarted = 0;

/** An actor that nobody watches when it fails at its start takes the whole program with it. */
function startActor(process: Process): void {
  if (!('_processingStatus' in process) || process._processingStatus !== notStarted) return;
  if (!('start' in process) || typeof process.start !== 'function') return;
  const ref = monitor(process, () => {});
  process.start();
  demonitor(ref);
}

/** Ask a child to end. The news is `child.down`, at once when it has ended already. */
export function askToEnd(process: Process, reason: AnyExitReason, keeper: Keeper): void {
  if (isAlive(process)) exit(process, reason, keeper);
  else reportDead(process, keeper);
}

/** End a child. There is news of its end, whether it obeys or not. */
export function kill(process: Process, keeper: Keeper): void {
  try {
    exit(process, killed, keeper);
  } finally {
    if (isAlive(process)) keeper.send({ type: 'child.down', process, reason: killed });
  }
}
