import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createActor, setup } from 'xstate';
import { exit } from './exit-signal.ts';
import { hostileNames, type Listener, observersOf, startImmortal, startListener } from './listener.fixture.ts';
import { broadcast, join, leave, members } from './membership.ts';
import type { InfoEvent } from './message.ts';
import { demonitor, monitor } from './monitor.ts';
import { createScope, localMembers, monitorScope, type Scope, whichGroups, whichLocalGroups } from './scope.ts';
import { startSupervisor } from './supervisor.ts';
import { whichChildren } from './supervisor-verbs.ts';

const startScope = () => createScope<string, string, Listener>();

describe('a scope', () => {
  it('has a group from its first member until the last has left', () => {
    const scope = startScope();
    const [first, second] = [startListener(), startListener()];
    expect(whichGroups(scope)).toEqual([]);
    expect(members(scope, 'lobby')).toEqual([]);
    join(scope, 'lobby', first);
    join(scope, 'lobby', second);
    join(scope, 'attic', first);
    expect(whichGroups(scope)).toEqual(['lobby', 'attic']);
    expect(whichLocalGroups(scope)).toEqual(['lobby', 'attic']);
    expect(members(scope, 'lobby')).toEqual([first, second]);
    expect(localMembers(scope, 'attic')).toEqual([first]);
    leave(scope, 'lobby', first);
    leave(scope, 'attic', first);
    expect(whichGroups(scope)).toEqual(['lobby']);
    leave(scope, 'lobby', second);
    expect(whichGroups(scope)).toEqual([]);
  });

  it('takes a member that joins twice as one, which leaves when it has left twice', () => {
    const scope = startScope();
    const [member, other] = [startListener(), startListener()];
    join(scope, 'lobby', member);
    join(scope, 'lobby', member);
    join(scope, 'lobby', member);
    join(scope, 'attic', member);
    join(scope, 'attic', member);
    join(scope, 'lobby', other);
    leave(scope, 'lobby', member);
    leave(scope, 'lobby', member);
    leave(scope, 'attic', member);
    expect(members(scope, 'lobby')).toEqual([member, other]);
    expect(members(scope, 'attic')).toEqual([member]);
    leave(scope, 'lobby', member);
    leave(scope, 'attic', member);
    leave(scope, 'attic', member);
    expect(members(scope, 'lobby')).toEqual([other]);
    join(scope, 'attic', member);
    leave(scope, 'attic', member);
    expect(whichGroups(scope)).toEqual(['lobby']);
  });

  it('forgets how often a member had joined when it ends', () => {
    const scope = startScope();
    const member = startListener();
    for (let i = 0; i < 3; i++) join(scope, 'lobby', member);
    member.stop();
    expect(whichGroups(scope)).toEqual([]);
    leave(scope, 'lobby', member);
    join(scope, 'lobby', member);
    expect(members(scope, 'lobby')).toEqual([]);
  });

  it('does not mind who leaves without having joined', () => {
    const scope = startScope();
    const [member, stranger] = [startListener(), startListener()];
    join(scope, 'lobby', member);
    leave(scope, 'lobby', stranger);
    leave(scope, 'attic', member);
    expect(members(scope, 'lobby')).toEqual([member]);
    expect(observersOf(stranger)).toBe(0);
  });

  it('tells a broadcast to the members of one group, in the order in which they joined, but for one', () => {
    const scope = startScope();
    const heard: string[] = [];
    const [first, second, third] = ['first', 'second', 'third'].map((name) =>
      startListener((message) => heard.push(`${name} ${message}`)),
    );
    if (first === undefined || second === undefined || third === undefined) return;
    for (const member of [second, first]) join(scope, 'lobby', member);
    join(scope, 'attic', third);
    expect(broadcast(scope, 'lobby', 'hello')).toBe(2);
    expect(broadcast(scope, 'lobby', 'again', { except: second })).toBe(1);
    expect(broadcast(scope, 'lobby', 'still', { except: third })).toBe(2);
    expect(broadcast(scope, 'cellar', 'anybody?')).toBe(0);
    expect(heard).toEqual(['second hello', 'first hello', 'first again', 'second still', 'first still']);
  });

  it('tells all members of a group the same object', () => {
    const scope = createScope<string, string>();
    const events: InfoEvent<string>[] = [];
    const machine = setup({ types: { events: {} as InfoEvent<string> } }).createMachine({
      on: { info: { actions: ({ event }) => events.push(event) } },
    });
    for (let i = 0; i < 3; i++) join(scope, 'lobby', createActor(machine).start());
    broadcast(scope, 'lobby', 'hello');
    expect(events).toHaveLength(3);
    expect(new Set(events).size).toBe(1);
  });

  it('G18: takes names such as __proto__ and toString for plain data', () => {
    const scope = startScope();
    expect(hostileNames.flatMap((name) => members(scope, name))).toEqual([]);
    expect(hostileNames.map((name) => broadcast(scope, name, 'x')).filter((told) => told > 0)).toEqual([]);
    const heard: string[] = [];
    for (const name of hostileNames)
      join(
        scope,
        name,
        startListener(() => heard.push(name)),
      );
    expect(whichGroups(scope)).toEqual(hostileNames);
    for (const name of hostileNames) expect(broadcast(scope, name, 'x')).toBe(1);
    expect(heard).toEqual(hostileNames);
    for (const name of hostileNames) for (const member of members(scope, name)) member.stop();
    expect(whichGroups(scope)).toEqual([]);
  });

  it('watches a member with one monitor, in however many groups, and takes it back with the last', () => {
    const scope = startScope();
    const member = startListener();
    for (let i = 0; i < 100; i++) join(scope, `room ${i}`, member);
    expect(observersOf(member)).toBe(1);
    for (let i = 0; i < 100; i++) leave(scope, `room ${i}`, member);
    expect(observersOf(member)).toBe(0);
    expect(whichGroups(scope)).toEqual([]);
  });

  it('takes in and lets go of 100,000 members without going through them all for each', () => {
    const scope = createScope<string, string>();
    const actors = Array.from({ length: 100_000 }, startImmortal);
    for (const [index, actor] of actors.entries()) {
      join(scope, 'everybody', actor);
      join(scope, `user ${index}`, actor);
    }
    expect(broadcast(scope, 'everybody', 'hello')).toBe(100_000);
    for (const [index, actor] of actors.entries()) {
      leave(scope, `user ${index}`, actor);
      leave(scope, 'everybody', actor);
    }
    expect(whichGroups(scope)).toEqual([]);
  });

  it('is empty when 2,000 members of its groups have died', () => {
    const scope = startScope();
    const { ref } = monitorScope(scope, () => {});
    const actors = Array.from({ length: 2000 }, () => startListener());
    for (const [index, actor] of actors.entries()) {
      join(scope, 'everybody', actor);
      join(scope, `user ${index}`, actor);
      join(scope, `user ${index}`, actor);
    }
    expect(whichGroups(scope)).toHaveLength(2001);
    expect(broadcast(scope, 'everybody', 'hello')).toBe(2000);
    for (const actor of actors) actor.stop();
    expect(whichGroups(scope)).toEqual([]);
    expect(actors.reduce((sum, actor) => sum + observersOf(actor), 0)).toBe(0);
    demonitor(ref);
    expect(scope.monitors).toBe(0);
  });
});

