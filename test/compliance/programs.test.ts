import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { serveEcho } from '../../compliance/broken/echo-server.ts';
import { strict } from '../../compliance/broken/rules.ts';
import { drive } from '../../compliance/subjects/drive.ts';
import { wsClient } from '../../compliance/subjects/ws-package.ts';
import { Inbox } from '../support/inbox.ts';

const folder = mkdtempSync(join(tmpdir(), 'genws-compliance-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function run(name: string, ...parameters: readonly string[]) {
  const program = resolve(import.meta.dirname, '../../compliance', name);
  const child = spawn(process.execPath, [program, ...parameters], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  await once(child, 'close');
  return { status: child.exitCode, output };
}

describe('pnpm compliance', () => {
  it('tests a server at a URL, says where the report is, and ends with 0 when all is well', async () => {
    const server = await serveEcho(strict);
    const { status, output } = await run('main.ts', server.url.href, '--cases', '2', '--out', folder);
    server.close();
    expect(output).toMatch(new RegExp(`^${server.url.href} +11 +0 +0 +0 +0 +2 `, 'm'));
    expect(output).toContain(join(folder, 'index.html'));
    expect(status).toBe(0);
    const index = JSON.parse(readFileSync(join(folder, 'servers/index.json'), 'utf8'));
    expect(index[server.url.href]['2.1']).toMatchObject({ behavior: 'OK', behaviorClose: 'OK' });
  });

  it('tells what is not well, and ends with 1', async () => {
    const server = await serveEcho({ ...strict, shortControl: () => true });
    const { status, output } = await run('main.ts', server.url.href, '--cases', '2', '--out', folder);
    server.close();
    expect(output).toContain(`${server.url.href}: 2.5 FAILED, closing FAILED\n`);
    expect(status).toBe(1);
  });

  it.each([
    [['--cases', '8'], 'there are no cases 8'],
    [['nowhere'], 'Invalid URL'],
    [['--pace', 'slow'], "Unknown option '--pace'"],
    [['--http2', '--others'], 'the others do not speak HTTP/2'],
  ])('refuses %j, explains itself, and ends with 2', async (parameters, reason) => {
    const { status, output } = await run('main.ts', ...parameters);
    expect(output).toContain(reason);
    expect(output).toContain('usage: pnpm compliance');
    expect(status).toBe(2);
  });
});

it('with --listen it serves the cases to any client, and reports what it found', async () => {
  const parameters = ['--listen', '0', '--cases', '2', '--out', folder];
  const child = spawn(process.execPath, [resolve(import.meta.dirname, '../../compliance/main.ts'), ...parameters]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = new Inbox<string>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text));
  const [, url = ''] = /^11 cases at (\S+)\n$/.exec(await output.next()) ?? [];
  expect(await drive(wsClient, url, 'some client', 4)).toBe(11);
  expect(await output.next()).toMatch(/^some client +11 +0 +0 +0 +0 +2 /m);
  expect(Object.keys(JSON.parse(readFileSync(join(folder, 'clients/index.json'), 'utf8')))).toEqual(['some client']);
});

it('compliance/client.ts says how it is used', async () => {
  const { status, output } = await run('client.ts');
  expect({ status, output }).toEqual({
    status: 2,
    output: 'usage: node compliance/client.ts ws://HOST:PORT [agent] [at-once] [--http2]\n',
  });
});
