import { Actor, type ActorLogic, type Snapshot } from 'xstate';
import { isAlive } from './alive.ts';
import type { AnyExitReason } from './exit-reason.ts';
import type { ExitSignal, Process } from './exit-signal.ts';
import { type BroadcastOptions, type Member, tellEach } from './group.ts';
import type { GroupAdapter } from './group-adapter.ts';
import { type MonitorRef, monitor } from './monitor.ts';
import { Multimap } from './multimap.ts';
import { Roster } from './roster.ts';
import { Announcer, type Listener, rethrowLater, type ScopeEvent, type ScopeWatcher } from './scope-monitor.ts';

/** The life of a scope: its groups are kept beside it. */
const logic: ActorLogic<Snapshot<AnyExitReason>, { readonly type: 'scope.ended'; readonly reason: AnyExitReason }> = {
  getInitialSnapshot: () => ({ status: 'active', output: undefined, error: undefined }),
  transition: (snapshot, event) =>
    event.type === 'scope.ended' ? { status: 'done', output: event.reason, error: undefined } : snapshot,
  getPersistedSnapshot: (snapshot) => snapshot,
};

/** What a scope may be given. */
export interface ScopeOptions<Name, Message, One extends Member<Message>> {
  /** Its name in the inspector. */
  readonly id?: string | undefined;
  /** Carries the groups to other nodes. Default: there are none. */
  readonly adapter?: GroupAdapter<Name, Message, One> | undefined;
}

/** A scope as it was when {@link monitorScope} was called. */
export interface ScopeSnapshot<Name, One> {
  readonly groups: ReadonlyMap<Name, readonly One[]>;
  /** For `demonitor`. */
  readonly ref: MonitorRef;
}

/**
 * Process groups with names, like those of Erlang's `pg`: a group is there as long as it has members. A member that
 * ends, for whatever reason, has left all of them; until then it is watched by one monitor.
 *
 * @typeParam Name whatever can be the key of a `Map`; compared as there
 */
