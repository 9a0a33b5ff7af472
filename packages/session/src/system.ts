import { question } from '@genws/actor';
import type { Handler } from './handler.ts';
import type { SessionRef, SessionState } from './session-ref.ts';
import type { SessionLoad, SessionStatistics } from './statistics.ts';
import type { SystemReply, SystemRequest, TraceListener } from './system-request.ts';
import type { PeerAddress } from './transport.ts';

/** How long to wait for a session that is busy. */
export interface SystemOptions {
  /** Ms. Default 5000; `Infinity` waits until the session ends. */
  readonly timeout?: number;
}

// What Erlang's `sys` does: for the one who debugs, repairs or upgrades a session that goes on living. All wait until no
// callback runs, and all but `processInfo` and `statistics` reject with `CallError` when the session ends first, when it
// takes too long, or when its own callback asks.

/** The state of a session's handler, as its callbacks pass it on. */
export const getState = (session: SessionRef<never>, options?: SystemOptions): Promise<unknown> =>
  ask(session, { type: 'getState' }, options);

/** Put another state in the place of a handler's. Rejects with what `change` throws; the state is kept then. Resolves with the new one. */
export const replaceState = (
  session: SessionRef<never>,
  change: (state: unknown) => unknown,
  options?: SystemOptions,
): Promise<unknown> => ask(session, { type: 'replaceState', change }, options);

/**
 * Let everything that comes for the handler wait, until {@link resume}: its peer is not read, messages of actors stay in
 * the mailbox. Frames can still be sent, and the session closed.
 */
export async function suspend(session: SessionRef<never>, options?: SystemOptions): Promise<void> {
  await ask(session, { type: 'suspend' }, options);
}

/** Go on after {@link suspend}, with what has waited. */
export async function resume(session: SessionRef<never>, options?: SystemOptions): Promise<void> {
  await ask(session, { type: 'resume' }, options);
}

/**
 * Hear of each call of the handler's callbacks: what it was given, what it returned or threw, how long it took. `undefined`
 * ends all traces of the session. One that is not traced pays nothing for it.
 *
 * @returns what ends this trace
 */
export async function trace(
  session: SessionRef<never>,
  listener: TraceListener | undefined,
  options?: SystemOptions,
): Promise<() => Promise<void>> {
  await ask(session, { type: 'trace', listener, on: true }, options);
  return async () => {
    if (listener !== undefined) await ask(session, { type: 'trace', listener, on: false }, options);
  };
}

/**
 * Give a live session another handler, between two callbacks, without its peer noticing. The handler's `codeChange` makes
 * the old state a new one; what it throws rejects this, and the old handler stays in charge. `server.changeCode` does it
 * for all sessions of a server.
 */
export async function codeChange<Message, State, Opts, Info = Message>(
  session: SessionRef<Message>,
  handler: Handler<State, Info, Opts> & Successor<Info, Message>,
  options?: SystemOptions,
): Promise<void> {
  await ask(session, { type: 'changeCode', handler }, options);
}

/** Refuses a handler that takes fewer messages than a session may get: methods may, as far as the compiler cares. */
export type Successor<Info, Message> = [Message] extends [Info] ? unknown : { readonly handleInfo: never };

async function ask(
  session: SessionRef<never>,
  request: SystemRequest,
  { timeout }: SystemOptions = {},
): Promise<unknown> {
  const reply = await question<SystemReply>(
    session,
    (from) => session.send({ type: 'system', request, from }),
    timeout,
  );
  if (reply.ok) return reply.value;
  throw reply.error;
}

/** What has passed through a session so far. */
export const statistics = (session: SessionRef<never>): SessionStatistics => session.statistics;

/** A session at a glance. */
export interface ProcessInfo extends SessionStatistics, SessionLoad {
  readonly id: string;
  readonly state: SessionState;
  readonly peer: PeerAddress | undefined;
  /** What it runs over, and what its handler is called. */
  readonly transport: string | undefined;
  readonly handler: string | undefined;
  /** Bytes sent that have not reached the network. */
  readonly buffered: number;
  /** Messages dropped because the peer did not read them in time. */
  readonly dropped: number;
}

/** How a session is right now: Erlang's `process_info`. */
export function processInfo(session: SessionRef<never>): ProcessInfo {
  const { id, state, peer, transport, handler, buffered, dropped, statistics: passed, load } = session;
  return { id, state, peer, transport, handler, buffered, dropped, ...passed, ...load };
}
