import type { ExitSignal } from '@genws/actor';
import type { Snapshot, Subscription } from 'xstate';
import type { SessionEvent, SessionMessage } from './event.ts';
import type { SlowConsumerPolicy } from './options.ts';
import type { SessionExit } from './reason.ts';
import type { KeptRequest } from './request.ts';
import type { SessionLoad, SessionStatistics } from './statistics.ts';
import type { PeerAddress } from './transport.ts';

/** The states of a session's statechart. */
export type SessionState = 'ready_wait' | 'open' | 'closing' | 'closed';

/**
 * A session as others hold it: an xstate actor to `tell`, `send` to, `close`, `monitor`, `join` to a group.
 *
 * @typeParam Info the messages that its handler takes
 */
export interface SessionRef<Info = unknown> {
  /** Unique in this process; names the session in reports and in the inspector. */
  readonly id: string;
  /** Where its statechart is. */
  readonly state: SessionState;
  /** Bytes sent that have not reached the network. */
  readonly buffered: number;
  /** Messages dropped because the peer did not read them in time: see {@link SlowConsumerPolicy}. */
  readonly dropped: number;
  /** What was kept of the handshake's request: by default everything but the headers. */
  readonly request: KeptRequest;
  /** Where the peer is, if the transport knows. */
  readonly peer: PeerAddress | undefined;
  /** What it runs over, as its transport says: `tcp`, `tls`, `h2`. */
  readonly transport: string | undefined;
  /** What its handler is called, if it has a name. */
  readonly handler: string | undefined;
  /** What has passed through it. */
  readonly statistics: SessionStatistics;
  /** What it keeps waiting. */
  readonly load: SessionLoad;
  /** Aborted when the session begins to close: for whatever a handler has under way. */
  readonly signal: AbortSignal;
  /** Put an event into the session's mailbox. */
  send(event: SessionMessage<Info>): void;
  /** Take an exit signal, for `exit` and `link`. */
  exit(signal: ExitSignal): void;
  /** End at once, with reason `killed`: xstate's own. The verb `stop` lets the session say goodbye. */
  stop(): unknown;
  getSnapshot(): Snapshot<SessionExit>;
  subscribe(observer: { complete: () => void; error: (error: unknown) => void }): Subscription;
  /** Resolves with the reason when the session has ended and `terminate` has run. */
  exited(): Promise<SessionExit>;
}

/** A session as its own parts hold it: they may also put its inner events into its mailbox. */
export interface SessionSelf<Info> extends SessionRef<Info> {
  send(event: SessionEvent<Info>): void;
}
