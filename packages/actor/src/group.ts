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
 */
export class Group<Message> {
  readonly #members = new Map<Member<Message>, Membership>();

  /** How many members there are. */
  get size(): number {
    return this.#members.size;
  }

  /** For {@link join}. */
  add(member: Member<Message>): void {
    const membership = this.#members.get(member);
    if (membership !== undefined) {
      membership.joined++;
      return;
    }
    if (member.getSnapshot().status !== 'active') return;
    this.#members.set(member, { joined: 1, monitor: monitor(member, () => this.#members.delete(member)) });
  }

  /** For {@link leave}. */
  remove(member: Member<Message>): void {
    const membership = this.#members.get(member);
    if (membership === undefined || --membership.joined > 0) return;
    demonitor(membership.monitor);
    this.#members.delete(member);
  }

  /** Its members, in the order in which they joined. */
  [Symbol.iterator](): IterableIterator<Member<Message>> {
    return this.#members.keys();
  }
}

/** A group whose members take messages of one type: `createGroup<ChatMessage>()`. */
export const createGroup = <Message>(): Group<Message> => new Group<Message>();

/** Join a group. An actor may join more than once and leaves when it has left as often; the dead do not join. */
export function join<Message>(group: Group<Message>, member: Member<Message>): void {
  group.add(member);
}

/** Take back one {@link join}. Leaving a group one is not in does nothing. */
export function leave<Message>(group: Group<Message>, member: Member<Message>): void {
  group.remove(member);
}

/** The members of a group, each once, in the order in which they joined. */
export const members = <Message>(group: Group<Message>): Member<Message>[] => [...group];

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
