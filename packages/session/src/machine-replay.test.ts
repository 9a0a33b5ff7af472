import { setImmediate } from 'node:timers/promises';
import type { Role } from '@genws/protocol';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { SessionEvent } from './event.ts';
import {
  everyEvent,
  everyTransition,
  type Possible,
  shortestWays,
  startMachine,
  stateKey,
} from './machine-paths.fixture.ts';
import { holdInflations, Replay } from './replay.fixture.ts';

const roles: readonly Role[] = ['server', 'client'];

/** What can happen to a real session: the rest its data lane holds back, or never comes from a lane at all. */
const possible: Possible = ({ value, context: { busy, active, throttled, congested } }, { type }) => {
  const open = value === 'open';
  const closing = typeof value === 'object' && 'closing' in value;
  const beginning = !open && !closing;
  // What `init` commands, it commands by settling.
  if (beginning && busy && !active) return type === 'handler.settled';
  const idle = open && !busy;
  const heard = active && !throttled;
  const read = idle && heard && !congested;
  switch (type) {
    case 'handler.pending':
      return idle;
    case 'handler.settled':
      return busy;
    case 'handler.commanded':
      return idle || (beginning && busy);
    case 'handler.stopped':
    case 'handler.closed':
    case 'handler.crashed':
      return open || (beginning && busy); // after the close frame they are told as settled
    case 'handler.terminated':
      return closing && value.closing === 'terminating';
    case 'peer.closed':
    case 'peer.violated':
      return closing || read; // not read before open; kept behind a busy handler
    case 'message.inflating':
    case 'peer.throttled':
      return read;
    case 'peer.congested':
      return !closing && !congested;
    case 'peer.relieved':
      return !closing && congested;
    case 'transport.ended':
    case 'transport.closed':
    case 'transport.error':
      return !open || !busy;
    case 'mailbox.overflowed':
      return busy || !open; // an idle handler takes each message at once
    case 'timeout.init':
      return beginning;
    case 'timeout.idle':
    case 'timeout.heartbeat':
      return open;
    case 'timeout.silent':
    case 'timeout.unanswered':
      return open && heard; // the silence of a peer that is not read does not count
    case 'timeout.throttle':
      return open && throttled;
    case 'timeout.close':
      return closing;
    default:
      return true;
  }
};

/** What settles the promise of `init` with a state. */
const settling: readonly SessionEvent['type'][] = ['handler.settled', 'handler.stopped', 'handler.closed'];

/** Whether it takes a session with a heartbeat. */
const isBeat = ({ type }: SessionEvent): boolean => type === 'timeout.heartbeat' || type === 'timeout.unanswered';

/** Bring both a real session and the statechart alone the same events, and see after each that they agree. */
async function replay(role: Role, events: readonly SessionEvent[]): Promise<void> {
  const real = new Replay(role, events.some(isBeat));
  const { session, frames, clock } = real;
  const model = startMachine(role);
  const given: string[] = [role];
  let initialised = false;
  for (const event of events) {
    given.push(event.type);
    // A busy handler commands when it settles, which follows.
    const later = event.type === 'handler.commanded' && model.actor.getSnapshot().context.busy;
    real.perform(event);
    await setImmediate();
    await setImmediate();
    initialised ||= settling.includes(event.type) && model.count('runTerminate') === 0;
    model.actor.send(event.type === 'handler.crashed' ? { ...event, callback: real.callback } : event);
    // Without a state there is nothing to terminate.
    if (!initialised && model.count('runTerminate') > 0) model.actor.send({ type: 'handler.terminated' });
    if (later) continue;
    const [is, should] = [session, model.actor].map((actor) => actor.getSnapshot());
    expect(is && stateKey(is), given.join(', ')).toBe(should && stateKey(should));
    expect(is?.context.exit, given.join(', ')).toEqual(should?.context.exit);
    expect(is?.context.shutdownReason).toEqual(should?.context.shutdownReason);
    expect(is?.status).toBe(should?.status);
    expect(is?.output).toEqual(should?.output);
  }
  const closes = frames.indexOf('close');
  expect(closes === -1 || closes === frames.length - 1, `${given.join(', ')}: ${frames.join(', ')}`).toBe(true);
  expect(real.terminations, given.join(', ')).toBe(initialised ? model.count('runTerminate') : 0);
  expect(real.late, given.join(', ')).toBe(0);
  if (session.getSnapshot().status === 'done') expect(clock.pending).toBe(0);
}

beforeAll(holdInflations);
afterAll(() => {
  vi.restoreAllMocks();
});

/** The events of these types, in this order. */
const some = (...types: readonly SessionEvent['type'][]): SessionEvent[] =>
  types.flatMap((type) => everyEvent.filter((event) => event.type === type));

/** One event of each type. */
const types = new Set(everyEvent.map(({ type }) => type));

describe.each(roles)('a real session that is a %s', (role) => {
  it('goes the way that the statechart says, on every transition that is possible', async () => {
    const ways = everyTransition(role, possible);
    expect(ways.length).toBeGreaterThan(400);
    expect(new Set(ways.flatMap((events) => events.map(({ type }) => type)))).toEqual(types);
    for (const events of ways) await replay(role, events);
  });

  it('does not dispatch a message that has been inflated after the end has begun', async () => {
    for (const ending of some('close', 'stop', 'peer.stalled', 'mailbox.overflowed', 'timeout.silent'))
      await replay(role, [
        ...some('handler.settled', 'activate', 'message.inflating'),
        ending,
        ...some('handler.settled', 'transport.closed', 'handler.terminated'),
      ]);
  });

  it('does what a handler commands when its promise is fulfilled, up to the reason that monitors are told', async () => {
    const commands = some('handler.commanded');
    const end = some('stop', 'transport.closed', 'handler.terminated');
    const ways = shortestWays(role, possible).filter(({ state: { value, context } }) =>
      value === 'open' ? context.busy : context.busy && context.active && JSON.stringify(value).includes('ready_wait'),
    );
    expect(ways).toHaveLength(12);
    for (const { events } of ways) {
      for (const command of commands) await replay(role, [...events, command, { type: 'handler.settled' }, ...end]);
    }
  });
});
