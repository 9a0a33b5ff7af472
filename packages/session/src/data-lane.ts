import type { CloseFrame, Role } from '@genws/protocol';
import type { Decision, SessionEvent } from './event.ts';
import type { Flow } from './handler.ts';
import type { SessionTimeouts, SessionTuning } from './options.ts';
import type { SessionExit } from './reason.ts';
import type { KeptRequest } from './request.ts';
import type { SessionState } from './session-ref.ts';
import type { SessionLoad, SessionStatistics } from './statistics.ts';
import type { PeerAddress, Transport } from './transport.ts';

/** The half of a session that works on bytes and messages; the statechart tells it what to do when the state changes. */
export interface DataLane {
  /** Deal with an event, or leave it to the statechart. */
  handle(event: SessionEvent, state: SessionState, context: SessionContext): Decision;
  /** The handler is idle in an open session: dispatch what has waited for it. */
  resume(context: SessionContext): Decision;
  /** Whether the peer has begun to fall behind, or has caught up. */
  flow(context: SessionContext): Decision;
  /** Read the peer of an open session, or do not, as the queues ask. */
  regulate(context: SessionContext): void;

  readonly role: Role;
  readonly tuning: Readonly<SessionTimeouts>;
  /** Bytes sent that have not reached the network. */
  readonly buffered: number;
  /** Messages dropped because the peer does not read. */
  readonly dropped: number;
  readonly peer: PeerAddress | undefined;
  /** What it runs over, and what runs the handler. */
  readonly transport: Pick<Transport, 'kind'>;
  readonly behaviour: { readonly name: string | undefined };
  readonly request: KeptRequest;
  readonly statistics: SessionStatistics;
  /** What waits and what is held in memory. */
  readonly load: SessionLoad;
  signal(state: SessionState): AbortSignal;
  /** Ms until the peer has been silent for `idleTimeout`; 0 or less when it has. */
  silenceLeft(context: SessionContext): number;
  /** Whether the peer has sent nothing since the last ping. */
  unanswered(context: SessionContext): boolean;
  /** Send a ping. */
  beat(): void;
  /** Call `init`. */
  runInit(): void;
  /** Replay what came with the handshake, then read the transport. */
  startReading(): void;
  /** Change limits and timeouts, in this order. */
  tune(options: readonly SessionTuning[]): void;
  /** Give back memory that can be rebuilt. */
  hibernate(): void;
  /** The peer has fallen behind, or has caught up: tell the handler, and those who wait to send. */
  tellFlow(type: Flow['type']): void;
  /** Let go of the messages that wait to be sent. */
  discardOutput(): void;
  sendClose(frame: CloseFrame): void;
  /** Drop what waits for the handler, abort the session's signal, read on for the peer's close frame. */
  beginClosing(): void;
  /** Report what ended the session, if anybody should know. */
  report(event: SessionEvent): void;
  closeTransport(): void;
  abortTransport(): void;
  /** Call `terminate` if `init` has returned a state; `handler.terminated` follows. */
  runTerminate(exit: SessionExit): void;
}

/** The statechart's extended state. */
export interface SessionContext {
  readonly lane: DataLane;
  /** Whether a callback's promise is pending, or a message being inflated. */
  readonly busy: boolean;
  /** Whether the handler wants what the peer sends. */
  readonly active: boolean;
  /** Whether the peer is not read because it has sent too much. */
  readonly throttled: boolean;
  /** Whether the peer does not keep up with what it is sent. */
  readonly congested: boolean;
  /** Whether what comes for the handler waits until the session is resumed. */
  readonly suspended: boolean;
  /** Whether messages of actors wait until the event loop has come round. */
  readonly yielding: boolean;
  /** What monitors are told instead of the reason of an orderly end. */
  readonly shutdownReason: { readonly reason: unknown } | undefined;
  /** Why the session ends, once it does. */
  readonly exit: SessionExit | undefined;
}
