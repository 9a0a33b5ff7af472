import { assertTuning, type SessionSettings } from '@genws/session';
import { compressionOptions } from '../accept.ts';
import type { ConnectOptions } from '../connecting/connect.ts';
import type { BackoffOptions } from './backoff.ts';
import { queue, type WhileDown } from './offline-queue.ts';
import type { ClientFailure, RetryPolicy } from './retry-policy.ts';

/** Options for one attempt to connect, in place of those that the client was given. */
export interface PreparedAttempt
  extends Partial<Omit<ConnectOptions<never, never, never>, 'handler' | 'signal' | 'attempt' | keyof SessionSettings>> {
  readonly url?: string | URL | undefined;
}

/**
 * Called before each attempt to connect, for what has to be new each time: a token, another server, a transport. What
 * it returns stands in place of the client's own options; headers, too, are replaced as a whole. When it throws or
 * rejects, or takes longer than `timeout`, the attempt has failed, and `retry` decides.
 *
 * @param attempt from 1 on, as `request.attempt`
 * @param lastFailure why the client is not connected; `undefined` the first time
 * @param signal aborted when the attempt is given up
 */
export type PrepareAttempt = (
  attempt: number,
  lastFailure: ClientFailure | undefined,
  signal: AbortSignal,
) => PreparedAttempt | undefined | PromiseLike<PreparedAttempt | undefined>;

/** What a client connects to, who handles its sessions, and how it comes back. */
export interface ClientOptions<State, Info, Opts>
  extends Omit<ConnectOptions<State, Info, Opts>, 'signal' | 'transport' | 'attempt'> {
  /** Its name in reports and in the inspector. */
  readonly id?: string | undefined;
  /** How long to wait before connecting again. Default: {@link defaultBackoff}. */
  readonly backoff?: BackoffOptions | undefined;
  /** Attempts in a row, without a connection that lasted `backoff.stableAfter`, before it gives up. Default `Infinity`. */
  readonly attempts?: number | undefined;
  /** What becomes of what is sent while it is not connected. Default `reject`. */
  readonly whileDown?: WhileDown | undefined;
  /** Whether to connect again, and when. Default: after all that this side did not want and that may get better. */
  readonly retry?: RetryPolicy | undefined;
  readonly prepare?: PrepareAttempt | undefined;
  /** For tests: a number from 0 up to 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** Throws `TypeError` or `RangeError` for options that cannot be, rather than have every attempt fail with them. */
export function assertClientOptions(
  options: Pick<ClientOptions<never, never, never>, 'attempts' | 'whileDown' | 'compress' | keyof SessionSettings>,
): void {
  const { attempts = 1, whileDown = 'reject', compress } = options;
  assertTuning(options);
  compressionOptions(compress);
  if (!(attempts >= 1)) throw new RangeError(`attempts must be a number from 1 on, not ${attempts}`);
  if (typeof whileDown === 'object' && whileDown?.type === 'queue') queue(whileDown);
  else if (whileDown !== 'reject') throw new TypeError("whileDown is 'reject', or made by queue()");
}
