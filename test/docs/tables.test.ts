import { inspect } from 'node:util';
import { deflateDefaults, type RefusalRow, refusals, violations } from '@genws/protocol';
import { defaultLimits, defaultTimeouts, type SessionExit, sessionMachine } from '@genws/session';
import { rejections } from 'genws';
import { describe, expect, it } from 'vitest';
import { endings, playEnding } from './endings.ts';
import { code, expectGenerated, table } from './generated.ts';
import { documents } from './markdown.ts';
import { diagramOf } from './statechart.ts';

/** An exit reason as one would write it; errors and violations by their name alone. */
function shown(exit: SessionExit): string {
  const parts = Object.entries(exit).map(([name, value]: [string, unknown]) => {
    const isData = typeof value !== 'object' || value === null || ('type' in value && value.type === 'close');
    return isData ? `${name}: ${inspect(value)}` : name;
  });
  return code(`{ ${parts.join(', ')} }`);
}

const source = (path: string): string => documents([`packages/${path}`])[0]?.text ?? '';

/** The part of a text from one phrase to the next occurrence of another. */
function between(text: string, from: string, to: string): string {
  const start = text.indexOf(from);
  if (start === -1) throw new Error(`there is no ${JSON.stringify(from)}`);
  const end = text.indexOf(to, start + from.length);
  return text.slice(start, end === -1 ? undefined : end);
}

const refusalRows = (wanted: (row: RefusalRow) => boolean): [string, RefusalRow][] =>
  Object.entries<RefusalRow>(refusals).filter(([, row]) => wanted(row));

describe('docs/errors.md', () => {
  it('lists every violation with its close code, its section and its words', () => {
    const rows = Object.entries(violations).map(([name, { closeCode, rfc, text }]) => [
      code(name),
      String(closeCode),
      rfc,
      text,
    ]);
    expectGenerated('docs/errors.md', 'violations', table(['code', 'close code', 'rule', 'text'], rows));
  });

  it('lists every refusal of a request with its HTTP status', () => {
    const rows = refusalRows(({ status }) => status !== null).map(([name, { status, rfc, text }]) => [
      code(name),
      String(status),
      rfc,
      text,
    ]);
    expectGenerated('docs/errors.md', 'request refusals', table(['code', 'HTTP status', 'rule', 'text'], rows));
  });

  it('lists everything for which a right request is turned away, with its HTTP status', () => {
    const rows = Object.entries(rejections).map(([name, { status, text }]) => [code(name), String(status), text]);
    rows.push([code('denied'), '300 to 599', 'that of `deny`']);
    expectGenerated('docs/errors.md', 'rejections', table(['code', 'HTTP status', 'text'], rows));
  });

  it('lists every refusal that is the client’s alone', () => {
    const rows = refusalRows(({ status }) => status === null).map(([name, { rfc, text }]) => [code(name), rfc, text]);
    expectGenerated('docs/errors.md', 'client refusals', table(['code', 'rule', 'text'], rows));
  });

  it('tells of every ending what the peer gets, what terminate is told, and what is reported', async () => {
    const rows: string[][] = [];
    for (const ending of endings) {
      const { frame, exit, report } = await playEnding(ending);
      rows.push([ending.what, frame || '–', shown(exit), report === '' ? '–' : code(report)]);
    }
    expectGenerated('docs/errors.md', 'endings', table(['what happens', 'close frame', 'exit reason', 'report'], rows));
  });
});

describe('docs/errors.md, where a name is only a type', () => {
  const text = documents(['docs/errors.md'])[0]?.text ?? '';

  it('names every failure of connect that is not a refusal', () => {
    const union = between(
      source('genws/src/connecting/connect-error.ts'),
      'export type ConnectFailure',
      'export interface',
    );
    const codes = [...union.matchAll(/readonly code: '(\w+)'/g)].map(([, name]) => name);
    const part = between(text, '<!-- connect failures -->', '<!-- /connect failures -->');
    expect([...part.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name)).toEqual(codes);
  });

  it('names every exit reason and every kind of error', () => {
    const reasons = source('session/src/reason.ts');
    const kinds = between(reasons, 'export type SessionErrorKind', ';').matchAll(/'(\w+)'/g);
    const types = between(reasons, 'export type SessionExit', ';\n').matchAll(/type: '(\w+)'/g);
    const part = between(text, '## How sessions end', '<!-- endings -->');
    const named = [...part.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
    expect(named.sort()).toEqual([...types, ...kinds].map(([, name]) => name).sort());
  });

  it('names every report that the sources make', () => {
    const made = documents(['packages/{actor,session,genws}/src/**/!(*.test).ts'])
      .flatMap(({ text: code }) => [
        ...code.matchAll(/event: '((?:session|handshake|http2|server|supervisor|client)\.[\w.]+)'/g),
      ])
      .map(([, name]) => name);
    const ofEvents = between(source('session/src/ending.ts'), 'function reportText', '\n}').matchAll(
      /case '([\w.]+)'/g,
    );
    const part = between(text, '## Reports', '## What is thrown');
    const named = [...part.matchAll(/^\| `([\w.]+)`/gm)].map(([, name]) => name);
    expect(named.sort()).toEqual([...new Set([...made, ...[...ofEvents].map(([, name]) => `session.${name}`)])].sort());
  });
});

describe('docs/guide.md', () => {
  const rowsOf = (words: string): Record<string, string> => {
    const text = documents(['docs/guide.md'])[0]?.text ?? '';
    const part = text.slice(text.indexOf(`<!-- ${words} -->`), text.indexOf(`<!-- /${words} -->`));
    const rows = [...part.matchAll(/^\| `(\w+)` +\| (\S+) /gm)];
    return Object.fromEntries(rows.map(([, name = '', value = '']) => [name, value]));
  };
  const written = (defaults: object): Record<string, string> => {
    const rows = Object.entries(defaults).map(([name, value]: [string, unknown]) => [
      name,
      typeof value === 'number' && Number.isFinite(value) ? value.toLocaleString('en') : String(value),
    ]);
    return Object.fromEntries(rows);
  };

  it('names every limit with its default', () => {
    expect(rowsOf('limits')).toEqual(written(defaultLimits));
  });

  it('names every timeout with its default', () => {
    expect(rowsOf('timeouts')).toEqual(written(defaultTimeouts));
  });

  it('names every option of compression with its default', () => {
    expect(rowsOf('compression')).toEqual(written(deflateDefaults));
  });
});

describe('docs/architecture.md', () => {
  it('draws the statechart that runs', () => {
    const diagram = `\`\`\`mermaid\n${diagramOf(sessionMachine.root)}\n\`\`\``;
    expectGenerated('docs/architecture.md', 'statechart', diagram);
  });

  it.each(['protocol', 'actor', 'session', 'genws', 'inspector'])('lists every file of %s', (name) => {
    const { text } = documents(['docs/architecture.md'])[0] ?? { text: '' };
    const part = between(text, `\`packages/${name}/src\`:`, '\n\n`packages/').split('\n\nEach package')[0] ?? '';
    const rows = part.split('\n').filter((line) => line.startsWith('| `'));
    const listed = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, file]) => file));
    const files = documents([`packages/${name}/src/**/*.ts`])
      .map(({ path }) => path.replace(`packages/${name}/src/`, ''))
      .filter((path) => !/\.(?:test|test-d|fixture)\.ts$/.test(path) && path !== 'index.ts');
    expect(listed.sort()).toEqual(files.sort());
  });
});
