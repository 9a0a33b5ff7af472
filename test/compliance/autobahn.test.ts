import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readIndex } from '../../compliance/autobahn/index-file.ts';
import { passed, shortcomings, table } from '../../compliance/report/agent-report.ts';

const program = resolve(import.meta.dirname, '../../compliance/autobahn.ts');

/** As the reference suite writes it. */
const sample = JSON.stringify({
  'genws server, ws': {
    '1.1.1': { behavior: 'OK', behaviorClose: 'OK', duration: 2, remoteCloseCode: 1000, reportfile: 'a_1_1_1.json' },
    '6.4.1': {
      behavior: 'NON-STRICT',
      behaviorClose: 'OK',
      duration: 2002,
      remoteCloseCode: 1007,
      reportfile: 'b.json',
    },
    '7.1.6': {
      behavior: 'INFORMATIONAL',
      behaviorClose: 'INFORMATIONAL',
      duration: 15,
      remoteCloseCode: 1000,
      reportfile: 'c.json',
    },
    '7.9.1': {
      behavior: 'OK',
      behaviorClose: 'FAILED BY CLIENT',
      duration: 1001,
      remoteCloseCode: null,
      reportfile: 'd.json',
    },
  },
});

describe('pnpm compliance:autobahn', () => {
  it('says that there is no Docker, names what does without, and ends with 2', () => {
    const env = { ...process.env, PATH: '' };
    const { status, stderr, stdout } = spawnSync(process.execPath, [program], { env, encoding: 'utf8' });
    expect(stderr).toBe(
      'There is no Docker here, or it does not run. `pnpm compliance` plays the same cases without it.\n',
    );
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  it('reads what the reference suite has written', () => {
    const read = readIndex(sample);
    if (!read.ok) throw new Error(read.reason);
    const [agent] = read.agents;
    expect(agent?.results.filter(passed).map(({ id }) => id)).toEqual(['1.1.1', '7.1.6']);
    expect(agent && shortcomings(agent.results)).toEqual(['6.4.1 NON-STRICT', '7.9.1 OK, closing FAILED BY CLIENT']);
    expect(table(read.agents)).toContain('genws server, ws   2           1              1              0       0');
  });

  it.each(['', '[]', '{"a":1}', '{"a":{"1.1.1":{}}}', '{"a":{"1.1.1":{"behavior":"OK","behaviorClose":"FINE"}}}'])(
    'does not take %s for results',
    (text) => {
      expect(readIndex(text).ok).toBe(false);
    },
  );
});
