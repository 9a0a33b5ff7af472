import { afterEach, describe, expect, it, vi } from 'vitest';
import { createActor, setup } from 'xstate';
import type { Member } from './group.ts';
import type { GroupAdapter, ScopePort } from './group-adapter.ts';
import { type Listener, observersOf, startListener } from './listener.fixture.ts';
import { broadcast, join, leave, members } from './membership.ts';
import { type InfoEvent, tell } from './message.ts';
import { demonitor } from './monitor.ts';
import { createScope, localMembers, monitorScope, whichGroups, whichLocalGroups } from './scope.ts';

type Port = ScopePort<string, string>;

/** What one node sends another: actors go by number. */
type Packet =
  | { readonly type: 'join' | 'leave'; readonly group: string; readonly ids: readonly number[] }
  | {
      readonly type: 'broadcast';
      readonly group: string;
      readonly message: string;
      readonly except: number | undefined;
    }
  | { readonly type: 'tell'; readonly id: number; readonly message: string };

/** One node's end of a cluster of two. A wire in memory: packets lie on it until they are carried over. */
class Node implements GroupAdapter<string, string> {
  readonly out: Packet[] = [];
  #port: Port | undefined;
  readonly #ids = new Map<Member<string>, number>();
  readonly #actors = new Map<number, Member<string>>();
  readonly #proxies = new Map<number, Member<string>>();
  readonly #remoteGroups = new Map<string, Set<number>>();

  connect(port: Port): void {
    this.#port = port;
  }

