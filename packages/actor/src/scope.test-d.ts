import { describe, expectTypeOf, it } from 'vitest';
import { createGroup } from './group.ts';
import type { GroupAdapter } from './group-adapter.ts';
import { broadcast, join, leave, members } from './membership.ts';
import type { InfoEvent, Recipient } from './message.ts';
import { demonitor, type Monitorable } from './monitor.ts';
import { createScope, localMembers, monitorScope, whichGroups } from './scope.ts';
import type { ScopeEvent } from './scope-monitor.ts';

interface News {
  readonly headline: string;
}

interface Reader extends Recipient<News>, Monitorable {
  readonly name: string;
}

type Room = 'lobby' | 7;

declare const reader: Reader;
declare const stranger: Recipient<string> & Monitorable;
declare const unwatched: Recipient<News>;
declare const adapter: GroupAdapter<Room, News, Reader>;

const scope = createScope<Room, News, Reader>();

describe('a scope', () => {
  it('has members of one kind, under names of one kind', () => {
    join(scope, 'lobby', reader);
    join(scope, 7, reader);
    leave(scope, 'lobby', reader);
    expectTypeOf(members(scope, 'lobby')).toEqualTypeOf<Reader[]>();
    expectTypeOf(localMembers(scope, 7)).toEqualTypeOf<Reader[]>();
    expectTypeOf(whichGroups(scope)).toEqualTypeOf<Room[]>();
    // @ts-expect-error there is no such room
    join(scope, 'loby', reader);
    // @ts-expect-error takes strings
    join(scope, 'lobby', stranger);
    // @ts-expect-error which group?
    join(scope, reader);
    // @ts-expect-error there is no such room
    members(scope, 8);
  });

  it('takes any actor with its messages as a member, unless it is told more', () => {
    const anybody = createScope<string, News>();
    join(anybody, 'lobby', reader);
    expectTypeOf(members(anybody, 'lobby')).toExtend<Recipient<News>[]>();
    // @ts-expect-error whether it ends cannot be known
    join(anybody, 'lobby', unwatched);
  });

  it('has broadcasts of its messages', () => {
    expectTypeOf(broadcast(scope, 'lobby', { headline: 'x' })).toBeNumber();
    broadcast(scope, 'lobby', { headline: 'x' }, { except: reader });
    // @ts-expect-error no news
    broadcast(scope, 'lobby', 'x');
    // @ts-expect-error there is no such room
    broadcast(scope, 'loby', { headline: 'x' });
  });

  it('is watched by functions and actors that take its events', () => {
    const watcher = {} as { send(event: InfoEvent<ScopeEvent<Room, Reader>>): void } & Monitorable;
    const { groups, ref } = monitorScope(scope, watcher);
    expectTypeOf(groups).toEqualTypeOf<ReadonlyMap<Room, readonly Reader[]>>();
    demonitor(ref);
    monitorScope(scope, (event) => {
      expectTypeOf(event).toEqualTypeOf<ScopeEvent<Room, Reader>>();
      expectTypeOf(event.type).toEqualTypeOf<'join' | 'leave'>();
    });
    // @ts-expect-error takes news, not events
    monitorScope(scope, reader);
  });

  it('has an adapter for its names, messages and members', () => {
    expectTypeOf(createScope({ adapter })).toEqualTypeOf<typeof scope>();
    // @ts-expect-error the adapter's messages are news
    createScope<Room, string>({ adapter });
  });
});

describe('a group', () => {
  it('has no names', () => {
    const group = createGroup<News, Reader>();
    join(group, reader);
    expectTypeOf(members(group)).toEqualTypeOf<Reader[]>();
    expectTypeOf(broadcast(group, { headline: 'news' }, { except: reader })).toEqualTypeOf<number>();
    // @ts-expect-error it is one group
    join(group, 'lobby', reader);
    // @ts-expect-error it is one group
    members(group, 'lobby');
  });
});
