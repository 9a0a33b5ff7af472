import { isAlive } from './alive.ts';
import type { AnyExitReason, ExitReason } from './exit-reason.ts';
import type { Monitorable } from './monitor.ts';

/** The demand that a process end, or the news that one linked to it has. */
export interface ExitSignal {
  readonly type: 'exit';
  /** Who sent it, if that was a process. */
  readonly from: Process | undefined;
  readonly reason: AnyExitReason;
  /** Whether it comes of a link: then `killed` is news of the other, and no order. */
  readonly linked?: boolean;
}

/** An actor as supervisors and links hold it: every xstate actor is one. */
export interface Process extends Monitorable {
  /** How it takes exit signals, `killed` included, which it must obey at once. Without it, a signal stops the actor. */
  exit?(signal: ExitSignal): void;
  /** End at once. */
  stop(): unknown;
}

/**
 * Send a process an exit signal: Erlang's `exit/2`. What comes of it is the process's own affair, where it has a method
 * `exit`; one without is stopped, except that it takes no notice when another ends with reason `normal`. `killed` ends
 * every process at once, as does an `exit` that throws, which is thrown on. Nothing happens to one that has ended.
 *
 * @param from the process on whose behalf the signal is sent
 */
export function exit(target: Process, reason: ExitReason | AnyExitReason, from?: Process): void {
  if (!isAlive(target)) return;
  if (target.exit !== undefined) deliver(target, { type: 'exit', from, reason });
  else if (reason.type !== 'normal' || from === target) halt(target);
  if (reason.type === 'killed' && isAlive(target)) halt(target);
}

/** One of two linked processes has ended, and the other hears of it: a signal, but one that may be trapped whatever it says. */
export function passOn(target: Process, reason: AnyExitReason, from: Process): void {
  if (!isAlive(target)) return;
  if (target.exit !== undefined) deliver(target, { type: 'exit', from, reason, linked: true });
  else if (reason.type !== 'normal') halt(target);
}

function deliver(target: Process, signal: ExitSignal): void {
  try {
    target.exit?.(signal);
  } catch (error) {
    halt(target);
    throw error;
  }
}

/** Stop an actor. xstate lets only the parent stop one that has a parent: what the parent would call is called here. */
function halt(target: Process): void {
  if ('_parent' in target && target._parent !== undefined && '_stop' in target && typeof target._stop === 'function')
    target._stop();
  else target.stop();
}
