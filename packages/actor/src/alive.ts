import type { Snapshot } from 'xstate';

/** What xstate keeps of an actor that it has stopped. */
const stopped = 2;

/** What may have ended. */
export interface Mortal {
  getSnapshot(): Snapshot<unknown>;
  /** What an actor knows of itself without making a snapshot. */
  readonly alive?: boolean | undefined;
}

/**
 * Whether an actor has not ended. The snapshot alone does not tell: that of `fromTransition`, and of other logic that
 * does not notice that it is stopped, stays active for ever, and such an actor would never be missed.
 */
export const isAlive = (actor: Mortal): boolean =>
  actor.alive ??
  (actor.getSnapshot().status === 'active' && !('_processingStatus' in actor && actor._processingStatus === stopped));
