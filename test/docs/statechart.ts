import type { sessionMachine } from '@genws/session';

type State = typeof sessionMachine.root;
type Transition = NonNullable<State['always']>[number];

/** A machine's states and transitions as a Mermaid `stateDiagram-v2`, read from the machine itself. */
export function diagramOf(root: State): string {
  return ['stateDiagram-v2', ...indent([...inside(root), ...arrows(root, [])])].join('\n');
}

/** The states in a state: where it begins, what it consists of, where it ends. */
function inside(state: State): string[] {
  const lines = state.initial.target.map((first) => `[*] --> ${first.key}`);
  for (const child of Object.values(state.states)) {
    if (child.type === 'compound') lines.push(`state ${child.key} {`, ...indent(inside(child)), '}');
    else lines.push(child.type === 'final' ? `${child.key} --> [*]` : child.key);
  }
  return lines;
}

/**
 * What leads from a state and the states in it to others: one arrow for all events that go the same way. What leads
 * from a state into itself is drawn from each state in it, unless that one knows better.
 */
function arrows(state: State, inherited: readonly Transition[]): string[] {
  const own = [...[...state.transitions.values()].flat(), ...(state.always ?? [])];
  const known = new Set(own.map(({ eventType }) => eventType));
  const all = [...own, ...inherited.filter(({ eventType }) => !known.has(eventType))];
  const inward = own.filter(({ target = [] }) => target.some(({ parent }) => parent === state));
  const labels = new Map<string, string[]>();
  for (const transition of all.filter((candidate) => !inward.includes(candidate))) {
    for (const { key } of transition.target ?? []) labels.set(key, [...(labels.get(key) ?? []), labelOf(transition)]);
  }
  return [
    ...[...labels].map(([target, events]) => `${state.key} --> ${target}: ${events.join('<br>')}`),
    ...Object.values(state.states).flatMap((child) => arrows(child, inward)),
  ];
}

const labelOf = ({ eventType, guard }: Transition): string =>
  [eventType, ...(guard === undefined ? [] : [`[${nameOf(guard)}]`])].filter((part) => part !== '').join(' ');

function nameOf(guard: NonNullable<Transition['guard']>): string {
  if (typeof guard === 'string') return guard;
  return 'type' in guard ? String(guard.type) : guard.name;
}

const indent = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);
