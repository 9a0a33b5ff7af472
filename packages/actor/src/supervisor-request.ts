import { type Child, type ChildState, childOf } from './child-list.ts';
import type { ChildSpec, ChildType } from './child-spec.ts';
import type { AnyExitReason } from './exit-reason.ts';
import type { Process } from './exit-signal.ts';

/** A child as `whichChildren` tells of it. */
export interface ChildInfo {
  /** Its name; `undefined` under a dynamic supervisor, where children have none. */
  readonly id: string | undefined;
  readonly state: ChildState;
  readonly type: ChildType;
  /** As long as it lives. */
  readonly process: Process | undefined;
}

/** What `countChildren` counts. */
export interface ChildCounts {
  /** Children, alive or not. */
  readonly specs: number;
  /** Those alive. */
  readonly active: number;
  readonly supervisors: number;
  readonly workers: number;
}

/** Why nobody can do what was asked for. */
type Unanswered =
  /** There is no such process any more. */
  | { readonly ok: false; readonly code: 'noproc' }
  /** A dynamic supervisor has no specs. */
  | { readonly ok: false; readonly code: 'simpleOneForOne' };

type NotFound = { readonly ok: false; readonly code: 'notFound' };
type Started = { readonly ok: true; readonly child: Process };
type StartFailed = { readonly ok: false; readonly code: 'failedToStartChild'; readonly reason: AnyExitReason };
type InUse = { readonly ok: false; readonly code: 'running' | 'restarting' };

/** What became of `startChild`. */
export type StartChildResult =
  | Started
  | StartFailed
  /** A child of this name lives. */
  | { readonly ok: false; readonly code: 'alreadyStarted'; readonly child: Process }
  /** A child of this name does not live, but can be restarted. */
  | { readonly ok: false; readonly code: 'alreadyPresent' }
  /** It is no supervisor. */
  | { readonly ok: false; readonly code: 'startChildDisabled' }
  | Unanswered;

/** What became of `restartChild`. */
export type RestartChildResult = Started | StartFailed | InUse | NotFound | Unanswered;

/** What became of `terminateChild`. */
export type TerminateChildResult = { readonly ok: true } | NotFound | Unanswered;

/** What became of `deleteChild`. */
export type DeleteChildResult = { readonly ok: true } | InUse | NotFound | Unanswered;

/** What `getChildspec` finds. */
export type ChildSpecResult = { readonly ok: true; readonly spec: ChildSpec } | NotFound;

/** What a supervisor is asked to do. */
export type SupervisorRequest =
  | { readonly type: 'startChild'; readonly spec: ChildSpec; readonly reply: (result: StartChildResult) => void }
  | { readonly type: 'restartChild'; readonly id: string; readonly reply: (result: RestartChildResult) => void }
  | {
      readonly type: 'terminateChild';
      readonly child: string | Process;
      readonly reply: (result: TerminateChildResult) => void;
    }
  | { readonly type: 'deleteChild'; readonly id: string; readonly reply: (result: DeleteChildResult) => void };

/** A process that has children: a supervisor of either kind. */
export interface ParentProcess extends Process {
  /** Whether a process is one of its children. */
  isParentOf(process: Process): boolean;
  /** For `whichChildren`. */
  whichChildren(): readonly ChildInfo[];
  /** For `countChildren`. */
  countChildren(): ChildCounts;
  /** For `getChildspec`. */
  childSpec(id: string): ChildSpec | undefined;
  /** For the verbs that change something. */
  request(request: SupervisorRequest): void;
}

/** Whether a process has children. */
export const isParent = (process: Process): process is ParentProcess => 'whichChildren' in process;

/** Whom a request is about, by name. */
export function subjectOf(request: SupervisorRequest): string | undefined {
  switch (request.type) {
    case 'startChild':
      return request.spec.id;
    case 'terminateChild':
      return typeof request.child === 'string' ? request.child : undefined;
    default:
      return request.id;
  }
}

/** Answers a request that is in vain; `undefined` for one that is not. */
export function refusalOf(request: SupervisorRequest, children: readonly Child[]): (() => void) | undefined {
  const child = childOf(children, subjectOf(request));
  if (request.type === 'startChild') {
    if (child === undefined) return undefined;
    const { process } = child;
    if (process === undefined) return () => request.reply({ ok: false, code: 'alreadyPresent' });
    return () => request.reply({ ok: false, code: 'alreadyStarted', child: process });
  }
  if (child === undefined) return () => request.reply({ ok: false, code: 'notFound' });
  if (request.type === 'terminateChild') return undefined;
  if (child.process !== undefined) return () => request.reply({ ok: false, code: 'running' });
  if (child.state === 'restarting') return () => request.reply({ ok: false, code: 'restarting' });
  return undefined;
}

/** Answers a request that has been met. */
export function grant(request: SupervisorRequest | undefined, children: readonly Child[]): void {
  if (request?.type === 'terminateChild' || request?.type === 'deleteChild') request.reply({ ok: true });
  else if (request !== undefined) {
    const process = childOf(children, subjectOf(request))?.process;
    if (process !== undefined) request.reply({ ok: true, child: process });
  }
}

/** Answers a request for a start that has failed. */
export function disappoint(request: SupervisorRequest | undefined, reason: AnyExitReason): void {
  if (request?.type === 'startChild' || request?.type === 'restartChild')
    request.reply({ ok: false, code: 'failedToStartChild', reason });
}
