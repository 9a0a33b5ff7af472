import { inspect } from 'node:util';
import type { SessionExit } from '@genws/session';
import { ConnectError } from '../connecting/connect-error.ts';

/** Why a client is not connected: what an attempt has failed with, or why a connection has ended. */
export type ClientFailure =
  | SessionExit
  /** No connection came about. */
  | { readonly type: 'connectFailed'; readonly error: ConnectError }
  /** `prepare` threw, rejected or took longer than `timeout`; or what it returned cannot be. */
  | { readonly type: 'prepareFailed'; readonly error: unknown };

/**
 * Decides whether a client connects again, and after how many ms where it returns a number.
 *
 * @param failure why it is not connected
 * @param failures how often it has failed in a row, this time included; 0 after a connection that lasted
 * `backoff.stableAfter`
 */
export type RetryPolicy = (failure: ClientFailure, failures: number) => boolean | number;

/**
 * The policy of a client that is not told otherwise: it comes back whatever its peer or the network did, close codes
 * 1000 and 4000–4999 included, and after a crash of its handler. What may not succeed at another time
 * (`ConnectError.retriable`) ends it, and so does what this side wanted: `close`, `stop`, a handler that stops.
 */
export function isWorthRetrying(failure: ClientFailure): boolean {
  switch (failure.type) {
    case 'connectFailed':
      return failure.error.retriable;
    case 'prepareFailed':
      return !(failure.error instanceof ConnectError) || failure.error.retriable;
    default:
      return !isOurs(failure);
  }
}

/** Whether a connection has ended because this side wanted it to. */
export const isOurs = ({ type }: ClientFailure): boolean => type === 'normal' || type === 'stop' || type === 'shutdown';

/** Ms that the server has asked for with `Retry-After` (RFC 9110 §10.2.3), 0 if it has not. */
export function retryAfter(failure: ClientFailure): number {
  if (failure.type !== 'connectFailed') return 0;
  const { headers } = failure.error.response ?? {};
  const value = headers?.joined('retry-after');
  if (value === undefined) return 0;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  // By the server's own clock, if it has told the time.
  const now = Date.parse(headers?.joined('date') ?? '');
  const ms = Date.parse(value) - (Number.isNaN(now) ? Date.now() : now);
  return Number.isNaN(ms) ? 0 : Math.max(ms, 0);
}

/** What a client that ends with a failure has ended with. */
export function exitWith(failure: ClientFailure): SessionExit {
  if (failure.type !== 'connectFailed' && failure.type !== 'prepareFailed') return failure;
  const { error } = failure;
  return { type: 'transportError', cause: error instanceof Error ? error : new Error(inspect(error)) };
}

/** One clause for people. */
export function describeFailure(failure: ClientFailure): string {
  switch (failure.type) {
    case 'connectFailed':
      return failure.error.message;
    case 'prepareFailed':
      return `prepare failed: ${failure.error instanceof Error ? failure.error.message : inspect(failure.error)}`;
    case 'remote':
      return `the peer closed with ${failure.code ?? 'no code'}`;
    case 'transportError':
      return `the connection broke: ${failure.cause.message}`;
    case 'error':
      return `the connection failed: ${failure.error}`;
    case 'timeout':
      return `the connection ended with a timeout: ${failure.timeout}`;
    default:
      return `the connection ended: ${failure.type}`;
  }
}