type Step = readonly ['join' | 'leave' | 'die' | 'watch' | 'unwatch', string, number];

describe('a scope, beside a plain model', () => {
  const step: fc.Arbitrary<Step> = fc.tuple(
    fc.constantFrom('join', 'join', 'join', 'leave', 'leave', 'die', 'watch', 'unwatch'),
    fc.constantFrom('a', 'b', '__proto__'),
    fc.nat({ max: 4 }),
  );

  it('has the members that the model has, and its monitors know them all, whatever happens', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const scope = startScope();
        const actors = Array.from({ length: 5 }, () => startListener());
        /** Group, then member, then how often it has joined. */
        const model = new Map<string, Map<Listener, number>>();
        const mirrors = new Set<ReturnType<typeof startMirror>>();
        for (const [action, name, index] of steps) {
          const actor = actors[index];
          if (actor === undefined) continue;
          const group = model.get(name) ?? new Map<Listener, number>();
          const joined = group.get(actor) ?? 0;
          switch (action) {
            case 'join':
              join(scope, name, actor);
              if (actor.getSnapshot().status === 'active') group.set(actor, joined + 1);
              break;
            case 'leave':
              leave(scope, name, actor);
              if (joined > 1) group.set(actor, joined - 1);
              else group.delete(actor);
              break;
            case 'die':
              actor.stop();
              for (const each of model.values()) each.delete(actor);
              break;
            case 'watch':
              mirrors.add(startMirror(scope));
              break;
            case 'unwatch':
              for (const mirror of [...mirrors].slice(0, 1)) {
                mirror.stop();
                mirrors.delete(mirror);
              }
          }
          model.set(name, group);
          for (const [each, those] of model) if (those.size === 0) model.delete(each);
          const expected = plain(model, actors);
          expect(plain(new Map(whichGroups(scope).map((each) => [each, members(scope, each)])), actors)).toEqual(
            expected,
          );
          for (const mirror of mirrors) expect(plain(mirror.groups, actors)).toEqual(expected);
          expect(scope.monitors).toBe(mirrors.size);
        }
        for (const actor of actors) actor.stop();
        expect(whichGroups(scope)).toEqual([]);
        expect(actors.map(observersOf)).toEqual([0, 0, 0, 0, 0]);
      }),
    );
  });
});

