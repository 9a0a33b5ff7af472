/** Two ordered lists as one. What is equal comes from the first first. */
export function merge<T>(first: readonly T[], second: readonly T[], compare: (a: T, b: T) => number): T[] {
  const merged: T[] = [];
  let at = 0;
  for (const item of second) {
    for (;;) {
      const next = first[at];
      if (next === undefined || compare(next, item) > 0) break;
      merged.push(next);
      at += 1;
    }
    merged.push(item);
  }
  for (; at < first.length; at++) {
    const next = first[at];
    if (next !== undefined) merged.push(next);
  }
  return merged;
}
