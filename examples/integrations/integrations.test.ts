import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket as WsClient } from 'ws';
import { certificate } from '../../test/support/certificate.ts';
import { Example } from '../../test/support/example.ts';
import { type HttpAnswer, httpAnswer, upgradeHeaders } from '../../test/support/http-answer.ts';
import { type WsPeer, wsPeer } from '../../test/support/ws-peer.ts';

const known = { Cookie: 'theme=dark; session=s3cret' };
const unknown = { Cookie: 'session=guess' };

/** What a server says on its standard error unless something is wrong. */
const onlyRefusals = /^(?:info handshake\.refused .+\n)*$/;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'genws-'));
  const { key, cert } = await certificate();
  await Promise.all([writeFile(join(folder, 'key.pem'), key), writeFile(join(folder, 'cert.pem'), cert)]);
});
afterAll(() => rm(folder, { recursive: true }));

describe.each([
  { name: 'node-http-server', secure: false, nowhere: 'there is no such page\n' },
  { name: 'node-https-server', secure: true, nowhere: 'there is no such page\n' },
  { name: 'express-server', secure: false, nowhere: 'there is no WebSocket at this path\n' },
  { name: 'fastify-server', secure: false, nowhere: expect.stringContaining('Route GET:/elsewhere not found') },
  { name: 'hono-server', secure: false, nowhere: 'there is no WebSocket at this path\n' },
])('$name', ({ name, secure, nowhere }) => {
  let server: Example;
  let port: number;
  let origin: string;
  beforeAll(async () => {
    const env = { PORT: '0', TLS_KEY: join(folder, 'key.pem'), TLS_CERT: join(folder, 'cert.pem') };
    server = new Example(`integrations/${name}.ts`, [], env);
    port = Number((await server.url()).port);
    origin = `${secure ? 'https' : 'http'}://127.0.0.1:${port}`;
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const page = (headers: Readonly<Record<string, string>>): Promise<HttpAnswer> =>
    httpAnswer({ port, secure }, '/', headers);

  const upgrade = (path: string, headers: Readonly<Record<string, string>>): Promise<HttpAnswer> =>
    httpAnswer({ port, secure }, path, { ...upgradeHeaders, Origin: origin, ...headers });

  async function open(): Promise<WsPeer> {
    const url = `${secure ? 'wss' : 'ws'}://127.0.0.1:${port}/live`;
    const peer = wsPeer(new WsClient(url, { rejectUnauthorized: false, origin, headers: known }));
    await once(peer.socket, 'open');
    return peer;
  }

  it('serves its page to those it knows, and to nobody else', async () => {
    expect(await page(known)).toMatchObject({ status: 200, body: 'hello, ann\n' });
    expect(await page(unknown)).toMatchObject({ status: 401, body: 'who are you?\n' });
    expect(await page({})).toMatchObject({ status: 401, body: 'who are you?\n' });
  });

  it('echoes on the same port to those it knows, and its handler knows who they are', async () => {
    const { socket, heard, closed } = await open();
    expect(await heard.next()).toBe('text hello, ann');
    socket.send('grüße 👋');
    socket.send(Buffer.from([0, 255]));
    expect(await heard.take(2)).toEqual(['text grüße 👋', 'binary 00ff']);
    socket.close(1000);
    expect(await closed).toBe('1000');
  });

  it('A21: refuses the WebSocket to whom it refuses the page, with the same words', async () => {
    for (const headers of [{}, unknown]) {
      const { status, body } = await page(headers);
      expect(await upgrade('/live', headers)).toMatchObject({ status, body });
      expect(status).toBe(401);
    }
  });

  it('refuses the WebSocket to pages of somebody else, whose visitors send the same cookie (RFC 6455 §10.2)', async () => {
    expect(await upgrade('/live', { ...known, Origin: 'https://elsewhere.example' })).toMatchObject({ status: 403 });
  });

  it('answers an upgrade to another path instead of leaving it without one', async () => {
    expect(await upgrade('/elsewhere', known)).toMatchObject({ status: 404, body: nowhere });
  });

  it('serves its page to clients that would rather speak something else than a WebSocket (RFC 9110 §7.8)', async () => {
    expect(await page({ ...known, Upgrade: 'h2c', Connection: 'Upgrade' })).toMatchObject({
      status: 200,
      body: 'hello, ann\n',
    });
  });

  it('ends on SIGTERM with exit code 0, after telling its clients that it goes away (RFC 6455 §7.4.1)', async () => {
    const visitors = await Promise.all([open(), open()]);
    await page(known);
    const { code, stderr } = await server.terminate();
    expect(code).toBe(0);
    expect(stderr).toMatch(onlyRefusals);
    expect(await Promise.all(visitors.map(({ closed }) => closed))).toEqual(['1001', '1001']);
  });
});

const files = readdirSync(import.meta.dirname).filter((name) => !name.endsWith('.test.ts'));

describe('an example', () => {
  it.each(files)('is read at a glance, in 30 lines at most: %s', async (name) => {
    const text = await readFile(join(import.meta.dirname, name), 'utf8');
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(30);
  });
});
