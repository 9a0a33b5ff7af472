import type { Snapshot } from 'xstate';

/** What xstate keeps of an actor that it has stopped. */
const stopped = 2;

/**
 * Whether an actor has not ended. The snapshot alone does not tell: that of `fromTransition`, and of other logic that
 * does not notice that it is stopped, stays active for ever, and such an actor would never be missed.
 */
export const isAlive = (actor: { getSnapshot(): Snapshot<unknown> }): boolean =>
  actor.getSnapshot().status === 'active' && !('_processingStatus' in actor && actor._processingStatus === stopped);
