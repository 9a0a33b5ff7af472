import type { BroadcastOptions, Group, Member } from './group.ts';
import type { Scope } from './scope.ts';

// What can be done with a group, and with a group of a scope by its name.

/**
 * Join a group, or a scope's group of this name, which is there from then on. An actor may join more than once and
 * leaves when it has left as often; the dead do not join.
 */
export function join<Message, One extends Member<Message>>(group: Group<Message, One>, member: NoInfer<One>): void;
export function join<Name, Message, One extends Member<Message>>(
  scope: Scope<Name, Message, One>,
  group: NoInfer<Name>,
  member: NoInfer<One>,
): void;
export function join<Args extends readonly unknown[]>(place: { add(...args: Args): void }, ...args: Args): void {
  place.add(...args);
}

/** Take back one {@link join}. Leaving a group one is not in does nothing. */
export function leave<Message, One extends Member<Message>>(group: Group<Message, One>, member: NoInfer<One>): void;
export function leave<Name, Message, One extends Member<Message>>(
  scope: Scope<Name, Message, One>,
  group: NoInfer<Name>,
  member: NoInfer<One>,
): void;
export function leave<Args extends readonly unknown[]>(place: { remove(...args: Args): void }, ...args: Args): void {
  place.remove(...args);
}

/** The members of a group, each once, in the order in which they joined; in a scope those of other nodes come last. */
export function members<Message, One extends Member<Message>>(group: Group<Message, One>): One[];
export function members<Name, Message, One extends Member<Message>>(
  scope: Scope<Name, Message, One>,
  group: NoInfer<Name>,
): One[];
export function members<Args extends readonly unknown[], One>(
  place: { list(...args: Args): One[] },
  ...args: Args
): One[] {
  return place.list(...args);
}

/**
 * Tell a message to every member. Members receive it in the order in which they joined, each in its own mailbox, all of
 * them the same object. What every member sends on unchanged is best encoded once beforehand, with `prepare`.
 *
 * @param options `except`: a member that does not get it, usually the sender
 * @returns how many members it was told to; those on other nodes count as told when it is on its way
 */
export function broadcast<Message>(
  group: Group<Message>,
  message: Message,
  options?: BroadcastOptions<Message>,
): number;
export function broadcast<Name, Message, One extends Member<Message>>(
  scope: Scope<Name, Message, One>,
  group: NoInfer<Name>,
  message: Message,
  options?: BroadcastOptions<Message>,
): number;
export function broadcast<Args extends readonly unknown[]>(
  place: { broadcast(...args: Args): number },
  ...args: Args
): number {
  return place.broadcast(...args);
}
