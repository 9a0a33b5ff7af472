import type { Child } from './child-list.ts';
import type { Keeper } from './child-process.ts';
import { type AnyExitReason, describeReason, errorIn, isOrderly, normal } from './exit-reason.ts';
import { deliver, type Report } from './report.ts';
import type { SupervisorContext, SupervisorEvent } from './supervisor-context.ts';

type Particulars = Pick<Report, 'level' | 'event' | 'text'> & { readonly reason?: AnyExitReason };

const line = (supervisor: string, child: Child, { reason, ...particulars }: Particulars): Report => ({
  ...particulars,
  ...(reason === undefined ? {} : { error: errorIn(reason) }),
  fields: { supervisor, child: child.id, reason: reason?.type, restarts: child.restarts },
});

type ChildReport<Made = Report> = (supervisor: string, child: Child, reason: AnyExitReason) => Made;

/** What an action of a supervisor's is given. */
export interface Scope {
  readonly context: SupervisorContext;
  readonly event: SupervisorEvent;
  readonly self: Keeper & { readonly id: string };
}

const reasonIn = (event: SupervisorEvent): AnyExitReason => ('reason' in event ? event.reason : normal);

/** Report what has happened to a child. @param reason that of the event, unless another is given */
export function report(
  { context, event, self }: Scope,
  about: ChildReport<Report | undefined>,
  child: Child | undefined,
  reason = reasonIn(event),
): void {
  const made = child && about(self.id, child, reason);
  if (made !== undefined) deliver(context.input.logger, made);
}

/** A child has ended, unless it ended as it should, or as it was made to. */
export const childCrashed: ChildReport<Report | undefined> = (supervisor, child, reason) => {
  if (isOrderly(reason) || (reason.type === 'killed' && child.state === 'stopping')) return undefined;
  return line(supervisor, child, {
    level: reason.type === 'crash' ? 'error' : 'warn',
    event: 'supervisor.childCrashed',
    text: `${child.id} ended: ${describeReason(reason)}`,
    reason,
  });
};

/** A child could not be started. */
export const startFailed: ChildReport = (supervisor, child, reason) =>
  line(supervisor, child, {
    level: 'error',
    event: 'supervisor.startFailed',
    text: `${child.id} could not be started: ${describeReason(reason)}`,
    reason,
  });

/** A child threw when it was asked to end. */
export const exitFailed: ChildReport = (supervisor, child, reason) =>
  line(supervisor, child, {
    level: 'error',
    event: 'supervisor.exitFailed',
    text: `${child.id} threw when it was asked to end: ${describeReason(reason)}`,
    reason,
  });

/** A child has been started again. */
export const restarted: ChildReport = (supervisor, child) =>
  line(supervisor, child, { level: 'info', event: 'supervisor.restarted', text: `${child.id} was restarted` });

/** A child was asked to end, and did not. */
export const childKilled: ChildReport = (supervisor, child) =>
  line(supervisor, child, {
    level: 'warn',
    event: 'supervisor.childKilled',
    text: `${child.id} did not end in time and was killed`,
  });

/** Children were restarted more often than is borne. */
export const escalated: ChildReport = (supervisor, child) =>
  line(supervisor, child, {
    level: 'error',
    event: 'supervisor.escalated',
    text: `${child.id} was restarted too often: the supervisor gives up`,
  });