export class Scope<Name, Message, One extends Member<Message> = Member<Message>>
  extends Actor<typeof logic>
  implements Process
{
  readonly #local = new Roster<Name, One>((member, groups) => {
    for (const name of groups) this.#announceLocal('leave', name, member);
  });
  readonly #remote = new Multimap<Name, One>();
  /** How often members have joined beyond the first time: seldom. */
  readonly #again = new WeakMap<One, Map<Name, number>>();
  readonly #announcer = new Announcer<Name, One>();
  readonly #adapter: GroupAdapter<Name, Message, One> | undefined;
  readonly #toAdapter: Listener<Name, One> | undefined;

  /** Use {@link createScope}. */
  constructor({ id, adapter }: ScopeOptions<Name, Message, One> = {}) {
    super(logic, id === undefined ? {} : { id });
    monitor(this, () => this.#end());
    if (adapter === undefined) return;
    this.#adapter = adapter;
    this.#toAdapter = {
      hear: ({ type, group, members }) =>
        type === 'join' ? adapter.joined(group, members) : adapter.left(group, members),
    };
    adapter.connect({
      localGroups: () => new Map(this.localGroups().map((name) => [name, this.localMembers(name)])),
      join: (name, members) => {
        const joined = members.filter((member) => this.#remote.add(name, member));
        if (joined.length > 0) this.#announcer.announce('join', name, joined);
      },
      leave: (name, members) => {
        const left = members.filter((member) => this.#remote.delete(name, member));
        if (left.length > 0) this.#announcer.announce('leave', name, left);
      },
      deliver: (name, message, except) => tellEach(this.localMembers(name), message, except),
    });
  }

  /** Take an exit signal: any but `normal` ends the scope, whose members have left then. */
  exit({ reason }: ExitSignal): void {
    if (reason.type === 'killed') this.stop();
    else if (reason.type !== 'normal') this.send({ type: 'scope.ended', reason });
  }

  /** How many monitors of the scope there are. */
  get monitors(): number {
    return this.#announcer.size;
  }

  /** For `join`. */
  add(name: Name, member: One): void {
    if (!isAlive(member) || !isAlive(this)) return;
    if (this.#local.enter(name, member)) this.#announceLocal('join', name, member);
    else this.#count(name, member, 1);
  }

  /** For `leave`. */
  remove(name: Name, member: One): void {
    if ((this.#again.get(member)?.get(name) ?? 0) > 0) this.#count(name, member, -1);
    else this.#leave(name, member);
  }

  /** For `members`. */
  list(name: Name): One[] {
    return [...this.#local.at(name), ...this.#remote.get(name)];
  }

  /** For {@link localMembers}. */
  localMembers(name: Name): One[] {
    return this.#local.at(name);
  }

  /** For {@link whichGroups}. */
  groups(): Name[] {
    return [...new Set([...this.#local.keys(), ...this.#remote.keys()])];
  }

  /** For {@link whichLocalGroups}. */
  localGroups(): Name[] {
    return [...this.#local.keys()];
  }

  /** For `broadcast`. */
  broadcast(name: Name, message: Message, { except }: BroadcastOptions<Message> = {}): number {
    const elsewhere = this.#remote.get(name);
    const told = tellEach(this.#local.at(name), message, except);
    if (elsewhere.length === 0) return told;
    const excepted = elsewhere.find((member) => member === except);
    try {
      this.#adapter?.broadcast(name, message, excepted);
    } catch (error) {
      rethrowLater(error);
    }
    return told + elsewhere.length - (excepted === undefined ? 0 : 1);
  }

  /** For {@link monitorScope}. */
  watch(watcher: ScopeWatcher<Name, One>): ScopeSnapshot<Name, One> {
    const groups = new Map(this.groups().map((name) => [name, this.list(name)]));
    return { groups, ref: this.#announcer.watch(watcher) };
  }

  #end(): void {
    for (const name of this.localGroups()) for (const member of this.localMembers(name)) this.#leave(name, member);
  }

  #leave(name: Name, member: One): void {
    if (this.#local.strike(name, member)) this.#announceLocal('leave', name, member);
  }

  #count(name: Name, member: One, change: number): void {
    const counts = this.#again.get(member) ?? new Map<Name, number>();
    const count = (counts.get(name) ?? 0) + change;
    if (count > 0) counts.set(name, count);
    else counts.delete(name);
    if (counts.size > 0) this.#again.set(member, counts);
    else this.#again.delete(member);
  }

  #announceLocal(type: ScopeEvent<Name, One>['type'], name: Name, member: One): void {
    this.#announcer.announce(type, name, [member], this.#toAdapter);
  }
}

/**
 * A scope: `createScope<string, ChatMessage>()`, of sessions that are to be published to
 * `createScope<string, ChatMessage, SessionRef<ChatMessage>>()`. Its groups need not be made: they are there from the
 * first `join` until the last `leave`.
 *
 * A scope is a process: it can be monitored, linked, and be a child of a supervisor. When it ends, all have left it.
 */
export const createScope = <Name, Message, One extends Member<Message> = Member<Message>>(
  options: ScopeOptions<Name, Message, One> = {},
): Scope<Name, Message, One> => new Scope<Name, Message, One>(options).start();

/** The members of a group that are of this node, each once, in the order in which they joined. */
export const localMembers = <Name, Message, One extends Member<Message>>(
  scope: Scope<Name, Message, One>,
  group: NoInfer<Name>,
): One[] => scope.localMembers(group);

/** The groups that have members, wherever these are. */
export const whichGroups = <Name, Message, One extends Member<Message>>(scope: Scope<Name, Message, One>): Name[] =>
  scope.groups();

/** The groups that have members of this node. */
export const whichLocalGroups = <Name, Message, One extends Member<Message>>(
  scope: Scope<Name, Message, One>,
): Name[] => scope.localGroups();

/**
 * Hear of every change of a scope's groups, from its state now: applied to `groups` in their order, the events give its
 * state later. Ends with `demonitor(ref)`, or with the watcher.
 *
 * What a watching function throws is thrown outside, as an uncaught exception; all others hear of the event
 * nevertheless.
 *
 * @param watcher a function, or an actor that is told the events
 */
export const monitorScope = <Name, Message, One extends Member<Message>>(
  scope: Scope<Name, Message, One>,
  watcher: ScopeWatcher<NoInfer<Name>, NoInfer<One>>,
): ScopeSnapshot<Name, One> => scope.watch(watcher);
