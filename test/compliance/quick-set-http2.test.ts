import { describe, expect, it } from 'vitest';
import { serveEcho } from '../../compliance/broken/echo-server.ts';
import { brokenPeers } from '../../compliance/broken/peers.ts';
import { strict } from '../../compliance/broken/rules.ts';
import { quickCases, selectCases } from '../../compliance/catalogue.ts';
import { passed, shortcomings, tallyOf } from '../../compliance/report/agent-report.ts';
import { quick } from '../../compliance/run/pace.ts';
import { testOurClient, testOurServer, testServer } from '../../compliance/subjects/test-runs.ts';
import { makeTlsFiles } from '../../compliance/subjects/tls-files.ts';

const cases = selectCases(`${quickCases},0`);
const run = { cases, pace: quick, concurrency: 16, http2: true };
const beyond = selectCases('0').length;

it.each(['ws', 'wss'])('our server passes sections 1–7 and 10 strictly, over %s on HTTP/2', async (scheme) => {
  using tls = await makeTlsFiles();
  const { results } = await testOurServer(run, scheme === 'wss' ? tls : undefined);
  expect(shortcomings(results)).toEqual([]);
  expect(tallyOf(results)).toMatchObject({ OK: 244 + beyond, INFORMATIONAL: 3 });
  expect(new Set(results.map(({ handshake }) => handshake?.request.split('\r\n')[1]))).toEqual(
    new Set([':protocol: websocket']),
  );
});

it.each(['ws', 'wss'])('our client passes sections 1–7 and 10 strictly, over %s on HTTP/2', async (scheme) => {
  using tls = await makeTlsFiles();
  const { results } = await testOurClient(run, scheme === 'wss' ? tls : undefined);
  expect(shortcomings(results)).toEqual([]);
  expect(tallyOf(results)).toMatchObject({ OK: 244 + beyond, INFORMATIONAL: 3 });
});

it('our server and client pass some cases of each other section strictly, on HTTP/2', async () => {
  const selection = '9.1.3,9.3.3,9.5.6,12.2.4,13.1.4,13.3.4,13.7.4';
  const some = { ...run, cases: selectCases(selection) };
  expect(shortcomings((await testOurServer(some)).results)).toEqual([]);
  expect(shortcomings((await testOurClient(some)).results)).toEqual([]);
}, 60_000);

describe('an echo server on HTTP/2', () => {
  /** The cases that it does not pass, of the quick ones. */
  async function failures(rules: Parameters<typeof serveEcho>[0]): Promise<readonly string[]> {
    const server = await serveEcho(rules, { http2: true });
    const { results } = await testServer('broken', server.url, { ...run, pace: { pause: 300, patience: 1500 } });
    server.close();
    return results.filter((result) => !passed(result)).map(({ id }) => id);
  }

  it('passes when it has nothing wrong', async () => {
    expect(await failures(strict)).toEqual([]);
  });

  it.each(brokenPeers.filter(({ mutation }) => 'answersClose' in mutation || 'textSoFar' in mutation))(
    'is found out when it $name',
    async ({ mutation, fails }) => {
      const expected = new Set(selectCases(fails).map(({ id }) => id));
      expect(await failures({ ...strict, ...mutation })).toEqual(
        cases.map(({ id }) => id).filter((id) => expected.has(id)),
      );
    },
  );
});
