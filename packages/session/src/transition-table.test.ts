import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import type { SessionEvent } from './event.ts';
import { sessionMachine } from './machine.ts';
import { CountingClock, everyTransition, FakeLane, waysToTheEnd } from './machine-paths.fixture.ts';
import * as table from './transition-table.ts';

/** The statechart as an actor, with xstate's interpreter or with the table. */
const interpreters = {
  xstate: sessionMachine,
  table: {
    getInitialSnapshot: (...args: Parameters<typeof table.getInitialSnapshot>) =>
      table.whole(table.getInitialSnapshot(...args)),
    start: table.start,
    transition: (...args: Parameters<typeof table.transition>) => table.whole(table.transition(...args)),
    getPersistedSnapshot: sessionMachine.getPersistedSnapshot,
  },
  both: {
    getInitialSnapshot: sessionMachine.getInitialSnapshot,
    start: sessionMachine.start,
    transition: alternating(),
    getPersistedSnapshot: sessionMachine.getPersistedSnapshot,
  },
};

/** Now the one, now the other. */
function alternating(): typeof sessionMachine.transition {
  let turn = 0;
  return (snapshot, event, scope) =>
    turn++ % 2 === 0
      ? table.whole(table.transition(snapshot, event, scope))
      : sessionMachine.transition(snapshot, event, scope);
}

/** All that can be told of a session after these events: its snapshots one by one, what its lane did, its timers. */
function story(interpreter: keyof typeof interpreters, role: 'client' | 'server', events: readonly SessionEvent[]) {
  const lane = new FakeLane(role);
  const clock = new CountingClock();
  const actor = createActor(interpreters[interpreter], { input: { connect: () => lane }, clock }).start();
  const states = [undefined, ...events].map((event) => {
    if (event !== undefined) actor.send(event);
    const { value, status, output, error, tags, _nodes, context } = actor.getSnapshot();
    const { lane: _, ...rest } = context;
    return {
      value,
      status,
      output,
      error,
      tags,
      nodes: _nodes.map(({ id }) => id).toSorted(),
      rest,
      pending: clock.pending,
    };
  });
  clock.increment(10_000);
  clock.turn();
  return { states, done: lane.done, last: actor.getSnapshot().value };
}

describe.each(['client', 'server'] as const)('the table of transitions of a %s', (role) => {
  it('does what xstate does, on every transition from every state that can be reached', () => {
    const ways = everyTransition(role);
    expect(ways.length).toBeGreaterThan(500);
    for (const events of ways) expect(story('table', role, events)).toEqual(story('xstate', role, events));
  });

  it('does what xstate does, on the ways to the end', () => {
    const ways = waysToTheEnd(role, [
      'activate',
      'handler.settled',
      'close',
      'peer.closed',
      'transport.closed',
      'handler.terminated',
      'stop',
    ]);
    expect(ways.length).toBeGreaterThan(10);
    for (const events of ways) expect(story('table', role, events)).toEqual(story('xstate', role, events));
  });

  it('goes on from a snapshot that xstate has made, and the other way round', () => {
    for (const events of everyTransition(role))
      expect(story('both', role, events)).toEqual(story('xstate', role, events));
  });
});
