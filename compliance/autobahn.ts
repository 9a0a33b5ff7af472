/**
 * `pnpm compliance:autobahn [--out FOLDER]`: the reference suite, in Docker, tests our echo server and our client, over
 * `ws:` and `wss:`. Ends with 1 unless every case comes out OK or INFORMATIONAL, with 2 where there is no Docker.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { freePort, isDockerThere, type Mounts, runFuzzingClient, startFuzzingServer } from './autobahn/docker.ts';
import { type IndexedAgent, readIndex } from './autobahn/index-file.ts';
import { referenceCases } from './catalogue.ts';
import { passed, shortcomings, table } from './report/agent-report.ts';
import { runClient, startEchoServer } from './subjects/programs.ts';
import { makeTlsFiles, type TlsFiles } from './subjects/tls-files.ts';

const everything = { cases: ['*'], 'exclude-cases': [], 'exclude-agent-cases': {}, options: { failByDrop: false } };
const scheme = (tls: TlsFiles | undefined): 'ws' | 'wss' => (tls === undefined ? 'ws' : 'wss');

const writeConfig = ({ config }: Mounts, name: string, settings: object): void =>
  writeFileSync(join(config, name), JSON.stringify({ ...everything, ...settings }, null, 2));

/** What the reference suite has found, from its `index.json`. */
function agentIn(mounts: Mounts, outdir: string): IndexedAgent {
  const read = readIndex(readFileSync(join(mounts.reports, outdir, 'index.json'), 'utf8'));
  const [agent] = read.ok ? read.agents : [];
  if (agent === undefined) throw new Error(`${outdir}/index.json: ${read.ok ? 'no agent' : read.reason}`);
  return agent;
}

async function testServer(mounts: Mounts, tls?: TlsFiles): Promise<IndexedAgent> {
  await using server = await startEchoServer({ tls });
  const url = `${scheme(tls)}://host.docker.internal:${server.url.port}`;
  const outdir = `servers-${scheme(tls)}`;
  const servers = [{ agent: `genws server, ${scheme(tls)}`, url }];
  writeConfig(mounts, 'fuzzingclient.json', { outdir: `/reports/${outdir}`, servers });
  await runFuzzingClient(mounts);
  return agentIn(mounts, outdir);
}

async function testClient(mounts: Mounts, tls?: TlsFiles): Promise<IndexedAgent> {
  const port = await freePort();
  const outdir = `clients-${scheme(tls)}`;
  if (tls !== undefined) {
    writeFileSync(join(mounts.config, 'key.pem'), tls.key, { mode: 0o600 });
    writeFileSync(join(mounts.config, 'cert.pem'), tls.cert);
  }
  const secure = tls === undefined ? {} : { key: '/config/key.pem', cert: '/config/cert.pem' };
  const url = `${scheme(tls)}://0.0.0.0:${port}`;
  writeConfig(mounts, 'fuzzingserver.json', { url, outdir: `/reports/${outdir}`, webport: 8080, ...secure });
  await using _suite = await startFuzzingServer(mounts, port);
  await runClient(`${scheme(tls)}://localhost:${port}`, `genws client, ${scheme(tls)}`, 1, { tls });
  return agentIn(mounts, outdir);
}

async function main(folder: string): Promise<boolean> {
  const mounts = { config: join(folder, 'config'), reports: join(folder, 'reports') };
  for (const path of Object.values(mounts)) mkdirSync(path, { recursive: true });
  using tls = await makeTlsFiles();
  const agents: IndexedAgent[] = [];
  for (const secured of [undefined, tls]) {
    agents.push(await testServer(mounts, secured), await testClient(mounts, secured));
  }
  console.log(table(agents));
  for (const { agent, results } of agents) {
    for (const shortcoming of shortcomings(results)) console.log(`${agent}: ${shortcoming}`);
  }
  return agents.every(({ results }) => results.length === referenceCases.length && results.every(passed));
}

const { values } = parseArgs({ options: { out: { type: 'string', default: 'artifacts/autobahn' } } });
if (await isDockerThere()) {
  process.exitCode = (await main(resolve(values.out))) ? 0 : 1;
} else {
  console.error('There is no Docker here, or it does not run. `pnpm compliance` plays the same cases without it.');
  process.exitCode = 2;
}
