import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sections } from '../catalogue.ts';
import type { CaseResult } from '../run/run-case.ts';
import { describeOutcomes } from '../run/trace.ts';
import { type AgentReport, passed } from './agent-report.ts';

const read = (name: string): string => readFileSync(join(import.meta.dirname, 'page', name), 'utf8');

/** What the page knows. */
interface PageData {
  readonly made: string;
  readonly agents: readonly { readonly name: string; readonly role: string; readonly duration: number }[];
  readonly sections: readonly {
    readonly number: number;
    readonly title: string;
    readonly cases: readonly PageCase[];
  }[];
}

interface PageCase {
  readonly id: string;
  readonly title: string;
  readonly expectation: string;
  readonly outcomes: readonly string[];
  /** Of each agent, in their order; `null` where the case was not run. */
  readonly results: readonly ((CaseResult & { readonly passed: boolean }) | null)[];
}

/** The report as one page that needs nothing else. */
export function htmlReport(reports: readonly AgentReport[], made: Date = new Date()): string {
  const byId = reports.map(({ results }) => new Map(results.map((result) => [result.id, result])));
  const played = new Set(reports.flatMap(({ results }) => results.map(({ id }) => id)));
  const data: PageData = {
    made: made.toISOString(),
    agents: reports.map(({ agent, role, duration }) => ({ name: agent, role, duration })),
    sections: sections
      .map(({ number, title, cases }) => ({
        number,
        title,
        cases: cases
          .filter(({ id }) => played.has(id))
          .map(({ id, title, expectation, outcomes }) => ({
            id,
            title,
            expectation,
            outcomes: describeOutcomes(outcomes),
            results: byId.map((results) => withPassed(results.get(id))),
          })),
      }))
      .filter(({ cases }) => cases.length > 0),
  };
  // As text of a script element, where only an end tag could end it.
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  return read('page.html')
    .replace('/* style */', () => read('page.css'))
    .replace('/* data */', () => json)
    .replace('/* script */', () => read('page.js'));
}

const withPassed = (result: CaseResult | undefined): (CaseResult & { readonly passed: boolean }) | null =>
  result === undefined ? null : { ...result, passed: passed(result) };
