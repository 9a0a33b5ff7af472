import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { readIndex } from '../../compliance/autobahn/index-file.ts';
import { type AgentReport, shortcomings, table } from '../../compliance/report/agent-report.ts';
import { htmlReport } from '../../compliance/report/html.ts';
import { writeReports } from '../../compliance/report/write-reports.ts';
import type { CaseResult } from '../../compliance/run/run-case.ts';

const result = (id: string, details: Partial<CaseResult> = {}): CaseResult => ({
  id,
  behavior: 'OK',
  behaviorClose: 'OK',
  resultClose: 'as it should be',
  seen: [],
  duration: 3,
  remoteCloseCode: 1000,
  handshake: { request: 'GET / HTTP/1.1', response: 'HTTP/1.1 101' },
  wire: [{ at: 0, who: 'peer', what: 'text, 9 octets', payload: '</script>' }],
  ...details,
});

const report: AgentReport = {
  agent: 'an agent',
  role: 'server',
  duration: 1234,
  results: [
    result('1.1.1'),
    result('6.4.1', { behavior: 'NON-STRICT', remoteCloseCode: 1007 }),
    result('7.1.1', { behaviorClose: 'UNCLEAN', remoteCloseCode: null }),
    result('7.13.1', { behavior: 'INFORMATIONAL', behaviorClose: 'INFORMATIONAL' }),
  ],
};

it('prints a row for each agent, and what was not as it should be', () => {
  expect(table([report])).toBe(
    [
      '          OK  NON-STRICT  INFORMATIONAL  UNIMPLEMENTED  FAILED  sections   time',
      'an agent   2           1              1              0       0     1 6 7  1.2 s',
    ].join('\n'),
  );
  expect(shortcomings(report.results)).toEqual(['6.4.1 NON-STRICT', '7.1.1 OK, closing UNCLEAN']);
});

it('writes index.json in the shape of the reference suite, for servers and for clients', () => {
  const folder = mkdtempSync(join(tmpdir(), 'genws-report-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const client: AgentReport = { ...report, agent: 'a client', role: 'client' };
  expect(writeReports(folder, [report, client])).toBe(join(folder, 'index.html'));

  const written = readFileSync(join(folder, 'servers/index.json'), 'utf8');
  expect(JSON.parse(written)['an agent']['6.4.1']).toEqual({
    behavior: 'NON-STRICT',
    behaviorClose: 'OK',
    duration: 3,
    remoteCloseCode: 1007,
    reportfile: '../index.html#an%20agent/6.4.1',
  });
  const read = readIndex(written);
  expect(read.ok && read.agents.map(({ agent, results }) => [agent, results.length])).toEqual([['an agent', 4]]);
  expect(Object.keys(JSON.parse(readFileSync(join(folder, 'clients/index.json'), 'utf8')))).toEqual(['a client']);
});

it('makes one page that needs nothing else and that no payload can break out of', () => {
  const page = htmlReport([report], new Date(0));
  expect(page).not.toMatch(/\b(?:src|href)=["']?https?:|@import|url\(/);
  const [, data = ''] = /<script type="application\/json" id="data">([^<]*)<\/script>/.exec(page) ?? [];
  const { made, agents, sections } = JSON.parse(data);
  expect(made).toBe('1970-01-01T00:00:00.000Z');
  expect(agents).toEqual([{ name: 'an agent', role: 'server', duration: 1234 }]);
  expect(sections.map(({ number }: { number: number }) => number)).toEqual([1, 6, 7]);
  expect(sections[0].cases[0]).toMatchObject({ id: '1.1.1', results: [{ passed: true }] });
  expect(sections[0].cases[0].results[0].wire[0].payload).toBe('</script>');
});
