import type { ExitReason } from '@genws/actor';
import type { Violation } from '@genws/protocol';

/** A callback of a handler. */
export type CallbackName = 'init' | 'handleIn' | 'handleInfo' | 'terminate' | 'flowInfo' | 'exitInfo' | 'reqFilter';

/** What was wrong with a connection that ended with an error. */
export type SessionErrorKind =
  | 'badEncoding'
  | 'badFrame'
  | 'tooBig'
  | 'policy'
  | 'closed'
  | 'slowConsumer'
  | 'mailboxFull';

/** Why a session ended: what `terminate` and monitors are told. */
export type SessionExit =
  /** `close()` was called, and the closing handshake is complete. */
  | { readonly type: 'normal' }
  /** The handler stopped, with a result `stop` or a close frame. */
  | { readonly type: 'stop'; readonly reason: unknown }
  /** The peer closed; a bare close frame has no code. */
  | { readonly type: 'remote'; readonly code?: number; readonly reason?: string }
  /** Nothing came in time: from a silent peer, as answer to pings or to a close frame, from `init`. */
  | { readonly type: 'timeout'; readonly timeout: 'idle' | 'heartbeat' | 'close' | 'init' }
  /** The handler threw or rejected. */
  | { readonly type: 'crash'; readonly callback: CallbackName; readonly error: unknown }
  /** The peer broke the protocol, a limit was reached, or the stream ended without a close frame (`closed`). */
  | { readonly type: 'error'; readonly error: SessionErrorKind; readonly violation?: Violation }
  /** The connection broke. */
  | { readonly type: 'transportError'; readonly cause: Error }
  /** `stop()` was called, by a supervisor or a server that shuts down; for monitors also what `shutdownReason` named. */
  | { readonly type: 'shutdown'; readonly reason: unknown }
  /** The actor was stopped without being asked: `actor.stop()` of xstate. */
  | Extract<ExitReason, { type: 'killed' }>;
