import type { CaseResult } from '../run/run-case.ts';
import type { AgentReport } from './agent-report.ts';

/** What stands in the reference suite's `index.json` about a case. */
export interface IndexEntry extends Pick<CaseResult, 'behavior' | 'behaviorClose' | 'duration' | 'remoteCloseCode'> {
  /** Where there is more about it. */
  readonly reportfile: string;
}

/** Agents to case ids to entries, as in the reference suite's `index.json`. */
export type Index = Readonly<Record<string, Readonly<Record<string, IndexEntry>>>>;

/** Where the report is, seen from the index. */
const page = '../index.html';

export const indexOf = (reports: readonly AgentReport[]): Index =>
  Object.fromEntries(
    reports.map(({ agent, results }) => [
      agent,
      Object.fromEntries(
        results.map(({ id, behavior, behaviorClose, duration, remoteCloseCode }) => {
          const reportfile = `${page}#${encodeURIComponent(agent)}/${id}`;
          return [id, { behavior, behaviorClose, duration, remoteCloseCode, reportfile }];
        }),
      ),
    ]),
  );
