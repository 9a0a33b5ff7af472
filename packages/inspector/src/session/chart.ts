import type { sessionMachine } from '@genws/session';
import type { Chart, ChartState, ChartTransition } from '../protocol.ts';

type State = typeof sessionMachine.root;
type Transition = NonNullable<State['always']>[number];

/** A machine's statechart, read from the machine itself. */
export function chartOf(root: State): Chart {
  return { states: statesIn(root, undefined), transitions: transitionsIn(root) };
}

/** Where a state is, without the machine's own name. */
const idOf = (state: State): string => state.path.join('.');

function statesIn(state: State, parent: string | undefined): ChartState[] {
  const first = state.initial?.target.map(idOf) ?? [];
  return Object.values(state.states).flatMap((child) => [
    {
      id: idOf(child),
      name: child.key,
      parent,
      initial: first.includes(idOf(child)),
      final: child.type === 'final',
    },
    ...statesIn(child, idOf(child)),
  ]);
}

/** One arrow for all events that lead the same way. */
function transitionsIn(state: State): ChartTransition[] {
  const labels = new Map<string, string[]>();
  for (const transition of [...[...state.transitions.values()].flat(), ...(state.always ?? [])]) {
    for (const target of transition.target ?? []) {
      const id = idOf(target);
      labels.set(id, [...(labels.get(id) ?? []), labelOf(transition)]);
    }
  }
  const own =
    state.parent === undefined ? [] : [...labels].map(([to, found]) => ({ from: idOf(state), to, labels: found }));
  return [...own, ...Object.values(state.states).flatMap(transitionsIn)];
}

const labelOf = ({ eventType, guard }: Transition): string =>
  [eventType, ...(guard === undefined ? [] : [`[${guardName(guard)}]`])].filter((part) => part !== '').join(' ');

function guardName(guard: NonNullable<Transition['guard']>): string {
  if (typeof guard === 'string') return guard;
  return 'type' in guard ? String(guard.type) : guard.name;
}

/** The ids of the states that a snapshot is in, the outermost first. */
export function activeStates(value: unknown, parent = ''): string[] {
  if (typeof value === 'string') return [`${parent}${value}`];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    `${parent}${key}`,
    ...activeStates(inner, `${parent}${key}.`),
  ]);
}
