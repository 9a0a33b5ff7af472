import type { InfoEvent, Recipient } from './message.ts';
import { demonitor, type Monitorable, type MonitorRef, monitor } from './monitor.ts';

/** Who can be in a group: an actor that takes the group's messages and whose end can be watched. */
export type Member<Message> = Recipient<Message> & Monitorable;

interface Membership {
  /** How often the member has joined; it leaves when it has left as often. */
  joined: number;
  readonly monitor: MonitorRef;
}

/**
 * A process group: actors that hear what is said to the group, like Erlang's `pg`. A member that ends, for whatever
 * reason, has left.
 *
 * @typeParam One what the members are, for who wants to do more with them than to tell them something
 */
export class Group<Message, One extends Member<Message> = Member<Message>> {
  readonly #members = new Map<One, Membership>();

  /** How many members there are. */
  get size(): number {
    return this.#members.size;
  }

  /** For {@link join}. */
  add(member: One): void {
    const membership = this.#members.get(member);
    if (membership !== undefined) {
      membership.joined++;
      return;
    }
    if (member.getSnapshot().status !== 'active') return;
    this.#members.set(member, { joined: 1, monitor: monitor(member, () => this.#members.delete(member)) });
  }

  /** For {@link leave}. */
  remove(member: One): void {
    const membership = this.#members.get(member);
    if (membership === undefined || --membership.joined > 0) return;
    demonitor(membership.monitor);
    this.#members.delete(member);
  }

  /** Its members, in the order in which they joined. */
  [Symbol.iterator](): IterableIterator<One> {
    return this.#members.keys();
  }
}

/**
 * A group whose members take messages of one type: `createGroup<ChatMessage>()`. One of sessions,
 * `createGroup<ChatMessage, SessionRef<ChatMessage>>()`, can also be published to.
 */
export const createGroup = <Message, One extends Member<Message> = Member<Message>>(): Group<Message, One> =>
  new Group<Message, One>();

/** Join a group. An actor may join more than once and leaves when it has left as often; the dead do not join. */
export function join<Message, One extends Member<Message>>(group: Group<Message, One>, member: NoInfer<One>): void {
  group.add(member);
}

/** Take back one {@link join}. Leaving a group one is not in does nothing. */
export function leave<Message, One extends Member<Message>>(group: Group<Message, One>, member: NoInfer<One>): void {
  group.remove(member);
}

/** The members of a group, each once, in the order in which they joined. */
export const members = <Message, One extends Member<Message>>(group: Group<Message, One>): One[] => [...group];

/**
 * Tell a message to every member. Members receive it in the order in which they joined, each in its own mailbox.
 * What every member sends on unchanged is best encoded once beforehand, with `prepare`.
 *
 * @param options `except`: a member that does not get it, usually the sender
 * @returns how many members it was told to
 */
export function broadcast<Message>(
  group: Group<Message>,
  message: Message,
  { except }: { readonly except?: Recipient<Message> } = {},
): number {
  const event: InfoEvent<Message> = { type: 'info', message };
  let told = 0;
  // Of a copy: on hearing the message, actors may join and leave.
  for (const member of members(group)) {
    if (member === except) continue;
    member.send(event);
    told++;
  }
  return told;
}
