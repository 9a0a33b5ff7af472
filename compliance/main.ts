/**
 * The conformance suite: `pnpm compliance [URL] [--http2] [--others] [--listen PORT] [--cases 1-7,10] [--out FOLDER]`.
 *
 * It tests the server at the URL; with `--listen`, whatever client comes to that port; with `--others`, the `ws` package
 * and Node's own client; with none of them our own echo server and client, over `ws:` and `wss:`. With `--http2` all
 * this is over HTTP/2, which the others do not speak. It ends with 1 unless every case comes out OK or INFORMATIONAL.
 */
import { parseArgs } from 'node:util';
import type { Case } from './case.ts';
import { referenceCases, selectCases } from './catalogue.ts';
import { FuzzingServer } from './fuzzing-server.ts';
import { type AgentReport, passed, shortcomings, table } from './report/agent-report.ts';
import { writeReports } from './report/write-reports.ts';
import { unhurried } from './run/pace.ts';
import { type TestRun, testOthers, testOurs, testServer } from './subjects/test-runs.ts';

const usage = `usage: pnpm compliance [ws://HOST:PORT] [--http2] [--others] [--listen PORT]
                       [--cases 1-7,10] [--out FOLDER] [--concurrency 8]`;

interface Arguments {
  readonly url: URL | undefined;
  readonly http2: boolean;
  readonly others: boolean;
  readonly listen: number | undefined;
  readonly cases: readonly Case[];
  readonly out: string;
  readonly concurrency: number;
}

function readArguments(): Arguments {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      http2: { type: 'boolean', default: false },
      others: { type: 'boolean', default: false },
      listen: { type: 'string' },
      cases: { type: 'string' },
      out: { type: 'string', default: 'artifacts/compliance' },
      concurrency: { type: 'string', default: '8' },
    },
  });
  const [address] = positionals;
  if (values.http2 && values.others) throw new RangeError('the others do not speak HTTP/2');
  return {
    url: address === undefined ? undefined : new URL(address),
    http2: values.http2,
    others: values.others,
    listen: values.listen === undefined ? undefined : Number(values.listen),
    cases: values.cases === undefined ? referenceCases : selectCases(values.cases),
    out: values.out,
    concurrency: Number(values.concurrency),
  };
}

/** Print what was found, and write it down. */
function publish(out: string, reports: readonly AgentReport[]): void {
  console.log(table(reports));
  for (const { agent, results } of reports) {
    for (const shortcoming of shortcomings(results)) console.log(`${agent}: ${shortcoming}`);
  }
  console.log(`\n${writeReports(out, reports)}`);
}

/** Serve the cases, as the reference suite does, until the process is ended. */
async function serve({ cases, http2, out }: Arguments, port: number): Promise<void> {
  const begin = performance.now();
  const server = await FuzzingServer.listen({
    cases,
    port,
    http2,
    pace: unhurried,
    onReports: (agent, results) => {
      publish(out, [{ agent, role: 'client', results, duration: performance.now() - begin }]);
    },
  });
  console.log(`${cases.length} cases at ${server.url}`);
}

async function* test({ url, others }: Arguments, run: TestRun): AsyncGenerator<AgentReport> {
  if (url !== undefined) yield await testServer(url.href, url, run);
  else yield* others ? testOthers(run) : testOurs(run);
}

async function main(): Promise<boolean> {
  const given = readArguments();
  const { cases, out, concurrency, http2, listen } = given;
  if (listen !== undefined) {
    await serve(given, listen);
    return true;
  }
  const reports: AgentReport[] = [];
  for await (const report of test(given, { cases, pace: unhurried, concurrency, http2 })) {
    const well = report.results.filter(passed).length;
    console.error(
      `${report.agent}: ${well} of ${cases.length} as it should be, ${Math.round(report.duration / 1000)} s`,
    );
    reports.push(report);
  }
  publish(out, reports);
  return reports.every(({ results }) => results.length === cases.length && results.every(passed));
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n${usage}`);
  process.exitCode = 2;
}
