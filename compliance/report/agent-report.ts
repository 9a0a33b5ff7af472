import { sectionOf } from '../catalogue.ts';
import type { CaseResult } from '../run/run-case.ts';
import { type Behavior, behaviors, isStrict } from '../verdict.ts';

/** All that is known of one peer under test. */
export interface AgentReport {
  readonly agent: string;
  /** What the peer is. */
  readonly role: 'server' | 'client';
  readonly results: readonly CaseResult[];
  /** For all cases together, ms. */
  readonly duration: number;
}

/** How many cases came out how. */
export type Tally = Readonly<Record<Behavior, number>>;

export function tallyOf(results: readonly Pick<CaseResult, 'behavior'>[]): Tally {
  const count = (behavior: Behavior): number => results.filter((result) => result.behavior === behavior).length;
  return {
    OK: count('OK'),
    'NON-STRICT': count('NON-STRICT'),
    INFORMATIONAL: count('INFORMATIONAL'),
    UNIMPLEMENTED: count('UNIMPLEMENTED'),
    FAILED: count('FAILED'),
  };
}

type Verdicts = Pick<CaseResult, 'id' | 'behavior' | 'behaviorClose'>;

/** Whether a case came out as well as can be, in everything. */
export const passed = ({ behavior, behaviorClose }: Verdicts): boolean => isStrict(behavior) && isStrict(behaviorClose);

/** The cases that came out otherwise, as `6.4.1 NON-STRICT` or `7.1.1 OK, closing UNCLEAN`. */
export const shortcomings = (results: readonly Verdicts[]): string[] =>
  results
    .filter((result) => !passed(result))
    .map(({ id, behavior, behaviorClose }) => {
      const closing = isStrict(behaviorClose) ? '' : `, closing ${behaviorClose}`;
      return `${id} ${behavior}${closing}`;
    });

/** A table in plain text: a row for each peer, a column for each verdict. */
export function table(
  reports: readonly (Pick<AgentReport, 'agent' | 'duration'> & { readonly results: readonly Verdicts[] })[],
): string {
  const head = ['', ...behaviors, 'sections', 'time'];
  const rows = reports.map(({ agent, results, duration }) => {
    const tally = tallyOf(results);
    const sections = [...new Set(results.map(({ id }) => sectionOf(id)))];
    const counts = behaviors.map((behavior) => String(tally[behavior]));
    return [agent, ...counts, sections.join(' '), `${(duration / 1000).toFixed(1)} s`];
  });
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  return [head, ...rows]
    .map((row) =>
      row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))),
    )
    .map((cells) => cells.join('  ').trimEnd())
    .join('\n');
}
