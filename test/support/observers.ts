/** Who hears of an actor: xstate keeps them in a set, a session in a list. */
export function observersOf(actor: object): number {
  const observers: unknown = 'observers' in actor ? actor.observers : undefined;
  if (observers instanceof Set) return observers.size;
  if (Array.isArray(observers)) return observers.length;
  throw new TypeError('its observers are elsewhere');
}
