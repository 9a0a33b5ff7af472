import { type Behavior, type BehaviorClose, behaviors } from '../verdict.ts';

/** One agent of the reference suite's `index.json`. */
export interface IndexedAgent {
  readonly agent: string;
  readonly results: readonly {
    readonly id: string;
    readonly behavior: Behavior;
    readonly behaviorClose: BehaviorClose;
  }[];
  /** ms. */
  readonly duration: number;
}

export type ReadIndex =
  | { readonly ok: true; readonly agents: readonly IndexedAgent[] }
  | { readonly ok: false; readonly reason: string };

const closeVerdicts: readonly string[] = [...behaviors, 'WRONG CODE', 'UNCLEAN', 'FAILED BY CLIENT'];
const isBehavior = (value: unknown): value is Behavior => behaviors.some((behavior) => behavior === value);
const isBehaviorClose = (value: unknown): value is BehaviorClose =>
  typeof value === 'string' && closeVerdicts.includes(value);
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Read an `index.json`: agents, with a verdict of each case. */
export function readIndex(text: string): ReadIndex {
  try {
    const index: unknown = JSON.parse(text);
    if (!isRecord(index)) return { ok: false, reason: 'no object of agents' };
    return { ok: true, agents: Object.entries(index).map(([agent, cases]) => readAgent(agent, cases)) };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

function readAgent(agent: string, cases: unknown): IndexedAgent {
  if (!isRecord(cases)) throw new TypeError(`${agent} has no cases`);
  let total = 0;
  const results = Object.entries(cases).map(([id, entry]) => {
    if (!isRecord(entry)) throw new TypeError(`case ${id} is no object`);
    const { behavior, behaviorClose, duration } = entry;
    if (!isBehavior(behavior) || !isBehaviorClose(behaviorClose)) throw new TypeError(`case ${id} has no verdict`);
    total += Number(duration ?? 0);
    return { id, behavior, behaviorClose };
  });
  return { agent, results, duration: total };
}
