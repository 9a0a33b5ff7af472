import { metrics } from '../workloads/workload.ts';
import type { Outcome, Row, Standing, Verdict } from './outcome.ts';

/** A value with as many digits as it is worth. */
export function shownValue(value: number): string {
  if (Number.isNaN(value)) return '-';
  return value < 100 ? String(Number(value.toPrecision(3))) : Math.round(value).toLocaleString('en');
}

const shownRatio = (value: number): string => shownValue(value < 10 ? Number(value.toFixed(2)) : value);

function cell({ value, ratio }: Standing): string {
  const shown = shownValue(value.median);
  if (ratio === undefined || Number.isNaN(ratio.median)) return shown;
  const [middle, least, most] = [ratio.median, ratio.least, ratio.most].map(shownRatio);
  return `${shown} (**${middle}**, ${least} to ${most})`;
}

function goalText({ goal, found, reached }: Verdict): string {
  const bound = `${metrics[goal.metric].better === 'more' ? '≥' : '≤'} ${shownValue(goal.bound)}`;
  const over = goal.over === undefined ? '' : ` × ${goal.over}`;
  return `${bound}${over}: ${Number.isNaN(found) ? 'not measured' : reached ? 'yes' : '**no**'}`;
}

/** Contenders that have a column; others share one. */
const columns = ['genws', 'ws', 'raw'];

function line(row: Row, workload: string, busy: string): string {
  const named = (name: string): string => {
    const standing = row.standings.find((candidate) => candidate.name === name);
    return standing === undefined ? '' : cell(standing);
  };
  const others = row.standings
    .filter(({ name }) => !columns.includes(name))
    .map((standing) => `${standing.name} ${cell(standing)}`)
    .join('; ');
  const goals = row.verdicts.map(goalText).join('; ');
  const cells = [workload, metrics[row.metric].title, ...columns.map(named), others, goals, busy];
  return `| ${cells.join(' | ')} |`;
}

/** The lines of one workload. */
export function tableLines({ name, rows, occupation }: Outcome): string[] {
  const busy =
    occupation === undefined
      ? ''
      : [occupation.server, occupation.generator, occupation.others].map((share) => share.toFixed(2)).join(', ');
  return rows.map((row, index) => (index === 0 ? line(row, name, busy) : line(row, '', '')));
}

/** The head of the table. */
export const tableHead: readonly string[] = [
  `| workload | measured | ${columns.join(' | ')} | others | goal | busy |`,
  '| --- | --- | ---: | ---: | ---: | ---: | --- | --- |',
];

/** What the cells mean. */
export const legend =
  'Medians of all rounds; in parentheses **the first contender divided by this one**, median and range of the rounds. ' +
  '`raw` echoes bytes with `node:net` alone. Busy: shares of one core that the servers took at least, ' +
  'the generator at most, and all other processes of the machine at most.';

/** The share of a core that others may take before a measurement is doubtful. */
const quiet = 0.1;

/** What makes the numbers doubtful, a line for each workload. */
export const doubts = (outcomes: readonly Outcome[]): string[] =>
  outcomes.flatMap(({ name, occupation }) =>
    occupation !== undefined && occupation.others > quiet
      ? [`${name}: other processes took ${occupation.others.toFixed(2)} of a core, so measure again when they do not.`]
      : [],
  );
