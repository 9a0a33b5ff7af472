import type { Role } from '@genws/protocol';
import { describe, expect, it } from 'vitest';
import type { SessionEvent } from './event.ts';
import {
  commanded,
  everyEvent,
  everyTransition,
  leadsToTheEnd,
  type MachineSnapshot,
  shortestWays,
  startMachine,
  startOpen,
  timeouts,
  waysToTheEnd,
} from './machine-paths.fixture.ts';
import type { SessionExit } from './reason.ts';

const roles: readonly Role[] = ['server', 'client'];

/** The names of the states it is in: `closing handshake`. */
const place = ({ value }: MachineSnapshot): string =>
  typeof value === 'string' ? value : Object.entries(value).flat().join(' ');

/** Whether monitors are told what they should be: the reason that a reply has named, unless it is a crash. */
function isOutput({ output, context: { exit, shutdownReason } }: MachineSnapshot): boolean {
  if (shutdownReason === undefined || exit?.type === 'crash') return output === exit;
  return output?.type === 'shutdown' && output.reason === shutdownReason.reason;
}

/** Give the statechart these events, and see after each that what must always hold does. */
function walk(role: Role, events: readonly SessionEvent[]): void {
  const { actor, clock, count, lane } = startMachine(role);
  const given: string[] = [];
  let final: SessionExit | undefined;
  // Plain comparisons: there are tens of thousands of steps, and an `expect` for each takes most of the time.
  const promise = (kept: boolean, what: string): void => {
    if (!kept) expect.fail(`${what}: ${role}, ${given.join(', ')}, ${place(actor.getSnapshot())}: ${lane.done}`);
  };
  for (const event of events) {
    given.push(event.type);
    actor.send(event);
    const now = actor.getSnapshot();
    const over = /terminating|closed/.test(place(now));
    promise(count('runTerminate') === (over ? 1 : 0), 'terminates once, when all else is over');
    promise(count('sendClose') <= 1, 'sends one close frame at most');
    promise(count('beginClosing') <= 1, 'begins to close once');
    promise(count('runInit') === 1, 'calls init once');
    promise(count('startReading') <= 1, 'opens once');
    promise(!over || count('closeTransport') + count('abortTransport') > 0, 'lets go of the transport');
    promise((now.context.exit === undefined) !== /clos/.test(place(now)), 'has a reason if and only if it closes');
    if (over) final ??= now.context.exit;
    promise(!over || now.context.exit === final, 'keeps its reason once terminate has been told');
    if (place(now) === 'open') {
      promise(given.includes('activate') && given.includes('handler.settled'), 'opens when init and owner are ready');
      promise(count('beginClosing') === 0, 'does not open again');
    }
    if (now.status !== 'done') continue;
    promise(isOutput(now), 'ends with its reason, or with the one that was named');
    promise(clock.pending === 0, 'leaves no timer');
  }
}

