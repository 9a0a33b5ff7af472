import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { selectCases } from '../../compliance/catalogue.ts';
import { FuzzingServer } from '../../compliance/fuzzing-server.ts';
import { quick } from '../../compliance/run/pace.ts';

/** The one message that comes, and the code with which the server closes. */
async function ask(url: string): Promise<{ text: string | undefined; code: number }> {
  const socket = new WebSocket(url);
  let text: string | undefined;
  socket.on('message', (data) => {
    text = String(data);
  });
  const [code] = await once(socket, 'close');
  return { text, code };
}

it('has the URLs of the reference suite, so that its client drivers work', async () => {
  const reports: string[] = [];
  const server = await FuzzingServer.listen({
    cases: selectCases('2.1,2.7'),
    pace: quick,
    onReports: (agent, results) => {
      reports.push(`${agent}: ${results.map(({ id, behavior }) => `${id} ${behavior}`).join(', ')}`);
    },
  });
  onTestFinished(() => server.close());
  const of = (query: string): string => `${server.url}${query}`;

  expect(await ask(of('/getCaseCount'))).toEqual({ text: '2', code: 1000 });
  const info = await ask(of('/getCaseInfo?case=2'));
  expect(JSON.parse(info.text ?? '')).toEqual({ id: '2.7', description: selectCases('2.7')[0]?.title });

  const played = new WebSocket(of('/runCase?case=2&agent=some%20agent'));
  const [code] = await once(played, 'close');
  expect(code).toBe(1000);
  await new Promise<void>((resolve) => {
    const poll = (): void => void (server.resultsOf('some agent').length > 0 ? resolve() : setImmediate(poll));
    poll();
  });

  const status = await ask(of('/getCaseStatus?case=2&agent=some%20agent'));
  expect(JSON.parse(status.text ?? '')).toEqual({ behavior: 'OK' });
  expect(await ask(of('/updateReports?agent=some%20agent'))).toEqual({ text: undefined, code: 1000 });
  expect(reports).toEqual(['some agent: 2.7 OK']);
});

it('knows no case beyond the last', async () => {
  const server = await FuzzingServer.listen({ cases: selectCases('2.1'), pace: quick });
  onTestFinished(() => server.close());
  const [error] = await once(new WebSocket(`${server.url}/runCase?case=2&agent=a`), 'error');
  expect(String(error)).toContain('404');
});
