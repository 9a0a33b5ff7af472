import type { Member } from './group.ts';

/**
 * What carries a scope's groups to other nodes: a cluster's transport. A scope without one is alone.
 *
 * Its methods are called in the order in which things have happened, and return at once. They must not throw: what they
 * throw is thrown outside, as an uncaught exception, and the scope goes on.
 */
export interface GroupAdapter<Name, Message, One extends Member<Message> = Member<Message>> {
  /**
   * The scope is there, and empty. What the adapter hears from other nodes it hands to the port. `createScope` throws
   * what this throws.
   */
  connect(port: ScopePort<Name, Message, One>): void;
  /** Actors of this node have become members: for all other nodes. */
  joined(group: Name, members: readonly One[]): void;
  /** They are no members any more: left, or ended. */
  left(group: Name, members: readonly One[]): void;
  /**
   * Something is said to a group that has members on other nodes: for each of those nodes once.
   *
   * @param except a member of another node that does not get it
   */
  broadcast(group: Name, message: Message, except: One | undefined): void;
}

/**
 * A scope as its adapter sees it. Members of other nodes are actors that the adapter makes to stand for them, the same
 * object each time: what such a one is told goes to the actor that it stands for. They are not monitored: their own
 * node says when they leave, and when that node is lost, the adapter does.
 */
export interface ScopePort<Name, Message, One extends Member<Message> = Member<Message>> {
  /** The groups that have members of this node, with these: what a node that is new has to know. */
  localGroups(): ReadonlyMap<Name, readonly One[]>;
  /** Actors of another node have become members. */
  join(group: Name, members: readonly One[]): void;
  /** They are no members any more. */
  leave(group: Name, members: readonly One[]): void;
  /**
   * Something was said to the group on another node: tell the members of this one.
   *
   * @returns how many were told
   */
  deliver(group: Name, message: Message, except?: One): number;
}
