import {
  type Findings,
  type Goal,
  type MetricName,
  metrics,
  type Readings,
  type Workload,
} from '../workloads/workload.ts';
import { ratios, type Summary, summarize } from './statistics.ts';

/** How one contender did. */
export interface Standing {
  readonly name: string;
  readonly value: Summary;
  /** The first contender's values divided by these, round by round; `undefined` for the first one itself. */
  readonly ratio: Summary | undefined;
}

/** Whether a goal was reached. */
export interface Verdict {
  readonly goal: Goal;
  readonly found: number;
  readonly reached: boolean;
}

/** All contenders in one metric. */
export interface Row {
  readonly metric: MetricName;
  readonly standings: readonly Standing[];
  readonly verdicts: readonly Verdict[];
}

/** How busy the processors were, in shares of one core. */
export interface Occupation {
  /** The least of all servers: a server that is not busy is less efficient. */
  readonly server: number;
  /** The most of all generators: one that is always busy would slow the server down. */
  readonly generator: number;
  /** The most of all other processes: they disturb. */
  readonly others: number;
}

/** What is said of one workload. */
export interface Outcome {
  readonly name: string;
  readonly rows: readonly Row[];
  readonly occupation: Occupation | undefined;
  /** All rounds of all contenders. */
  readonly readings: Readonly<Record<string, readonly Readings[]>>;
}

export const valuesOf = (readings: readonly Readings[], metric: MetricName): number[] =>
  readings.map((reading) => reading[metric] ?? Number.NaN);

function verdictOf(goal: Goal, standings: readonly Standing[]): Verdict {
  const judged =
    goal.over === undefined ? standings[0]?.value : standings.find(({ name }) => name === goal.over)?.ratio;
  const found = judged?.median ?? Number.NaN;
  return { goal, found, reached: metrics[goal.metric].better === 'more' ? found >= goal.bound : found <= goal.bound };
}

function rowOf(metric: MetricName, goals: readonly Goal[], findings: Findings): Row {
  const contenders = [...findings].map(([name, readings]) => ({ name, values: valuesOf(readings, metric) }));
  const [first] = contenders;
  const standings = contenders.map(({ name, values }) => ({
    name,
    value: summarize(values),
    ratio: first === undefined || first.name === name ? undefined : summarize(ratios(first.values, values)),
  }));
  const verdicts = goals.filter((goal) => goal.metric === metric).map((goal) => verdictOf(goal, standings));
  return { metric, standings, verdicts };
}

function occupationOf(findings: Findings): Occupation | undefined {
  const medians = (metric: MetricName): number[] =>
    [...findings.values()]
      .map((readings) => summarize(valuesOf(readings, metric)).median)
      .filter((share) => !Number.isNaN(share));
  const servers = medians('serverShare');
  if (servers.length === 0) return undefined;
  return {
    server: Math.min(...servers),
    generator: Math.max(...medians('generatorShare')),
    others: Math.max(...medians('othersShare')),
  };
}

/** Judge what was found under a workload. */
export const judge = ({ name, shown, goals }: Omit<Workload, 'measure'>, findings: Findings): Outcome => ({
  name,
  rows: shown.map((metric) => rowOf(metric, goals, findings)),
  occupation: occupationOf(findings),
  readings: Object.fromEntries(findings),
});
