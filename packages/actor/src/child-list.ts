import type { ChildSpec, ChildType } from './child-spec.ts';
import type { Process } from './exit-signal.ts';

/** Whom a supervisor restarts when one child is to be: that one; every child; that one and those started after it. */
export type Strategy = 'oneForOne' | 'oneForAll' | 'restForOne';

/** Where a child is. `restarting`: starting it again has failed and will be tried once more. */
export type ChildState = 'stopped' | 'starting' | 'running' | 'restarting' | 'stopping';

/** A child in its supervisor's context. */
export interface Child {
  readonly id: string;
  readonly state: ChildState;
  /** How often it has been started again. */
  readonly restarts: number;
  /** What it was when it last ran. */
  readonly type: ChildType;
  readonly spec: ChildSpec;
  /** As long as it lives. */
  readonly process: Process | undefined;
}

/** A child that has not been started yet. */
export const newChild = (spec: ChildSpec): Child => ({
  id: spec.id,
  state: 'stopped',
  restarts: 0,
  type: 'worker',
  spec,
  process: undefined,
});

/** The child of this name. */
export const childOf = (children: readonly Child[], id: string | undefined): Child | undefined =>
  children.find((child) => child.id === id);

/** The same children, one of them changed. */
export const changed = (children: readonly Child[], id: string, change: Partial<Child>): readonly Child[] =>
  children.map((child) => (child.id === id ? { ...child, ...change } : child));

/** All but one. */
export const without = (children: readonly Child[], id: string): readonly Child[] =>
  children.filter((child) => child.id !== id);

/** The same children when one has ended: what is temporary is forgotten. */
export const withEnded = (children: readonly Child[], { id, spec }: Child): readonly Child[] =>
  spec.restart === 'temporary'
    ? without(children, id)
    : changed(children, id, { state: 'stopped', process: undefined });

/** Who is restarted with a child, itself included, in the order of their start. */
export function restartedWith(strategy: Strategy, children: readonly Child[], id: string): readonly Child[] {
  switch (strategy) {
    case 'oneForOne':
      return children.filter((child) => child.id === id);
    case 'oneForAll':
      return children;
    case 'restForOne':
      return children.slice(children.findIndex((child) => child.id === id));
  }
}

/** The names of those. */
export const idsOf = (children: readonly Child[]): readonly string[] => children.map(({ id }) => id);

/** The names of those who live, in the order in which they are to end. */
export const endingOrder = (children: readonly Child[]): readonly string[] =>
  idsOf(children.filter(({ process }) => process !== undefined)).toReversed();
