import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Listener, observersOf, startListener } from './listener.fixture.ts';
import { join, leave, members } from './membership.ts';
import { demonitor } from './monitor.ts';
import { createScope, monitorScope } from './scope.ts';
import type { ScopeEvent } from './scope-monitor.ts';

type RoomEvent = ScopeEvent<string, Listener>;

const startScope = () => createScope<string, string, Listener>();

/** An event in short: `join lobby 1`. */
const short = ({ type, group, members: { length } }: RoomEvent): string => `${type} ${group} ${length}`;

afterEach(() => {
  vi.useRealTimers();
});

describe('monitorScope', () => {
  it('begins with the groups as they are, and tells each change from there on', () => {
    const scope = startScope();
    const [first, second] = [startListener(), startListener()];
    join(scope, 'lobby', first);
    const events: RoomEvent[] = [];
    const { groups, ref } = monitorScope(scope, (event) => events.push(event));
    expect(groups).toEqual(new Map([['lobby', [first]]]));
    expect(ref.active).toBe(true);
    join(scope, 'lobby', second);
    join(scope, 'attic', first);
    leave(scope, 'lobby', first);
    expect(groups).toEqual(new Map([['lobby', [first]]]));
    expect(events.map(short)).toEqual(['join lobby 1', 'join attic 1', 'leave lobby 1']);
    expect(events.map((event) => event.members[0] === first)).toEqual([false, true, true]);
  });

  it('tells of a death in every group that it concerns, once', () => {
    const scope = startScope();
    const member = startListener();
    for (const name of ['lobby', 'lobby', 'attic']) join(scope, name, member);
    const events: RoomEvent[] = [];
    monitorScope(scope, (event) => {
      events.push(event);
      expect(members(scope, event.group)).toEqual([]);
    });
    member.stop();
    expect(events.map(short)).toEqual(['leave lobby 1', 'leave attic 1']);
  });

  it('tells nothing of who joins once more, or leaves once of twice', () => {
    const scope = startScope();
    const member = startListener();
    const events: RoomEvent[] = [];
    monitorScope(scope, (event) => events.push(event));
    join(scope, 'lobby', member);
    join(scope, 'lobby', member);
    leave(scope, 'lobby', member);
    expect(events.map(short)).toEqual(['join lobby 1']);
  });

  it('tells nothing any more after demonitor, be it while events are told', () => {
    const scope = startScope();
    const events: string[] = [];
    const first = monitorScope(scope, (event) => {
      events.push(`first ${short(event)}`);
      demonitor(second.ref);
      demonitor(first.ref);
    });
    const second = monitorScope(scope, (event) => events.push(`second ${short(event)}`));
    join(scope, 'lobby', startListener());
    join(scope, 'attic', startListener());
    expect(events).toEqual(['first join lobby 1']);
    expect([first.ref.active, second.ref.active]).toEqual([false, false]);
    expect(scope.monitors).toBe(0);
  });

  it('tells everybody in the order of what has happened, even where one changes the groups on hearing of it', () => {
    const scope = startScope();
    const heard: string[][] = [[], []];
    monitorScope(scope, (event) => {
      heard[0]?.push(short(event));
      const [member] = event.members;
      if (event.type === 'join' && member !== undefined) leave(scope, event.group, member);
    });
    monitorScope(scope, (event) => heard[1]?.push(short(event)));
    join(scope, 'lobby', startListener());
    expect(heard).toEqual([
      ['join lobby 1', 'leave lobby 1'],
      ['join lobby 1', 'leave lobby 1'],
    ]);
  });

  it('spares who begins to watch while an event is told what it has seen already', () => {
    const scope = startScope();
    const late: string[] = [];
    const seen: string[] = [];
    let begun = false;
    monitorScope(scope, () => {
      if (begun) return;
      begun = true;
      seen.push(...monitorScope(scope, (event) => late.push(short(event))).groups.keys());
    });
    join(scope, 'lobby', startListener());
    expect(seen).toEqual(['lobby']);
    expect(late).toEqual([]);
    join(scope, 'attic', startListener());
    expect(late).toEqual(['join attic 1']);
  });

  it('tells an actor its events as messages, until it ends', () => {
    const scope = startScope();
    const events: RoomEvent[] = [];
    const watcher = startListener<RoomEvent>((event) => events.push(event));
    const { ref } = monitorScope(scope, watcher);
    const member = startListener();
    join(scope, 'lobby', member);
    expect(events).toEqual([{ type: 'join', group: 'lobby', members: [member] }]);
    watcher.stop();
    expect(ref.active).toBe(false);
    expect(scope.monitors).toBe(0);
    leave(scope, 'lobby', member);
    expect(events).toHaveLength(1);
  });

  it('leaves nothing with an actor that watches no more, nor in the scope for one that is dead', async () => {
    const scope = startScope();
    const watcher = startListener<RoomEvent>();
    demonitor(monitorScope(scope, watcher).ref);
    expect(observersOf(watcher)).toBe(0);
    watcher.stop();
    const { ref } = monitorScope(scope, watcher);
    await setImmediate();
    expect(ref.active).toBe(false);
    expect(scope.monitors).toBe(0);
  });

  it('lets nobody miss an event because another has thrown, and throws that outside', () => {
    vi.useFakeTimers();
    const scope = startScope();
    const member = startListener();
    const heard: string[] = [];
    monitorScope(scope, (event) => {
      throw new Error(short(event));
    });
    monitorScope(scope, (event) => heard.push(short(event)));
    for (const name of ['lobby', 'attic']) join(scope, name, member);
    member.stop();
    expect(heard).toEqual(['join lobby 1', 'join attic 1', 'leave lobby 1', 'leave attic 1']);
    for (const event of heard) expect(() => vi.advanceTimersToNextTimer()).toThrow(event);
    expect(vi.getTimerCount()).toBe(0);
  });
});