describe.each(roles)('the statechart of a %s', (role) => {
  it('has these states, and can reach its end from each', () => {
    const ways = shortestWays(role);
    const closing = ['handshake', 'disconnect', 'settling', 'terminating', ...(role === 'client' ? ['lingering'] : [])];
    expect(new Set(ways.map(({ state }) => place(state)))).toEqual(
      new Set(['ready_wait passive', 'ready_wait active', 'open', 'closed', ...closing.map((one) => `closing ${one}`)]),
    );
    expect(ways.filter(({ state }) => !leadsToTheEnd(role, state)).map(({ state }) => place(state))).toEqual([]);
  });

  it('keeps its promises on every transition there is', () => {
    const ways = everyTransition(role);
    expect(ways.length).toBeGreaterThan(200);
    for (const events of ways) walk(role, events);
  });

  it('keeps its promises on every way to the end', () => {
    // Of kinds that lead the same way one each; the test before has them all.
    const ways = waysToTheEnd(role, [
      'activate',
      'close',
      'stop',
      'handler.pending',
      'handler.settled',
      'handler.crashed',
      'handler.terminated',
      'peer.closed',
      'timeout.close',
      'transport.closed',
    ]);
    expect(ways.length).toBeGreaterThan(1000);
    for (const events of ways) walk(role, events);
  });

  it('reaches its end by time alone, in every state, even if nobody does anything any more', () => {
    for (const { events } of shortestWays(role)) {
      const { actor, clock } = startMachine(role);
      for (const event of events) actor.send(event);
      for (const ms of [timeouts.initTimeout, timeouts.idleTimeout, timeouts.closeTimeout, timeouts.closeTimeout]) {
        clock.increment(ms);
        clock.turn();
      }
      expect(place(actor.getSnapshot())).toBe('closed');
      expect(clock.pending).toBe(0);
    }
  });

  it('is busy while a callback’s promise is pending, or a message being inflated', () => {
    const { actor } = startOpen(role);
    const busy: boolean[] = [];
    for (const type of ['handler.pending', 'handler.settled', 'message.inflating', 'handler.settled'] as const) {
      actor.send({ type });
      busy.push(actor.getSnapshot().context.busy);
    }
    expect(busy).toEqual([true, false, true, false]);
  });

  it('tells the handler of each change of its peer’s pace, and remembers it first', () => {
    const { actor, lane } = startOpen(role);
    actor.send({ type: 'peer.congested' });
    expect(actor.getSnapshot().context.congested).toBe(true);
    actor.send({ type: 'peer.relieved' });
    expect(actor.getSnapshot().context.congested).toBe(false);
    expect(lane.done.filter((what) => what.startsWith('tellFlow'))).toEqual([
      'tellFlow congested',
      'tellFlow relieved',
    ]);
  });

  it('does what a reply commands in every state: what it does not mention stays', () => {
    for (const { events, state } of shortestWays(role)) {
      if (state.status !== 'active') continue;
      const { actor, count } = startMachine(role);
      for (const event of events) actor.send(event);
      const before = [count('tune'), count('hibernate')];
      for (const event of [commanded({ active: false, shutdownReason: { reason: 1 } }), commanded({})])
        actor.send(event);
      expect(actor.getSnapshot().context).toMatchObject({ active: false, shutdownReason: { reason: 1 } });
      actor.send(commanded({ active: true, shutdownReason: { reason: undefined }, hibernate: true }));
      expect(actor.getSnapshot().context).toMatchObject({ active: true, shutdownReason: { reason: undefined } });
      expect([count('tune'), count('hibernate')]).toEqual([(before[0] ?? 0) + 3, (before[1] ?? 0) + 1]);
    }
  });
});