  joined(group: string, those: readonly Member<string>[]): void {
    this.out.push({ type: 'join', group, ids: those.map((member) => this.#idOf(member)) });
  }

  left(group: string, those: readonly Member<string>[]): void {
    this.out.push({ type: 'leave', group, ids: those.map((member) => this.#idOf(member)) });
  }

  broadcast(group: string, message: string, except: Member<string> | undefined): void {
    const [id] = [...this.#proxies].find(([, proxy]) => proxy === except) ?? [];
    this.out.push({ type: 'broadcast', group, message, except: id });
  }

  /** All groups anew, for a node that has just come. */
  introduce(): void {
    for (const [group, those] of this.#port?.localGroups() ?? []) this.joined(group, those);
  }

  /** The other node is gone. */
  lose(): void {
    for (const [group, ids] of this.#remoteGroups)
      this.#port?.leave(
        group,
        [...ids].map((id) => this.#proxyOf(id)),
      );
    this.#remoteGroups.clear();
    this.#proxies.clear();
  }

  receive(packet: Packet): void {
    if (packet.type === 'tell') {
      const actor = this.#actors.get(packet.id);
      if (actor !== undefined) tell(actor, packet.message);
      return;
    }
    const { group } = packet;
    if (packet.type === 'broadcast') {
      const except = packet.except === undefined ? undefined : this.#actors.get(packet.except);
      this.#port?.deliver(group, packet.message, except);
      return;
    }
    const ids = this.#remoteGroups.get(group) ?? new Set();
    for (const id of packet.ids) {
      if (packet.type === 'join') ids.add(id);
      else ids.delete(id);
    }
    this.#remoteGroups.set(group, ids);
    this.#port?.[packet.type](
      group,
      packet.ids.map((id) => this.#proxyOf(id)),
    );
  }

  #idOf(actor: Member<string>): number {
    const id = this.#ids.get(actor) ?? this.#ids.size + 1;
    this.#ids.set(actor, id);
    this.#actors.set(id, actor);
    return id;
  }

  /** The actor here that stands for one over there. */
  #proxyOf(id: number): Member<string> {
    const known = this.#proxies.get(id);
    if (known !== undefined) return known;
    const forward = ({ message }: InfoEvent<string>): unknown => this.out.push({ type: 'tell', id, message });
    const proxy = createActor(
      setup({ types: { events: {} as InfoEvent<string> } }).createMachine({
        on: { info: { actions: ({ event }) => forward(event) } },
      }),
    ).start();
    this.#proxies.set(id, proxy);
    return proxy;
  }
}

/** Two nodes with a scope each, and the wire between them. */
function startCluster() {
  const [here, there] = [new Node(), new Node()];
  const [near, far] = [here, there].map((adapter) => createScope<string, string>({ adapter }));
  if (near === undefined || far === undefined) throw new Error('two scopes');
  const carried: Packet[] = [];
  const carry = (): void => {
    while (here.out.length + there.out.length > 0) {
      for (const [from, to] of [
        [here, there],
        [there, here],
      ] as const) {
        for (const packet of from.out.splice(0)) {
          carried.push(packet);
          to.receive(packet);
        }
      }
    }
  };
  return { here, there, near, far, carry, carried };
}

afterEach(() => {
  vi.useRealTimers();
});

describe('two scopes coupled by an adapter', () => {
  it('have the members of both, each with its own first', () => {
    const { near, far, carry } = startCluster();
    const [first, second] = [startListener(), startListener()];
    join(far, 'lobby', second);
    join(near, 'lobby', first);
    join(near, 'attic', first);
    carry();
    expect(members(near, 'lobby')).toHaveLength(2);
    expect(members(near, 'lobby')[0]).toBe(first);
    expect(members(far, 'lobby')).toHaveLength(2);
    expect(localMembers(far, 'lobby')).toEqual([second]);
    expect(localMembers(far, 'attic')).toEqual([]);
    expect(members(far, 'attic')).toHaveLength(1);
    expect(whichGroups(far)).toEqual(['lobby', 'attic']);
    expect(whichLocalGroups(far)).toEqual(['lobby']);
    leave(near, 'attic', first);
    carry();
    expect(whichGroups(far)).toEqual(['lobby']);
  });

  it('tell a broadcast to the members of both, with one packet however many these are', () => {
    const { near, far, carry, carried } = startCluster();
    const heard: string[] = [];
    const start = (name: string): Listener => startListener((message) => heard.push(`${name} ${message}`));
    for (const name of ['a', 'b']) join(near, 'lobby', start(name));
    for (const name of ['c', 'd', 'e']) join(far, 'lobby', start(name));
    carry();
    carried.length = 0;
    expect(broadcast(near, 'lobby', 'hello')).toBe(5);
    carry();
    expect(heard).toEqual(['a hello', 'b hello', 'c hello', 'd hello', 'e hello']);
    expect(carried).toEqual([{ type: 'broadcast', group: 'lobby', message: 'hello', except: undefined }]);
  });

  it('send no packet for a group that is nowhere else', () => {
    const { near, far, carry, carried } = startCluster();
    join(far, 'attic', startListener());
    join(near, 'lobby', startListener());
    carry();
    carried.length = 0;
    expect(broadcast(near, 'lobby', 'hello')).toBe(1);
    expect(broadcast(near, 'cellar', 'hello')).toBe(0);
    carry();
    expect(carried).toEqual([]);
  });

  it('leave out the sender of a broadcast, wherever it is', () => {
    const { near, far, carry } = startCluster();
    const heard: string[] = [];
    const [first, second] = ['first', 'second'].map((name) => startListener(() => heard.push(name)));
    if (first === undefined || second === undefined) return;
    join(near, 'lobby', first);
    join(far, 'lobby', second);
    carry();
    expect(broadcast(near, 'lobby', 'x', { except: first })).toBe(1);
    carry();
    expect(heard).toEqual(['second']);
    const [, remote] = members(near, 'lobby');
    expect(broadcast(near, 'lobby', 'x', remote === undefined ? {} : { except: remote })).toBe(1);
    carry();
    expect(heard).toEqual(['second', 'first']);
  });

  it('let a member be told something from the other node', () => {
    const { near, far, carry } = startCluster();
    const heard: string[] = [];
    join(
      far,
      'lobby',
      startListener((message) => heard.push(message)),
    );
    carry();
    for (const member of members(near, 'lobby')) tell(member, 'hello');
    carry();
    expect(heard).toEqual(['hello']);
  });

  it('lose a member that ends on either, and watch only their own', () => {
    const { near, far, carry } = startCluster();
    const [first, second] = [startListener(), startListener()];
    for (const name of ['lobby', 'lobby', 'attic']) join(near, name, first);
    join(far, 'lobby', second);
    carry();
    expect(members(far, 'lobby').map(observersOf)).toEqual([1, 0]);
    first.stop();
    carry();
    expect(members(far, 'lobby')).toEqual([second]);
    expect(whichGroups(far)).toEqual(['lobby']);
    second.stop();
    carry();
    expect([near, far].flatMap(whichGroups)).toEqual([]);
  });

  it('tell their monitors of changes on the other node', () => {
    const { near, far, carry } = startCluster();
    const member = startListener();
    join(far, 'lobby', member);
    carry();
    const events: string[] = [];
    const { groups, ref } = monitorScope(near, ({ type, group, members: { length } }) =>
      events.push(`${type} ${group} ${length}`),
    );
    expect([...groups.keys()]).toEqual(['lobby']);
    join(far, 'attic', member);
    member.stop();
    carry();
    expect(events).toEqual(['join attic 1', 'leave lobby 1', 'leave attic 1']);
    demonitor(ref);
  });

  it('learn of groups that were there before, and take what they know already as known', () => {
    const { here, near, far, carry } = startCluster();
    const [first, second] = [startListener(), startListener()];
    for (const member of [first, second]) join(near, 'lobby', member);
    here.out.length = 0; // nobody was there to hear of it
    const events: string[] = [];
    monitorScope(far, ({ type, group, members: { length } }) => events.push(`${type} ${group} ${length}`));
    here.introduce();
    here.introduce();
    carry();
    expect(members(far, 'lobby')).toHaveLength(2);
    expect(events).toEqual(['join lobby 2']);
  });

  it('go on alone when the other is lost', () => {
    const { here, near, far, carry } = startCluster();
    const [first, second] = [startListener(), startListener()];
    join(near, 'lobby', first);
    for (const name of ['lobby', 'attic']) join(far, name, second);
    carry();
    here.lose();
    expect(whichGroups(near)).toEqual(['lobby']);
    expect(members(near, 'lobby')).toEqual([first]);
    expect(broadcast(near, 'lobby', 'x')).toBe(1);
    expect(here.out).toEqual([]);
  });

  it('tell the adapter what has happened in order, even where a monitor changes it on hearing of it', () => {
    const { here, near } = startCluster();
    const sent: number[] = [];
    monitorScope(near, ({ type, group, members: those }) => {
      sent.push(here.out.length);
      if (type === 'join') for (const member of those) leave(near, group, member);
    });
    join(near, 'lobby', startListener());
    expect(here.out.map(({ type }) => type)).toEqual(['join', 'leave']);
    // Before the monitors: what they send because of it comes after it.
    expect(sent).toEqual([1, 2]);
  });

  it('tell the adapter of who becomes a member, and not how often', () => {
    const { here, near } = startCluster();
    const member = startListener();
    join(near, 'lobby', member);
    join(near, 'lobby', member);
    leave(near, 'lobby', member);
    expect(here.out.map(({ type }) => type)).toEqual(['join']);
  });
});

describe('an adapter that throws', () => {
  it('keeps nobody out of a group and no message from its members, and its errors are thrown outside', () => {
    vi.useFakeTimers();
    const fail = (): never => {
      throw new Error('no network');
    };
    let port: ScopePort<string, string> | undefined;
    const connect = (given: ScopePort<string, string>): void => {
      port = given;
    };
    const scope = createScope<string, string>({ adapter: { connect, joined: fail, left: fail, broadcast: fail } });
    const heard: string[] = [];
    const [member, remote] = [startListener((message) => heard.push(message)), startListener()];
    join(scope, 'lobby', member);
    port?.join('lobby', [remote]);
    expect(members(scope, 'lobby')).toEqual([member, remote]);
    expect(broadcast(scope, 'lobby', 'hello')).toBe(2);
    expect(heard).toEqual(['hello']);
    leave(scope, 'lobby', member);
    expect(members(scope, 'lobby')).toEqual([remote]);
    for (let i = 0; i < 3; i++) expect(() => vi.advanceTimersToNextTimer()).toThrow('no network');
    expect(vi.getTimerCount()).toBe(0);
  });
});
