import { expect, it } from 'vitest';
import { serveEcho } from '../../compliance/broken/echo-server.ts';
import { brokenPeers } from '../../compliance/broken/peers.ts';
import { type Rules, strict } from '../../compliance/broken/rules.ts';
import { quickCases, selectCases } from '../../compliance/catalogue.ts';
import { fuzzServer } from '../../compliance/fuzzing-client.ts';
import { passed } from '../../compliance/report/agent-report.ts';

/** The quick ones, and what the reference suite does not ask. */
const quick = selectCases(`${quickCases},0`);
/** Cases with compression, for each kind of parameters. */
const compressed = selectCases('12.1.5,13.1.5,13.2.5,13.3.1,13.3.5,13.4.5,13.5.1,13.5.5,13.6.5,13.7.5');
const pace = { pause: 300, patience: 1500 };

/** The cases that a server does not pass, of those that may show what is wrong with it. */
async function play(mutation: Partial<Rules>): Promise<{ played: readonly string[]; failed: readonly string[] }> {
  const cases = 'windowBits' in mutation ? [...quick, ...compressed] : quick;
  const server = await serveEcho({ ...strict, ...mutation });
  const results = await fuzzServer({ url: server.url, cases, pace, concurrency: 32 });
  server.close();
  const failed = results.filter((result) => !passed(result));
  return { played: cases.map(({ id }) => id), failed: failed.map(({ id }) => id) };
}

it('passes an echo server that has nothing wrong', async () => {
  const { played, failed } = await play({ windowBits: strict.windowBits });
  expect(played).toHaveLength(quick.length + compressed.length);
  expect(failed).toEqual([]);
});

it.each(brokenPeers)('finds that an echo server $name, and nothing else', async ({ mutation, fails }) => {
  const expected = new Set(selectCases(fails).map(({ id }) => id));
  const { played, failed } = await play(mutation);
  expect(failed).toEqual(played.filter((id) => expected.has(id)));
  expect(failed).not.toEqual([]);
});
