import { type Logger, longestDelay } from '@genws/actor';
import type { Session, SessionExit } from '@genws/session';
import { type Backoff, delayAfter } from './backoff.ts';
import type { ClientEvent } from './client-event.ts';
import type { ConnectorPort } from './connector.ts';
import { type ClientFailure, exitWith, type RetryPolicy, retryAfter } from './retry-policy.ts';

/** What a client is made from. */
export interface ClientInput {
  readonly connector: ConnectorPort;
  readonly backoff: Backoff;
  /** Most attempts in a row. */
  readonly attempts: number;
  readonly retry: RetryPolicy;
  /** For `prepare`, ms. */
  readonly timeout: number;
  readonly random: () => number;
  readonly logger: Logger;
  /** Ms on a clock that never goes back. */
  readonly now: () => number;
}

/** What a client knows. */
export interface ClientContext {
  readonly input: ClientInput;
  /** Attempts so far, this one included. */
  readonly attempt: number;
  /** How often it has failed since it last had a connection that lasted. */
  readonly failures: number;
  /** As long as it lives. */
  readonly session: Session | undefined;
  /** When it became open. */
  readonly openedAt: number | undefined;
  /** Why it is not connected, or was not before this connection. */
  readonly failure: ClientFailure | undefined;
  /** Ms until the next attempt; `undefined` when there will be none. */
  readonly delay: number | undefined;
  /** Why it ends, once it does. */
  readonly exit: SessionExit | undefined;
}

export const initialContext = (input: ClientInput): ClientContext => ({
  input,
  attempt: 0,
  failures: 0,
  session: undefined,
  openedAt: undefined,
  failure: undefined,
  delay: undefined,
  exit: undefined,
});

/** As a delay that Node can wait. */
export const delayOf = (ms: number): number => Math.min(Math.max(ms, 0), longestDelay);

/** An attempt has failed. */
export const withFailure = (failure: ClientFailure): Partial<ClientContext> => ({
  failure,
  exit: exitWith(failure),
});

/** `prepare` has not answered. */
export const withTimeout = ({ input: { timeout } }: ClientContext): Partial<ClientContext> =>
  withFailure({ type: 'prepareFailed', error: new Error(`prepare took longer than ${timeout} ms`) });

/** A connection has ended. */
export const withEnd = ({ cause, exit }: Extract<ClientEvent, { type: 'session.down' }>): Partial<ClientContext> => ({
  failure: cause,
  exit,
  session: undefined,
});

/** Whether to connect again, and when. */
export function judge({ input, failure, exit, openedAt, ...context }: ClientContext): Partial<ClientContext> {
  if (failure === undefined) return {};
  const { backoff, attempts, retry, random, now } = input;
  const lasted = openedAt !== undefined && now() - openedAt >= backoff.stableAfter;
  const failures = lasted ? 0 : context.failures + 1;
  const verdict = failures < attempts && retry(failure, failures);
  const judged = { failures, openedAt: undefined };
  if (verdict === false || Number.isNaN(verdict)) return { ...judged, delay: undefined, exit };
  if (verdict !== true) return { ...judged, delay: delayOf(verdict), exit: undefined };
  const delay = Math.min(retryAfter(failure), backoff.max) + delayAfter(backoff, failures, random);
  return { ...judged, delay: delayOf(delay), exit: undefined };
}

/** What a client that is not connected ends with when it is asked to. */
export const exitFor = (command: ClientEvent): SessionExit => {
  if (command.type === 'stop') return { type: 'shutdown', reason: command.reason };
  return (command.type === 'close' ? command.exit : undefined) ?? { type: 'normal' };
};
