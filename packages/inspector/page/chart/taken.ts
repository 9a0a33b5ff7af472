import type { Chart } from '../../src/protocol.ts';

/** The states a state is in, itself first, the outermost last. */
export function enclosing(chart: Chart, id: string): readonly string[] {
  const path: string[] = [];
  for (let next: string | undefined = id; next !== undefined && !path.includes(next); ) {
    path.push(next);
    next = chart.states.find((state) => state.id === next)?.parent;
  }
  return path;
}

/** Which transitions lead through these states, one after the other: their places in the chart's list. */
export function takenTransitions(chart: Chart, path: readonly string[]): readonly number[] {
  const taken = new Set<number>();
  for (let step = 1; step < path.length; step++) {
    const from = path[step - 1];
    const to = path[step];
    if (from === undefined || to === undefined || from === to) continue;
    const found = between(chart, from, to);
    if (found !== undefined) taken.add(found);
  }
  return [...taken];
}

/** The transition from a state, or one around it, to another, or one around that; the innermost counts. */
function between(chart: Chart, from: string, to: string): number | undefined {
  const targets = enclosing(chart, to);
  for (const source of enclosing(chart, from)) {
    for (const target of targets) {
      const place = chart.transitions.findIndex((transition) => transition.from === source && transition.to === target);
      if (place !== -1) return place;
    }
  }
  return undefined;
}

/** The transitions that can be taken in these states, by their places in the chart's list. */
export function possibleTransitions(chart: Chart, active: readonly string[]): readonly number[] {
  return chart.transitions.flatMap(({ from }, place) => (active.includes(from) ? [place] : []));
}
