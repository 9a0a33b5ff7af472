import type { ExitSignal, InfoEvent } from '@genws/actor';
import type { CloseFrame, Encodable, Inflated, Violation } from '@genws/protocol';
import type { OutboundFrame } from './command.ts';
import type { SessionTuning, SlowConsumerPolicy } from './options.ts';
import type { CallbackName, SessionExit } from './reason.ts';
import type { SystemEvent } from './system-request.ts';
import type { TransportEvent } from './transport.ts';

/**
 * What became of frames given to `send`: on their way (`sent`), waiting for the session to finish what it is doing
 * (`queued`), refused because the peer does not read (`congested`), dropped for the same reason (`dropped`), or refused
 * because the session is closing or over (`closed`). Of several frames the first that did not leave counts.
 */
export type SendOutcome = 'sent' | 'queued' | 'congested' | 'dropped' | 'closed';

/** What the sender of frames is told. */
export interface SendReceipt {
  outcome: SendOutcome;
  /** Called when the session can take more, or is over. */
  readonly settled?: (outcome: SendOutcome) => void;
}

/** Messages that others put into a session's mailbox. */
export type SessionMessage<Info = unknown> =
  | TransportEvent
  | InfoEvent<Info>
  /** The transport is the session's: reading may begin. */
  | { readonly type: 'activate' }
  | {
      readonly type: 'send';
      readonly frames: readonly OutboundFrame[];
      readonly receipt: SendReceipt;
      /** Instead of the session's own. */
      readonly slowConsumer?: SlowConsumerPolicy | undefined;
    }
  /** Begin the closing handshake. `exit` is the reason to end with, `normal` by default. */
  | { readonly type: 'close'; readonly frame: CloseFrame; readonly exit?: SessionExit }
  | SystemEvent
  /** A process linked to the session has ended, or somebody wants this one to. */
  | { readonly type: 'exit'; readonly signal: ExitSignal }
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
  /** A reply has changed the session itself. */
  | HandlerCommanded
  | { readonly type: 'handler.stopped'; readonly reason: unknown }
  | { readonly type: 'handler.closed'; readonly frame: CloseFrame }
  | { readonly type: 'handler.crashed'; readonly callback: CallbackName; readonly error: unknown }
  /** What is called beside the handler has thrown; a callback may be pending all the same. */
  | { readonly type: 'hook.crashed'; readonly callback: 'flowInfo' | 'exitInfo' | 'reqFilter'; readonly error: unknown }
  /** The handler has been given as many messages of actors as it gets in one turn of the event loop. */
  | { readonly type: 'handler.yielded' }
  /** What comes for the handler waits from here on, or does not any more. */
  | { readonly type: 'system.suspended' }
  | { readonly type: 'system.resumed' }
  /** `terminate` has run. */
  | { readonly type: 'handler.terminated' }
  | { readonly type: 'peer.closed'; readonly frame: CloseFrame }
  | { readonly type: 'peer.violated'; readonly violation: Violation }
  /** The peer does not read, and more waits to be written than `maxBuffered` allows. */
  | { readonly type: 'peer.stalled' }
  | { readonly type: 'mailbox.overflowed' }
  /** A large message is being inflated: until it is there, nothing else is dispatched. */
  | { readonly type: 'message.inflating' }
  | { readonly type: 'message.inflated'; readonly result: Inflated | undefined }
  /** A large message has been deflated; what was sent after it may follow. */
  | { readonly type: 'message.deflated'; readonly frame: Encodable | undefined }
  /** More waits to be written than `highWater`. */
  | { readonly type: 'peer.congested' }
  /** What waited is down to `lowWater`. */
  | { readonly type: 'peer.relieved' }
  /** The peer has sent too much: it is not read for so many ms. */
  | { readonly type: 'peer.throttled'; readonly ms: number }
  | { readonly type: 'timeout.init' }
  | { readonly type: 'timeout.idle' }
  | { readonly type: 'timeout.heartbeat' }
  /** `timeout.idle` and `timeout.heartbeat` again, after all that there was to read has been read. */
  | { readonly type: 'timeout.silent' }
  | { readonly type: 'timeout.unanswered' }
  | { readonly type: 'timeout.throttle' }
  /** The event loop has come round after `handler.yielded`. */
  | { readonly type: 'timeout.turn' }
  | { readonly type: 'timeout.close' }
  /** xstate's own: `actor.stop()` was called, and no event follows. */
  | { readonly type: 'xstate.stop' };

/** Every event of a session. */
export type SessionEvent<Info = unknown> = SessionMessage<Info> | SessionDecision;

/** What a reply has changed, for the statechart to remember. */
export interface HandlerCommanded {
  readonly type: 'handler.commanded';
  readonly active: boolean | undefined;
  readonly shutdownReason: { readonly reason: unknown } | undefined;
  readonly options: readonly SessionTuning[];
  readonly hibernate: boolean;
  /** What the same reply leads to. */
  readonly next: Decision;
}

/** What the data lane leaves for the statechart to decide; `undefined` when an event has been dealt with. */
export type Decision =
  | Exclude<
      SessionEvent,
      {
        type:
          | 'info'
          | 'send'
          | 'exit'
          | 'system'
          | 'transport.data'
          | 'transport.drained'
          | 'handler.resolved'
          | 'handler.rejected'
          | 'message.inflated'
          | 'message.deflated';
      }
    >
  | undefined;