describe('the way to the end', () => {
  const open = everyEvent.filter(({ type }) => ['activate', 'handler.settled'].includes(type));

  it.each([
    ['peer.closed', 'server', 'disconnect'],
    ['peer.closed', 'client', 'lingering'],
    ['close', 'server', 'handshake'],
    ['close', 'client', 'handshake'],
    ['handler.stopped', 'server', 'handshake'],
    ['handler.closed', 'server', 'handshake'],
    ['timeout.silent', 'server', 'handshake'],
    ['timeout.unanswered', 'server', 'terminating'],
    ['timeout.unanswered', 'client', 'terminating'],
    ['stop', 'server', 'disconnect'],
    ['handler.crashed', 'server', 'disconnect'],
    ['peer.violated', 'server', 'disconnect'],
    ['peer.violated', 'client', 'disconnect'],
    ['peer.stalled', 'server', 'disconnect'],
    ['mailbox.overflowed', 'server', 'disconnect'],
    ['transport.ended', 'server', 'disconnect'],
    ['transport.ended', 'client', 'disconnect'],
    ['transport.closed', 'server', 'terminating'],
    ['transport.error', 'client', 'terminating'],
  ] as const)('from open on %s, as a %s, begins with %s (RFC 6455 §7.1)', (type, role, substate) => {
    const { actor } = startMachine(role);
    for (const event of [...open, ...everyEvent.filter((event) => event.type === type)]) actor.send(event);
    expect(actor.getSnapshot().value).toEqual({ closing: substate });
  });

  it.each([
    ['server', 'disconnect'],
    ['client', 'lingering'],
  ] as const)('of a %s leads from the peer’s answer to %s (RFC 6455 §7.1.1)', (role, substate) => {
    const { actor } = startMachine(role);
    for (const event of open) actor.send(event);
    actor.send({ type: 'close', frame: { type: 'close' } });
    actor.send({ type: 'peer.closed', frame: { type: 'close' } });
    expect(actor.getSnapshot().value).toEqual({ closing: substate });
  });

  it('waits for a busy handler when the connection has gone, and no longer than closeTimeout', () => {
    for (const late of [false, true]) {
      const { actor, clock, count } = startMachine('server');
      for (const event of open) actor.send(event);
      actor.send({ type: 'handler.pending' });
      actor.send({ type: 'transport.closed' });
      expect(actor.getSnapshot().value).toEqual({ closing: 'settling' });
      clock.increment(timeouts.closeTimeout - 1);
      expect(count('runTerminate')).toBe(0);
      if (late) clock.increment(1);
      else actor.send({ type: 'handler.settled' });
      expect(count('runTerminate')).toBe(1);
    }
  });

  it('changes its reason in one case: an answer to our close frame that does not come', () => {
    const { actor, clock } = startMachine('server');
    for (const event of open) actor.send(event);
    actor.send({ type: 'close', frame: { type: 'close' } });
    expect(actor.getSnapshot().context.exit).toEqual({ type: 'normal' });
    clock.increment(timeouts.closeTimeout);
    expect(actor.getSnapshot().context.exit).toEqual({ type: 'timeout', timeout: 'close' });
  });

  it.each([
    ['stop', true],
    ['peer.stalled', true],
    ['peer.violated', true],
    ['handler.crashed', true],
    ['mailbox.overflowed', true],
    ['close', false],
    ['handler.stopped', false],
    ['handler.closed', false],
    ['peer.closed', false],
    ['timeout.silent', false],
  ] as const)('on %s lets go of what waits to be sent: %s', (type, discards) => {
    const { actor, lane, count } = startMachine('server');
    for (const event of [...open, ...everyEvent.filter((event) => event.type === type)]) actor.send(event);
    expect(count('discardOutput')).toBe(discards ? 1 : 0);
    if (discards) expect(lane.done.indexOf('discardOutput')).toBeLessThan(lane.done.indexOf('sendClose'));
  });

  it.each(['transport.closed', 'transport.error'] as const)('after %s holds nothing that waits to be sent', (type) => {
    const ends = everyEvent.filter((event) => event.type === type);
    for (const events of [open, [...open, { type: 'close', frame: { type: 'close' } } as const]]) {
      const { actor, count } = startMachine('server');
      for (const event of [...events, { type: 'handler.pending' } as const, ...ends]) actor.send(event);
      expect([actor.getSnapshot().value, count('discardOutput')]).toEqual([{ closing: 'settling' }, 1]);
    }
  });

  it.each([
    ['stop', { type: 'shutdown', reason: 'maintenance' }],
    ['peer.closed', { type: 'shutdown', reason: 'maintenance' }],
    ['transport.error', { type: 'shutdown', reason: 'maintenance' }],
    ['handler.crashed', { type: 'crash' }],
  ] as const)('on %s tells monitors the reason that a reply has named, but for a crash', (type, output) => {
    const { actor, clock } = startMachine('server');
    const ends = everyEvent.filter((event) => event.type === type);
    for (const event of [...open, commanded({ shutdownReason: { reason: 'maintenance' } }), ...ends]) actor.send(event);
    expect(actor.getSnapshot().context.exit?.type).not.toBe(type === 'stop' ? undefined : 'shutdown');
    for (let i = 0; i < 3; i++) clock.increment(timeouts.closeTimeout);
    expect(actor.getSnapshot().output).toMatchObject(output);
  });
});
