import { expect, it } from 'vitest';
import { quickCases, selectCases } from '../../compliance/catalogue.ts';
import { shortcomings, tallyOf } from '../../compliance/report/agent-report.ts';
import { quick } from '../../compliance/run/pace.ts';
import { builtInClient } from '../../compliance/subjects/built-in-client.ts';
import { drive } from '../../compliance/subjects/drive.ts';
import { testClient, testServer } from '../../compliance/subjects/test-runs.ts';
import { serveWithWs, wsClient } from '../../compliance/subjects/ws-package.ts';

const run = { cases: selectCases(quickCases), pace: quick, concurrency: 16 };

/** They check UTF-8 when a message is complete. */
const late = ['6.4.1 NON-STRICT', '6.4.2 NON-STRICT', '6.4.3 NON-STRICT', '6.4.4 NON-STRICT'];
const tally = { OK: 240, 'NON-STRICT': 4, INFORMATIONAL: 3, UNIMPLEMENTED: 0, FAILED: 0 };

it('finds in the server of the ws package what the reference suite finds in sections 1–7 and 10', async () => {
  const server = await serveWithWs();
  const { results } = await testServer('ws', server.url, run);
  server.close();
  expect(shortcomings(results)).toEqual(late);
  expect(tallyOf(results)).toEqual(tally);
});

it('finds that its limit of 16,384 fragments refuses 4 MiB in fragments of 64 and 256 octets', async () => {
  const server = await serveWithWs();
  const { results } = await testServer('ws', server.url, { ...run, cases: selectCases('9.3.1-9.3.3') });
  server.close();
  expect(shortcomings(results)).toHaveLength(2);
  expect(results.map(({ behavior, remoteCloseCode }) => [behavior, remoteCloseCode])).toEqual([
    ['FAILED', 1008],
    ['FAILED', 1008],
    ['OK', 1000],
  ]);
});

it.each([
  ['the client of the ws package', wsClient],
  ['the built-in client of Node', builtInClient],
])('finds in %s that it checks UTF-8 too late, and nothing else', async (name, client) => {
  const start = async (url: string, agent: string, atOnce: number): Promise<void> => {
    await drive(client, url, agent, atOnce);
  };
  const { results } = await testClient(name, start, run);
  expect(shortcomings(results)).toEqual(late);
  expect(tallyOf(results)).toEqual(tally);
});
