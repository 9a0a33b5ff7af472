import { isAlive } from './alive.ts';
import type { InfoEvent, Recipient } from './message.ts';
import { demonitor, type Monitorable, type MonitorRef, monitor } from './monitor.ts';

/** Who can be in a group: an actor that takes the group's messages and whose end can be watched. */
export type Member<Message> = Recipient<Message> & Monitorable;

/** Who is left out of a broadcast. */
export interface BroadcastOptions<Message> {
  /** A member that does not get it, usually the sender. */
  readonly except?: Recipient<Message> | undefined;
}

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

  /** For `join`. */
  add(member: One): void {
    const membership = this.#members.get(member);
    if (membership !== undefined) {
      membership.joined++;
      return;
    }
    if (!isAlive(member)) return;
    this.#members.set(member, { joined: 1, monitor: monitor(member, this.#ended) });
  }

  /** For `leave`. */
  remove(member: One): void {
    const membership = this.#members.get(member);
    if (membership === undefined || --membership.joined > 0) return;
    demonitor(membership.monitor);
    this.#members.delete(member);
  }

  /** For `members`. */
  list(): One[] {
    return [...this.#members.keys()];
  }

  /** For `broadcast`. */
  broadcast(message: Message, options?: BroadcastOptions<Message>): number {
    return tellEach(this.list(), message, options?.except);
  }

  /** Its members, in the order in which they joined. */
  [Symbol.iterator](): IterableIterator<One> {
    return this.#members.keys();
  }

  /** One function for the monitors of all members. It takes any actor, so that a group of some is a group of more. */
  readonly #ended = ({ target }: { readonly target: Monitorable }): void => {
    const members: Map<Monitorable, Membership> = this.#members;
    members.delete(target);
  };
}

/**
 * A group whose members take messages of one type: `createGroup<ChatMessage>()`. One of sessions,
 * `createGroup<ChatMessage, SessionRef<ChatMessage>>()`, can also be published to. For groups with names see
 * `createScope`.
 */
export const createGroup = <Message, One extends Member<Message> = Member<Message>>(): Group<Message, One> =>
  new Group<Message, One>();

/**
 * Tell a message to each: one event, in all their mailboxes.
 *
 * @param recipients a list of the caller's own: on hearing the message, actors may join and leave
 * @returns how many were told
 */
export function tellEach<Message>(
  recipients: readonly Recipient<Message>[],
  message: Message,
  except: Recipient<Message> | undefined,
): number {
  const event: InfoEvent<Message> = { type: 'info', message };
  let told = 0;
  for (const recipient of recipients) {
    if (recipient === except) continue;
    recipient.send(event);
    told++;
  }
  return told;
}
