import type { Case } from '../case.ts';
import { fuzzServer } from '../fuzzing-client.ts';
import { FuzzingServer } from '../fuzzing-server.ts';
import type { AgentReport } from '../report/agent-report.ts';
import type { Pace } from '../run/pace.ts';
import { builtInClient } from './built-in-client.ts';
import { drive, type EchoClient } from './drive.ts';
import { runClient, startEchoServer } from './programs.ts';
import { makeTlsFiles, type TlsFiles } from './tls-files.ts';
import { serveWithWs, wsClient } from './ws-package.ts';

/** What to test with. */
export interface TestRun {
  readonly cases: readonly Case[];
  readonly pace: Pace;
  /** Cases at the same time. */
  readonly concurrency: number;
  /** Over HTTP/2. Default: over HTTP/1.1. */
  readonly http2?: boolean | undefined;
}

/** What a peer is called: by its URL's scheme, and by the version of HTTP below. */
const nameOf = (peer: string, { http2 }: TestRun, tls: TlsFiles | undefined): string =>
  `${peer}, ${tls === undefined ? 'ws' : 'wss'}${http2 ? ' over HTTP/2' : ''}`;

/** Test a server somewhere. */
export async function testServer(agent: string, url: URL, run: TestRun): Promise<AgentReport> {
  const begin = performance.now();
  const results = await fuzzServer({ ...run, url });
  return { agent, role: 'server', results, duration: performance.now() - begin };
}

/** Test our echo server. */
export async function testOurServer(run: TestRun, tls?: TlsFiles): Promise<AgentReport> {
  await using server = await startEchoServer({ tls, http2: run.http2 });
  return await testServer(nameOf('genws server', run, tls), server.url, run);
}

/** Test a client that is started with the URL of a fuzzing server and an agent's name. */
export async function testClient(
  agent: string,
  start: (url: string, agent: string, atOnce: number) => Promise<void>,
  { cases, pace, concurrency, http2 }: TestRun,
  tls?: TlsFiles,
): Promise<AgentReport> {
  const begin = performance.now();
  const server = await FuzzingServer.listen({ cases, pace, tls, http2 });
  try {
    await start(server.url, agent, concurrency);
    return { agent, role: 'client', results: server.resultsOf(agent), duration: performance.now() - begin };
  } finally {
    server.close();
  }
}

/** Test our client. */
export const testOurClient = (run: TestRun, tls?: TlsFiles): Promise<AgentReport> =>
  testClient(
    nameOf('genws client', run, tls),
    (url, agent, atOnce) => runClient(url, agent, atOnce, { tls, http2: run.http2 }),
    run,
    tls,
  );

/** Everything of ours; a server and a client at the same time, as a peer leaves the suite's core idle half of the time. */
export async function* testOurs(run: TestRun): AsyncGenerator<AgentReport> {
  using tls = await makeTlsFiles();
  for (const secured of [undefined, tls]) {
    yield* await Promise.all([testOurServer(run, secured), testOurClient(run, secured)]);
  }
}

/** What else there is for Node: the server and the client of the `ws` package, and the client that is built in. */
export async function* testOthers(run: TestRun): AsyncGenerator<AgentReport> {
  const server = await serveWithWs();
  yield await testServer('ws package, server', server.url, run);
  server.close();
  const driven = (agent: string, client: EchoClient): Promise<AgentReport> =>
    testClient(agent, async (url, name, atOnce) => void (await drive(client, url, name, atOnce)), run);
  yield await driven('ws package, client', wsClient);
  yield await driven('Node, client', builtInClient);
}
