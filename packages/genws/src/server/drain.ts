import { setTimeout as delay } from 'node:timers/promises';
import { type DynamicSupervisor, longestDelay } from '@genws/actor';
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

/** What terminate is told of a session that its server ended: `{ type: 'shutdown', reason }` with one of these. */
export type ShutdownReason = 'drain' | 'stop';

/**
 * Close sessions batch by batch and wait until all have ended, each having run its `terminate`; those that have not by
 * the deadline lose their connections. Over as soon as the last session is.
 */
export async function drainSessions<Info>(
  sessions: DynamicSupervisor<Session<Info>>,
  why: ShutdownReason,
  { code = 1012, reason = '', batch = 100, interval = 100, jitter = 100, deadline = 5000 }: DrainOptions,
): Promise<void> {
  const ended = sessions.empty();
  let room = batch;
  for (const session of [...sessions.children()]) {
    if (room <= 0) {
      if (await resolvesWithin(interval + Math.random() * jitter, ended)) return;
      room = batch;
    }
    if (session.state === 'closed') continue;
    room--;
    session.send({ type: 'close', frame: { type: 'close', code, reason }, exit: { type: 'shutdown', reason: why } });
  }
  if (await resolvesWithin(deadline, ended)) return;
  for (const session of [...sessions.children()]) session.send({ type: 'stop', reason: why });
  await ended;
}

/** Whether a promise has resolved before so many ms have passed. */
async function resolvesWithin(ms: number, promise: Promise<void>): Promise<boolean> {
  const timer = new AbortController();
  const passed = delay(Math.min(ms, longestDelay), false, { signal: timer.signal }).catch(() => false);
  const resolved = await Promise.race([promise.then(() => true), passed]);
  timer.abort();
  return resolved;
}
