import { expect, it } from 'vitest';
import { quickCases, selectCases } from '../../compliance/catalogue.ts';
import { shortcomings, tallyOf } from '../../compliance/report/agent-report.ts';
import { quick } from '../../compliance/run/pace.ts';
import { testOurClient, testOurServer } from '../../compliance/subjects/test-runs.ts';
import { makeTlsFiles } from '../../compliance/subjects/tls-files.ts';

const cases = selectCases(`${quickCases},0`);
const run = { cases, pace: quick, concurrency: 16 };
const beyond = selectCases('0').length;

it.each(['ws', 'wss'])('our server passes sections 1–7 and 10 strictly, over %s', async (scheme) => {
  using tls = await makeTlsFiles();
  const { results } = await testOurServer(run, scheme === 'wss' ? tls : undefined);
  expect(shortcomings(results)).toEqual([]);
  expect(tallyOf(results)).toMatchObject({ OK: 244 + beyond, INFORMATIONAL: 3 });
});

it.each(['ws', 'wss'])('our client passes sections 1–7 and 10 strictly, over %s', async (scheme) => {
  using tls = await makeTlsFiles();
  const { results } = await testOurClient(run, scheme === 'wss' ? tls : undefined);
  expect(shortcomings(results)).toEqual([]);
  expect(tallyOf(results)).toMatchObject({ OK: 244 + beyond, INFORMATIONAL: 3 });
});

it('our server and client pass some cases of each other section strictly', { timeout: 60_000 }, async () => {
  const selection = '9.1.3,9.3.3,9.5.6,9.7.2,9.8.2,12.2.4,12.4.4,13.1.4,13.2.4,13.3.4,13.4.4,13.5.4,13.6.4,13.7.4';
  const some = { ...run, cases: selectCases(selection) };
  expect(shortcomings((await testOurServer(some)).results)).toEqual([]);
  expect(shortcomings((await testOurClient(some)).results)).toEqual([]);
});
