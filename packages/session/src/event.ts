import type { InfoEvent } from '@genws/actor';
import type { CloseFrame, Violation } from '@genws/protocol';
import type { OutboundFrame } from './command.ts';
import type { CallbackName, SessionExit } from './reason.ts';
import type { TransportEvent } from './transport.ts';

/**
 * What became of frames given to `send`: on their way (`sent`), waiting for the session to finish what it is doing
 * (`queued`), refused because the peer does not read (`congested`), or because the session is closing or over
 * (`closed`).
 */
export type SendOutcome = 'sent' | 'queued' | 'congested' | 'closed';

/** Messages that others put into a session's mailbox. */
export type SessionMessage<Info = unknown> =
  | TransportEvent
  | InfoEvent<Info>
  /** The transport is the session's: reading may begin. */
  | { readonly type: 'activate' }
  | { readonly type: 'send'; readonly frames: readonly OutboundFrame[]; readonly receipt: { outcome: SendOutcome } }
  /** Begin the closing handshake. `exit` is the reason to end with, `normal` by default. */
  | { readonly type: 'close'; readonly frame: CloseFrame; readonly exit?: SessionExit }
  /** End now: close 1001, without waiting for the peer's answer. In a closing session: drop the connection. */
  | { readonly type: 'stop'; readonly reason: unknown };

/** What the session tells itself: decisions of the data lane for the statechart, and timers. */
export type SessionDecision =
  /** A callback has returned a promise. */
  | { readonly type: 'handler.pending' }
  | { readonly type: 'handler.resolved'; readonly callback: CallbackName; readonly result: unknown }
  | { readonly type: 'handler.rejected'; readonly callback: CallbackName; readonly error: unknown }
  /** The handler has nothing under way, and all that waited for it has been dispatched. */
  | { readonly type: 'handler.settled' }
  | { readonly type: 'handler.stopped'; readonly reason: unknown }
  | { readonly type: 'handler.closed'; readonly frame: CloseFrame }
  | { readonly type: 'handler.crashed'; readonly callback: CallbackName; readonly error: unknown }
  /** `terminate` has run. */
  | { readonly type: 'handler.terminated' }
  | { readonly type: 'peer.closed'; readonly frame: CloseFrame }
  | { readonly type: 'peer.violated'; readonly violation: Violation }
  /** The peer does not read, and more waits to be written than `maxBuffered` allows. */
  | { readonly type: 'peer.stalled' }
  | { readonly type: 'mailbox.overflowed' }
  | { readonly type: 'timeout.init' }
  | { readonly type: 'timeout.idle' }
  | { readonly type: 'timeout.close' }
  /** xstate's own: `actor.stop()` was called, and no event follows. */
  | { readonly type: 'xstate.stop' };

/** Every event of a session. */
export type SessionEvent<Info = unknown> = SessionMessage<Info> | SessionDecision;

/** What the data lane leaves for the statechart to decide; `undefined` when an event has been dealt with. */
export type Decision =
  | Exclude<
      SessionEvent,
      { type: 'info' | 'send' | 'transport.data' | 'transport.drained' | 'handler.resolved' | 'handler.rejected' }
    >
  | undefined;
