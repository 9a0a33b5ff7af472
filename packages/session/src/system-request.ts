import type { From } from '@genws/actor';

/** What became of a {@link SystemRequest}: what user code has thrown is the asker's to deal with. */
export type SystemReply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: unknown };

/** What is asked of a session beside its handler, like Erlang's system messages. Dealt with as soon as no callback runs. */
export type SystemRequest =
  | { readonly type: 'getState' }
  | { readonly type: 'replaceState'; readonly change: (state: unknown) => unknown }
  | { readonly type: 'suspend' }
  | { readonly type: 'resume' }
  /** Without a listener nobody listens any more. */
  | { readonly type: 'trace'; readonly listener: TraceListener | undefined; readonly on: boolean }
  | { readonly type: 'changeCode' /** A handler; the verb knows its type. */; readonly handler: object };

/** A system request in the mailbox of a session. */
export interface SystemEvent {
  readonly type: 'system';
  readonly request: SystemRequest;
  readonly from: From<SystemReply>;
}

/** One call of a handler's callback, told when it is over. */
export interface TraceEvent {
  readonly callback: 'handleIn' | 'handleInfo' | 'terminate';
  /** The frame, the message, or why the session ends. */
  readonly input: unknown;
  /** What it returned, promises waited for; what it threw. */
  readonly outcome: { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };
  /** How long it took, ms. */
  readonly duration: number;
}

/** Hears of each call. Must not throw: if it does, that is reported, and the session goes on. */
export type TraceListener = (event: TraceEvent) => void;
