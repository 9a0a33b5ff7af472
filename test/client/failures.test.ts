import dns from 'node:dns';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { generate } from 'selfsigned';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { certificate } from '../support/certificate.ts';
import { startFakeServer, switching } from '../support/fake-server.ts';
import { startRecordedClient } from '../support/test-client.ts';
import { Upstream } from '../support/upstream.ts';

/** Listen on the local machine and do this with whoever connects. */
async function serve(onConnection: (socket: Socket) => void, host = '127.0.0.1'): Promise<number> {
  const server: Server = createServer((socket) => onConnection(socket.on('error', () => {})));
  server.listen(0, host);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

/** A port of the local machine on which nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('the server had no port');
  return address.port;
}

/** What name resolution says from here on. */
function resolveTo(answer: NodeJS.ErrnoException | readonly dns.LookupAddress[]): void {
  const lookup = (...given: readonly unknown[]): void => {
    const done = given.at(-1);
    if (typeof done === 'function')
      process.nextTick(() => (answer instanceof Error ? done(answer) : done(null, answer)));
  };
  vi.spyOn(dns, 'lookup').mockImplementation(Object.assign(lookup, { __promisify__: dns.lookup.__promisify__ }));
}
const unresolved = (code: string): Error => Object.assign(new Error(`getaddrinfo ${code} example.test`), { code });

type Options = Parameters<typeof startRecordedClient>[1];

/** The error with which a client waits for another attempt. */
async function passing(url: string, options: Options = {}): Promise<unknown> {
  const { client, fails } = startRecordedClient(url, options);
  const failure = await fails();
  expect(client.state).toBe('ready_wait');
  return failure.type === 'connectFailed' ? failure.error : failure;
}

/** The error with which a client has given up after its first attempt. */
async function lasting(url: string, options: Options = {}): Promise<unknown> {
  const { client, reports } = startRecordedClient(url, options);
  const exit = await client.exited();
  expect(client.attempt).toBe(1);
  expect(reports.map(({ event }) => event)).toEqual(['client.down', 'client.gaveUp']);
  return exit.type === 'transportError' ? exit.cause : exit;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('a client comes back when there was no connection (I08): retriable, and', () => {
  it.each(['EAI_AGAIN', 'ENOTFOUND'])('connectionFailed for a name that cannot be resolved: %s', async (code) => {
    resolveTo(unresolved(code));
    for (const scheme of ['ws', 'wss'])
      expect(await passing(`${scheme}://example.test/`)).toMatchObject({
        code: 'connectionFailed',
        retriable: true,
        cause: { code },
      });
  });

  it('connectionFailed for a port on which nobody listens', async () => {
    const port = await freePort();
    for (const scheme of ['ws', 'wss'])
      expect(await passing(`${scheme}://127.0.0.1:${port}`)).toMatchObject({
        code: 'connectionFailed',
        retriable: true,
        cause: { code: 'ECONNREFUSED' },
      });
  });

  it('connectionFailed for a name none of whose addresses answers (RFC 8305)', async () => {
    const port = await freePort();
    resolveTo([
      { address: '::1', family: 6 },
      { address: '127.0.0.1', family: 4 },
    ]);
    const error = await passing(`ws://example.test:${port}`);
    expect(error).toMatchObject({ code: 'connectionFailed', retriable: true, cause: { errors: [{}, {}] } });
  });

  it('connectionFailed for a server that resets the connection, before or during its TLS handshake', async () => {
    const port = await serve((socket) => socket.once('data', () => socket.resetAndDestroy()));
    for (const scheme of ['ws', 'wss'])
      expect(await passing(`${scheme}://127.0.0.1:${port}`)).toMatchObject({
        code: 'connectionFailed',
        retriable: true,
        cause: { code: 'ECONNRESET' },
      });
  });

  it('connectionFailed for a TLS handshake that is cut off', async () => {
    const port = await serve((socket) => socket.once('data', () => socket.end()));
    expect(await passing(`wss://127.0.0.1:${port}`)).toMatchObject({ code: 'connectionFailed', retriable: true });
  });

  it('connectionClosed for a server that hangs up instead of answering', async () => {
    const port = await serve((socket) => socket.once('data', () => socket.end()));
    expect(await passing(`ws://127.0.0.1:${port}`)).toMatchObject({ code: 'connectionClosed', retriable: true });
  });

  it.each(['ws', 'wss'])('timeout for a server that says nothing (%s)', async (scheme) => {
    const port = await serve((socket) => onTestFinished(() => void socket.destroy()));
    const error = await passing(`${scheme}://127.0.0.1:${port}`, { timeout: 50 });
    expect(error).toMatchObject({ code: 'timeout', retriable: true });
  });

  it.each([408, 425, 429, 500, 502, 503, 504])('unexpectedStatus for an answer with %i', async (status) => {
    const port = await serve((socket) => socket.end(`HTTP/1.1 ${status} Later\r\nRetry-After: 3\r\n\r\n`));
    const error = await passing(`ws://127.0.0.1:${port}`);
    expect(error).toMatchObject({ code: 'unexpectedStatus', retriable: true, response: { status } });
  });

  it('honours Retry-After, with the jitter on top', async () => {
    const port = await serve((socket) => socket.end('HTTP/1.1 503 Later\r\nRetry-After: 3\r\n\r\n'));
    const { client, clock, reaches } = startRecordedClient(`ws://127.0.0.1:${port}`);
    await reaches('waiting');
    clock.advance(3499);
    expect(client.attempt).toBe(1);
    clock.advance(1);
    expect(client.attempt).toBe(2);
  });
});

describe('a client gives up what another attempt cannot change (I08): not retriable, and', () => {
  it.each([200, 301, 400, 401, 403, 404, 501])('unexpectedStatus for an answer with %i', async (status) => {
    const port = await serve((socket) => socket.end(`HTTP/1.1 ${status} No\r\n\r\n`));
    expect(await lasting(`ws://127.0.0.1:${port}`)).toMatchObject({ code: 'unexpectedStatus', retriable: false });
  });

  it('connectionFailed for a certificate that nobody vouches for', async () => {
    await using server = await startFakeServer({ secure: true });
    expect(await lasting(server.url)).toMatchObject({
      code: 'connectionFailed',
      retriable: false,
      cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    });
  });

  it('connectionFailed for a certificate of another name', async () => {
    await using server = await startFakeServer({ secure: true });
    resolveTo([{ address: '127.0.0.1', family: 4 }]);
    const tls = { ca: (await certificate()).cert };
    expect(await lasting(`wss://example.test:${server.port}`, { tls })).toMatchObject({
      code: 'connectionFailed',
      retriable: false,
      cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    });
  });

  it('connectionFailed for a certificate that has expired', async () => {
    const past = { notBeforeDate: new Date('2001-01-01'), notAfterDate: new Date('2002-01-01') };
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], past);
    const server = createTlsServer({ key, cert }).on('tlsClientError', () => {});
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const error = await lasting(`wss://localhost:${port}`, { tls: { ca: cert } });
    expect(error).toMatchObject({ code: 'connectionFailed', retriable: false, cause: { code: 'CERT_HAS_EXPIRED' } });
  });

  it('connectionFailed for a server that speaks no TLS', async () => {
    const port = await serve((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await lasting(`wss://127.0.0.1:${port}`)).toMatchObject({ code: 'connectionFailed', retriable: false });
  });

  it('badHttpResponse for a server that speaks no HTTP', async () => {
    const port = await serve((socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'));
    expect(await lasting(`ws://127.0.0.1:${port}`)).toMatchObject({ code: 'badHttpResponse', retriable: false });
  });
});

describe('a client of a name with several addresses (I08, RFC 8305)', () => {
  it.each(['::1', '127.0.0.1'])('connects when the server listens on %s alone', async (host) => {
    await using server = await startFakeServer({ host });
    resolveTo([
      { address: '::1', family: 6 },
      { address: '127.0.0.1', family: 4 },
    ]);
    const { client } = startRecordedClient(`ws://example.test:${server.port}`);
    using peer = await server.connections.next();
    await peer.write(switching(await peer.head()));
    expect(await client.connected()).toBe(true);
    expect(client.peer?.address).toBe(host);
  });

  it('finds the server again when its name has moved', async () => {
    await using upstream = await Upstream.start();
    const url = upstream.url.replace('127.0.0.1', 'example.test');
    resolveTo(unresolved('ENOTFOUND'));
    const { client, clock, fails } = startRecordedClient(url);
    await fails();
    resolveTo([{ address: '127.0.0.1', family: 4 }]);
    clock.advance(500);
    expect(await client.connected()).toBe(true);
  });
});