/** The groups of a scope, rebuilt from what a monitor of it hears. */
function startMirror(scope: ReturnType<typeof startScope>) {
  const groups = new Map<string, Set<Listener>>();
  const snapshot = monitorScope(scope, ({ type, group, members: changed }) => {
    const those = groups.get(group) ?? new Set();
    for (const member of changed) {
      // Each change is told once.
      expect(those.has(member)).toBe(type === 'leave');
      if (type === 'join') those.add(member);
      else those.delete(member);
    }
    if (those.size > 0) groups.set(group, those);
    else groups.delete(group);
  });
  for (const [name, those] of snapshot.groups) groups.set(name, new Set(those));
  return { groups, stop: () => demonitor(snapshot.ref) };
}

/** Groups by name, with the numbers of their members in order. */
function plain(
  groups: ReadonlyMap<string, { keys(): Iterable<Listener> } | readonly Listener[]>,
  actors: readonly Listener[],
): unknown {
  return [...groups]
    .map(([name, those]) => {
      const list = Array.isArray(those) ? those : those.keys();
      return [name, [...list].map((member) => actors.indexOf(member))];
    })
    .sort();
}

describe('a scope as a process', () => {
  it('ends when it is asked to, with the reason, and all have left it then', async () => {
    const scope = createScope<string, string, Listener>({ id: 'rooms' });
    const member = startListener();
    const heard: string[] = [];
    join(scope, 'lobby', member);
    monitorScope(scope, ({ type, group }) => heard.push(`${type} ${group}`));
    const down = new Promise((resolve) => monitor(scope, ({ reason }) => resolve(reason)));
    exit(scope, { type: 'normal' });
    expect(scope.getSnapshot().status).toBe('active');
    exit(scope, { type: 'shutdown', reason: 'over' });
    expect(await down).toEqual({ type: 'shutdown', reason: 'over' });
    expect(heard).toEqual(['leave lobby']);
    join(scope, 'lobby', startListener());
    expect(whichGroups(scope)).toEqual([]);
  });

  it('is started again by its supervisor', async () => {
    const scopes: Scope<string, string>[] = [];
    const supervisor = await startSupervisor({
      logger: () => {},
      children: [
        {
          id: 'rooms',
          start() {
            const scope = createScope<string, string>();
            scopes.push(scope);
            return scope;
          },
        },
      ],
    });
    scopes[0]?.stop();
    await expect.poll(() => scopes.length).toBe(2);
    expect(whichChildren(supervisor)).toMatchObject([{ id: 'rooms', state: 'running', process: scopes[1] }]);
    exit(supervisor, { type: 'shutdown', reason: undefined });
    await supervisor.exited();
    expect(scopes[1]?.getSnapshot().status).toBe('done');
  });
});
