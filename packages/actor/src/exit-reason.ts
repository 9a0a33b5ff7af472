import { inspect } from 'node:util';
import type { Snapshot } from 'xstate';

/** Why an actor ended, in terms that every actor shares. A package above adds its own kinds, told apart by `type`. */
export type ExitReason =
  /** It had nothing left to do. */
  | { readonly type: 'normal' }
  /** Its owner or supervisor asked it to end. */
  | { readonly type: 'shutdown'; readonly reason: unknown }
  /** It was stopped without being asked. */
  | { readonly type: 'killed' }
  /** Its own code threw or rejected. */
  | { readonly type: 'crash'; readonly error: unknown }
  /** It was not there (any more) when somebody began to watch it. */
  | { readonly type: 'noproc' };

/** A reason of any package: something with a `type`. */
export interface AnyExitReason {
  readonly type: string;
}

/** The reason of an actor that had nothing left to do. */
export const normal: ExitReason = { type: 'normal' };

/** The reason of an actor that was not asked. */
export const killed: ExitReason = { type: 'killed' };

/** The reason of an actor that nobody could find. */
export const noproc: ExitReason = { type: 'noproc' };

/** The reason of an actor whose code threw. */
export const crash = (error: unknown): ExitReason => ({ type: 'crash', error });

/** What to stop somebody with who has to end for this reason: the reason itself, or what a shutdown was for. */
export const shutdownReasonOf = (reason: AnyExitReason): unknown =>
  reason.type === 'shutdown' && 'reason' in reason ? reason.reason : reason;

/** What those are told who have to end because somebody else does, for this reason. */
export const shutdownFor = (reason: AnyExitReason): ExitReason => ({
  type: 'shutdown',
  reason: shutdownReasonOf(reason),
});

/** Whether an actor ended as it should. */
export const isOrderly = ({ type }: AnyExitReason): boolean => type === 'normal' || type === 'shutdown';

/** What was thrown, where a reason says so. */
export const errorIn = (reason: AnyExitReason): unknown => ('error' in reason ? reason.error : undefined);

/** A reason for people, in a few words. */
export function describeReason(reason: AnyExitReason): string {
  const error = errorIn(reason);
  if (error === undefined) return reason.type;
  return error instanceof Error ? error.message : inspect(error);
}

/** The reason in the last snapshot of an actor that has ended: its output if that is a reason. */
export function exitReasonOf(snapshot: Snapshot<unknown>): AnyExitReason {
  switch (snapshot.status) {
    case 'error':
      return crash(snapshot.error);
    case 'stopped':
    case 'active': // some kinds of logic do not notice that they are stopped
      return killed;
    default:
      return isExitReason(snapshot.output) ? snapshot.output : normal;
  }
}

function isExitReason(value: unknown): value is AnyExitReason {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}
