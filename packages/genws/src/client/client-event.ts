import type { Session, SessionExit, SessionMessage } from '@genws/session';
import type { PreparedAttempt } from './client-options.ts';
import type { ClientFailure } from './retry-policy.ts';

/** What a client is asked to do. */
export type ClientCommand = Extract<SessionMessage, { type: 'close' | 'stop' }>;

/** What a client's statechart hears of. */
export type ClientEvent =
  | ClientCommand
  | { readonly type: 'attempt.prepared'; readonly prepared: PreparedAttempt }
  | { readonly type: 'attempt.failed'; readonly failure: ClientFailure }
  /** Connected; the handler's `init` may be pending. */
  | { readonly type: 'session.started'; readonly session: Session }
  /** `init` has settled. */
  | { readonly type: 'session.opened' }
  | {
      readonly type: 'session.down';
      /** What the session's own monitors are told. */
      readonly exit: SessionExit;
      /** What has ended it in the first place. */
      readonly cause: SessionExit;
    };

/** A client, as it is told news. */
export interface ClientSelf {
  send(event: ClientEvent): void;
}
