import { monitor } from '@genws/actor';
import type { Session, SessionExit, WithOpts } from '@genws/session';
import { connect } from '../connecting/connect.ts';
import { ConnectError } from '../connecting/connect-error.ts';
import type { ClientSelf } from './client-event.ts';
import type { ClientOptions, PreparedAttempt } from './client-options.ts';
import { type ClientTotals, noTotals, withSession } from './client-totals.ts';
import type { Relay } from './relay.ts';
import type { ClientFailure } from './retry-policy.ts';

/** What a client's statechart has done. News of an attempt that was cancelled, or of one before, never arrives. */
export interface ConnectorPort {
  /** Find out the options of an attempt. The news is `attempt.prepared` or `attempt.failed`. */
  prepare(self: ClientSelf, attempt: number, failure: ClientFailure | undefined): void;
  /** Connect. The news is `session.started`, then `session.opened` and `session.down`; or `attempt.failed`. */
  dial(self: ClientSelf, attempt: number, prepared: PreparedAttempt): void;
  /** Give up the attempt that is under way, if one is. */
  cancel(): void;
  /** What is sent goes to the session that has been opened last. */
  open(): void;
  /** There is none. */
  shut(): void;
  /** There will be none any more. */
  end(): void;
}

/** Makes one connection after the other. */
export class Connector<State, Info, Opts> implements ConnectorPort {
  readonly #url: string | URL;
  readonly #options: ClientOptions<State, Info, Opts> & WithOpts<Opts>;
  readonly #relay: Relay<Info>;
  #attempt = new AbortController();
  readonly #ending = new AbortController();
  #session: Session<Info> | undefined;
  #past: ClientTotals = noTotals;

  constructor(url: string | URL, options: ClientOptions<State, Info, Opts> & WithOpts<Opts>, relay: Relay<Info>) {
    this.#url = url;
    this.#options = options;
    this.#relay = relay;
  }

  /** What has passed through all sessions so far. */
  get totals(): ClientTotals {
    return withSession(this.#past, this.#session);
  }

  /** The session of the moment. */
  get session(): Session<Info> | undefined {
    return this.#session;
  }

  /** Aborted when there will be no session any more. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  prepare(self: ClientSelf, attempt: number, lastFailure: ClientFailure | undefined): void {
    this.#attempt = new AbortController();
    const { signal } = this.#attempt;
    const { prepare } = this.#options;
    const ask = async (): Promise<PreparedAttempt> => {
      const prepared = signal.aborted ? undefined : await prepare?.(attempt, lastFailure, signal);
      return { ...prepared }; // here, where what is wrong with it can be caught
    };
    // Not at once: `startClient` has not returned yet, and whoever is called may need what it returns.
    Promise.resolve()
      .then(ask)
      .then(
        (prepared) => {
          if (!signal.aborted) self.send({ type: 'attempt.prepared', prepared });
        },
        (error: unknown) => {
          if (!signal.aborted) self.send({ type: 'attempt.failed', failure: { type: 'prepareFailed', error } });
        },
      );
  }

  dial(self: ClientSelf, attempt: number, { url = this.#url, ...prepared }: PreparedAttempt): void {
    const { signal } = this.#attempt;
    connect<State, Info, Opts>(url, { ...this.#options, ...prepared, attempt, signal }).then(
      (session) => {
        if (signal.aborted) session.stop();
        else this.#adopt(session, self);
      },
      (error: unknown) => {
        if (!signal.aborted) self.send({ type: 'attempt.failed', failure: failureOf(error) });
      },
    );
  }

  cancel(): void {
    this.#attempt.abort();
  }

  open(): void {
    if (this.#session !== undefined) this.#relay.open(this.#session);
  }

  shut(): void {
    this.#past = this.totals;
    this.#session = undefined;
    this.#relay.shut();
  }

  end(): void {
    this.#ending.abort();
    this.#relay.end();
  }

  #adopt(session: Session<Info>, self: ClientSelf): void {
    this.#session = session;
    self.send({ type: 'session.started', session });
    whenOpen(session, () => self.send({ type: 'session.opened' }));
    const cause = causeOf(session);
    monitor(session, () => {
      const { output: exit = killed } = session.getSnapshot();
      self.send({ type: 'session.down', exit, cause: cause() ?? exit });
    });
  }
}

const killed: SessionExit = { type: 'killed' };

function failureOf(error: unknown): ClientFailure {
  // Options were found right when the client was started: what is wrong is what was prepared.
  return error instanceof ConnectError ? { type: 'connectFailed', error } : { type: 'prepareFailed', error };
}

/** Calls back when `init` has settled, if it ever does, and the session is not at work. */
function whenOpen(session: Session<never>, callback: () => void): void {
  if (session.state === 'open') {
    callback();
    return;
  }
  const subscription = session.subscribe(() => {
    if (session.state === 'ready_wait') return;
    subscription.unsubscribe();
    queueMicrotask(() => {
      if (session.state === 'open') callback();
    });
  });
}

/**
 * What has ended a session in the first place, once it has ended. A close of ours that the peer does not answer ends with
 * another reason; and what monitors are told may be the handler's own choice.
 */
function causeOf(session: Session<never>): () => SessionExit | undefined {
  const current = (): SessionExit | undefined => session.getSnapshot().context.exit;
  let first: SessionExit | undefined;
  const { signal } = session;
  const remember = (): void =>
    queueMicrotask(() => {
      first ??= current();
    });
  signal.addEventListener('abort', remember, { once: true });
  return () => first ?? current();
}
