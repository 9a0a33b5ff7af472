import { setTimeout as delay } from 'node:timers/promises';
import type { DynamicSupervisor } from '@genws/actor';
import type { Session } from '@genws/session';

/** How to end many sessions without all their peers coming back at once. */
export interface DrainOptions {
  /** The close code. Default 1012, service restart. */
  readonly code?: number | undefined;
  /** The close reason, at most 123 bytes. */
  readonly reason?: string | undefined;
  /** Sessions told at a time. Default 100. */
  readonly batch?: number | undefined;
  /** Pause between batches, ms. Default 100. */
  readonly interval?: number | undefined;
  /** Up to so much is added to each pause at random, ms. Default 100. */
  readonly jitter?: number | undefined;
  /** When whatever is left loses its connection, ms after the last batch. Default 5000. */
  readonly deadline?: number | undefined;
}

/** Node's longest timer, 24.8 days, stands for `Infinity`. */
const longestDelay = 2 ** 31 - 1;

/** What terminate is told of a session that its server ended: `{ type: 'shutdown', reason }` with one of these. */
export type ShutdownReason = 'drain' | 'stop';

/**
 * Close sessions batch by batch and wait until all have ended, each having run its `terminate`; those that have not by
 * the deadline lose their connections.
 */
export async function drainSessions<Info>(
  sessions: DynamicSupervisor<Session<Info>>,
  why: ShutdownReason,
  { code = 1012, reason = '', batch = 100, interval = 100, jitter = 100, deadline = 5000 }: DrainOptions,
): Promise<void> {
  let told = 0;
  for (const session of [...sessions.children()]) {
    if (told > 0 && told % batch === 0) await delay(interval + Math.random() * jitter);
    told++;
    session.send({ type: 'close', frame: { type: 'close', code, reason }, exit: { type: 'shutdown', reason: why } });
  }
  const expiry = new AbortController();
  const expired = delay(Math.min(deadline, longestDelay), 'expired' as const, { signal: expiry.signal }).catch(
    () => 'cancelled' as const,
  );
  const outcome = await Promise.race([sessions.empty(), expired]);
  expiry.abort();
  if (outcome !== 'expired') return;
  for (const session of [...sessions.children()]) session.send({ type: 'stop', reason: why });
  await sessions.empty();
}
