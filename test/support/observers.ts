/** Who hears of an actor: xstate keeps them in a set. */
export function observersOf(actor: object): number {
  const observers: unknown = 'observers' in actor ? actor.observers : undefined;
  if (observers instanceof Set) return observers.size;
  throw new TypeError('xstate keeps its observers elsewhere');
}
