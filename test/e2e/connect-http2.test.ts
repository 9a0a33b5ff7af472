import { once } from 'node:events';
import { createSecureServer, createServer } from 'node:http2';
import { createServer as createSilentServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { acceptUpgrade, ConnectError, type ConnectOptions, connect, listen } from 'genws';
import { describe, expect, it, onTestFinished } from 'vitest';
import { certificate } from '../support/certificate.ts';
import { echo } from '../support/recording.ts';
import { listenWith, schemes } from '../support/serving.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';

expectNoStrayErrors();

type Choice = NonNullable<ConnectOptions<never, never, never>['http2']>;

/** What becomes of `connect`: the version of HTTP that it was over, or what was wrong. */
async function outcomeOf(url: string, http2: Choice) {
  const { cert: ca } = await certificate();
  const outcome: unknown = await connect(url, { tls: { ca }, handler: echo, http2 }).then(
    (session) => {
      onTestFinished(() => void session.stop());
      return session.request.httpVersion;
    },
    (error: unknown) => error,
  );
  return outcome instanceof ConnectError ? { code: outcome.code, retriable: outcome.retriable } : outcome;
}

/** Let a server that is not ours listen until the test is over. */
async function startOther(server: Server): Promise<string> {
  onTestFinished(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return `127.0.0.1:${typeof address === 'object' ? address?.port : address}`;
}

describe.each(schemes)('connect() over $scheme', ({ secure }) => {
  const automatic = secure ? '2.0' : '1.1';

  it.each<[Choice, string]>([
    [false, '1.1'],
    [true, '2.0'],
    ['auto', automatic],
  ])('with http2: %s, to a server that has it, is over HTTP/%s', async (http2, version) => {
    await using server = await listen({ ...(await listenWith(secure)), handler: echo, http2: true });
    expect(await outcomeOf(server.url, http2)).toBe(version);
  });

  it('with http2, to a server of HTTP/1.1 alone, says that it has no HTTP/2', async () => {
    await using server = await listen({ ...(await listenWith(secure)), handler: echo, logger: () => {} });
    expect(await outcomeOf(server.url, true)).toEqual({ code: 'http2NotNegotiated', retriable: false });
  });

  it.each<Choice>([false, 'auto'])('with http2: %s, to a server of HTTP/1.1 alone, is over that', async (http2) => {
    await using server = await listen({ ...(await listenWith(secure)), handler: echo });
    expect(await outcomeOf(server.url, http2)).toBe('1.1');
  });

  it('with http2, to a server whose settings have no extended CONNECT, says so (RFC 8441 §3)', async () => {
    const server = secure ? createSecureServer({ ...(await certificate()), allowHTTP1: true }) : createServer();
    server.on('upgrade', (request, socket, head) => void acceptUpgrade(request, socket, head, { handler: echo }));
    const refused = { code: 'peerDoesNotAllowConnectProtocol', retriable: false };
    const url = `${secure ? 'wss' : 'ws'}://${await startOther(server)}`;
    expect(await outcomeOf(url, true)).toEqual(refused);
    if (secure) expect(await outcomeOf(url, 'auto')).toBe('1.1');
  });
});

it('with http2, to a server whose TLS has never heard of ALPN, says that it was not negotiated (RFC 9113 §3.2)', async () => {
  const server = createTlsServer(await certificate(), (socket) => socket.on('error', () => {}));
  const url = `wss://${await startOther(server)}`;
  expect(await outcomeOf(url, true)).toEqual({ code: 'http2NotNegotiated', retriable: false });
});

it('a server that says nothing, and never ends its side, keeps no connection of a client that gave up', async () => {
  const accepted = Promise.withResolvers<Socket>();
  const server = createSilentServer({ allowHalfOpen: true }, (socket) =>
    accepted.resolve(socket.on('error', () => {}).resume()),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not on a port');
  const refused = connect(`ws://127.0.0.1:${address.port}`, { handler: echo, http2: true, timeout: 50 });
  await expect(refused).rejects.toMatchObject({ code: 'timeout' });
  const socket = await accepted.promise;
  const broken = once(socket, 'error'); // what is written to nobody is answered by a reset
  const knock = setInterval(() => socket.write('still there?'), 50);
  await broken;
  clearInterval(knock);
  server.close();
});
