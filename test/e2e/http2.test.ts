import { once } from 'node:events';
import { type ClientHttp2Session, constants, connect as openHttp2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import {
  type Authorize,
  admit,
  ConnectError,
  connect,
  deny,
  type Frame,
  type ListenOptions,
  listen,
  type Server,
  send,
  text,
} from 'genws';
import { connectOver } from 'genws/transports/http2';
import { describe, expect, it, onTestFinished } from 'vitest';
import { certificate } from '../support/certificate.ts';
import { httpAnswer } from '../support/http-answer.ts';
import { Inbox } from '../support/inbox.ts';
import { closeFrame, openWebSocket } from '../support/raw-client.ts';
import { createRecording, echo, type Recording } from '../support/recording.ts';
import { listenWith, schemes } from '../support/serving.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';
import { startTestClient } from '../support/test-client.ts';

expectNoStrayErrors();

/** What a client needs to believe the tests' servers. */
const trusting = async (): Promise<{ readonly tls: { readonly ca: string } }> => ({
  tls: { ca: (await certificate()).cert },
});

/** What `connect` rejects with. */
async function failureOf(connecting: Promise<unknown>): Promise<ConnectError> {
  const outcome: unknown = await connecting.catch((error: unknown) => error);
  if (!(outcome instanceof ConnectError)) throw new Error('not a ConnectError', { cause: outcome });
  return outcome;
}

/** A connection of HTTP/2 to a server, for WebSockets to share; ended with the test. */
async function share({ url }: Pick<Server, 'url'>): Promise<ClientHttp2Session> {
  const connection = openHttp2(url.replace('ws', 'http'), (await trusting()).tls);
  onTestFinished(() => connection.destroy());
  connection.on('error', () => {});
  await once(connection, 'connect');
  return connection;
}

interface Served {
  readonly server: Server<Frame>;
  readonly there: Recording;
  readonly connection: ClientHttp2Session;
  /** TCP connections so far. */
  readonly connections: () => number;
}

describe.each(schemes)('WebSockets over HTTP/2, $scheme', ({ secure }) => {
  /** A server that echoes, and a connection to it. */
  async function serve(
    options: Partial<ListenOptions<undefined, Frame, undefined>> = {},
    authorize?: Authorize<undefined>,
  ): Promise<Served> {
    const there = createRecording({ echoes: true });
    const server = await listen<undefined, Frame, undefined>({
      ...(await listenWith(secure)),
      handler: there.handler,
      http2: true,
      logger: () => {},
      ...options,
      ...(authorize === undefined ? { handlerOpts: undefined } : { authorize }),
    });
    onTestFinished(() => server.stop({ deadline: 0 }));
    let connections = 0;
    server.http.on('connection', () => connections++);
    return { server, there, connection: await share(server), connections: () => connections };
  }

  it('are 50 on one connection, each with its own answers, and one end is that of one alone', async () => {
    const { server, there, connection, connections } = await serve({ compress: true });
    const clients = await Promise.all(
      Array.from({ length: 50 }, async (_, at) => {
        const here = createRecording();
        const session = await connectOver(connection, `/${at}`, { handler: here.handler, compress: at % 2 === 0 });
        return { here, session };
      }),
    );
    for (const [at, { session }] of clients.entries()) send(session, text(`from ${at}`));
    expect(await Promise.all(clients.map(({ here }) => here.frames.next()))).toEqual(
      clients.map((_, at) => `text from ${at}`),
    );
    expect((await there.requests.take(50)).map(({ path }) => path)).toEqual(clients.map((_, at) => `/${at}`));
    expect([server.sessions.count, connections()]).toEqual([50, 1]);
    const [first, second, ...others] = clients;
    first?.session.stop();
    second?.session.send({ type: 'close', frame: { type: 'close', code: 4000, reason: 'enough' } });
    expect(await second?.session.exited()).toEqual({ type: 'normal' });
    await there.exits.take(2);
    for (const { session } of others) send(session, text('still there?'));
    for (const { here } of others) expect(await here.frames.next()).toBe('text still there?');
    expect([server.sessions.count, there.exits.length]).toEqual([48, 0]);
  });

  it('tell both sides of the handshake: path, authority, headers, subprotocol, compression (RFC 8441 §5)', async () => {
    const { server, there } = await serve(
      { subprotocols: ['v2', 'v1'], headers: [['Set-Cookie', 'a=1']], compress: true },
      () => admit(undefined, { headers: [['Set-Cookie', 'b=2']] }),
    );
    const here = createRecording();
    await connect(`${server.url}/chat?room=1`, {
      ...(await trusting()),
      handler: here.handler,
      http2: true,
      subprotocols: ['v1', 'v2'],
      origin: 'https://example.com',
      headers: { Authorization: 'Bearer abc', Cookie: 'c=3' },
      compress: true,
    });
    const host = new URL(server.url).host;
    const agreed = { method: 'CONNECT', httpVersion: '2.0', path: '/chat?room=1', host, subprotocol: 'v1' };
    const asked = await there.requests.next();
    expect(asked).toMatchObject({ ...agreed, origin: 'https://example.com', peer: { address: '127.0.0.1' } });
    expect(asked.compression).toMatchObject({ server: { windowBits: 15 } });
    expect(['authorization', 'cookie', 'sec-websocket-version'].map((name) => asked.headers.joined(name))).toEqual([
      'Bearer abc',
      'c=3',
      '13',
    ]);
    const answered = await here.requests.next();
    expect(answered).toMatchObject({ ...agreed, compression: asked.compression, response: { status: 200 } });
    expect(answered.response?.headers.all('set-cookie')).toEqual(['a=1', 'b=2']);
  });

  it('have the authority of the connection that they share', async () => {
    const { server, there } = await serve();
    const { port } = server;
    const host = `virtual.example:${port}`;
    const { tls } = await trusting();
    const connection = openHttp2(`${secure ? 'https' : 'http'}://${host}`, {
      createConnection: () =>
        secure
          ? connectTls({ ...tls, port, host: '127.0.0.1', ALPNProtocols: ['h2'] })
          : connectTcp({ port, host: '127.0.0.1' }),
    });
    onTestFinished(() => connection.destroy());
    const session = await connectOver(connection, '/', { handler: echo });
    expect([session.request.host, (await there.requests.next()).host]).toEqual([host, host]);
  });

  it('that are refused leave their status, headers and body in the error, and the connection unharmed', async () => {
    const denial = deny(401, { headers: [['WWW-Authenticate', 'Bearer']], body: 'who are you?' });
    const { server, connection, there } = await serve({}, ({ path }) => (path === '/in' ? undefined : denial));
    const options = { ...(await trusting()), handler: echo, http2: true };
    const ways = [() => connect(server.url, options), () => connectOver(connection, '/', { handler: echo })];
    for (const open of ways) {
      const { failure, response, retriable } = await failureOf(open());
      expect({ failure, retriable }).toEqual({ failure: { code: 'unexpectedStatus', status: 401 }, retriable: false });
      expect(response?.headers.joined('www-authenticate')).toBe('Bearer');
      expect(Buffer.from(response?.body ?? []).toString()).toBe('who are you?');
    }
    expect((await connectOver(connection, '/in', { handler: echo })).state).toBe('open');
    expect(there.requests.length).toBe(1);
  });

  it('leave no stream behind when the caller gives up during the handshake', async () => {
    const asked = new Inbox<AbortSignal>();
    const { connection } = await serve({ http2: { maxStreams: 1 } }, ({ path }, signal) => {
      if (path === '/in') return undefined;
      asked.push(signal);
      return new Promise<never>(() => {});
    });
    for (let turn = 0; turn < 5; turn++) {
      const controller = new AbortController();
      const connecting = connectOver(connection, '/', { handler: echo, signal: controller.signal });
      const signal = await asked.next();
      controller.abort();
      expect((await failureOf(connecting)).code).toBe('aborted');
      if (!signal.aborted) await once(signal, 'abort');
    }
    const aborted = connectOver(connection, '/', { handler: echo, signal: AbortSignal.abort() });
    expect((await failureOf(aborted)).code).toBe('aborted');
    expect(asked.length).toBe(0);
    expect((await connectOver(connection, '/in', { handler: echo })).state).toBe('open');
  });

  it('that are too many for a connection are refused with REFUSED_STREAM, and may be asked for again (RFC 9113 §8.7)', async () => {
    const { connection, there } = await serve({ http2: { maxStreams: 2 } });
    const first = await connectOver(connection, '/1', { handler: echo });
    await connectOver(connection, '/2', { handler: echo });
    const refused = await failureOf(connectOver(connection, '/3', { handler: echo }));
    expect(refused).toMatchObject({ code: 'connectionFailed', retriable: true });
    expect(refused.message).toContain('REFUSED_STREAM');
    first.send({ type: 'close', frame: { type: 'close', code: 1000, reason: '' } });
    await Promise.all([first.exited(), there.exits.next()]);
    expect((await connectOver(connection, '/3', { handler: echo })).state).toBe('open');
  });

  it('are drained with 1012, and new ones turned away, while plain requests are answered (RFC 9113 §6.8)', async () => {
    const { server, there, connection } = await serve({
      request: ({ httpVersion }, response) => response.end(`over ${httpVersion}`),
    });
    const where = { port: server.port, secure };
    const here = createRecording();
    for (let at = 0; at < 3; at++) await connectOver(connection, '/', { handler: here.handler });
    using lingering = await openWebSocket(where);
    await there.requests.take(4);
    const leaving = once(connection, 'goaway');
    const drained = server.drain({ batch: 2, interval: 5, jitter: 0 });
    expect((await leaving)[0]).toBe(constants.NGHTTP2_NO_ERROR);
    expect(await here.exits.take(3)).toEqual(Array(3).fill({ type: 'remote', code: 1012, reason: '' }));
    expect(await failureOf(connectOver(connection, '/', { handler: echo }))).toMatchObject({ retriable: true });
    const elsewhere = await failureOf(connect(server.url, { ...(await trusting()), handler: echo, http2: true }));
    expect(elsewhere).toMatchObject({ failure: { code: 'unexpectedStatus', status: 503 }, retriable: true });
    expect(elsewhere.response?.headers.joined('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(await httpAnswer(where, '/')).toMatchObject({ status: 200, body: 'over 1.1' });
    await lingering.write(closeFrame(1012));
    await drained;
    expect(await there.exits.take(4)).toEqual(Array(4).fill({ type: 'shutdown', reason: 'drain' }));
    expect(there.requests.length).toBe(0);
  });

  it('end with 1001 when the server stops, and so do their connections, also those without any', async () => {
    const { server, there, connection } = await serve();
    const idle = await share(server);
    const gone = [connection, idle].map((each) => once(each, 'close'));
    const here = createRecording();
    for (let at = 0; at < 3; at++) await connectOver(connection, '/', { handler: here.handler });
    await server.stop();
    expect(await here.exits.take(3)).toEqual(Array(3).fill({ type: 'remote', code: 1001, reason: '' }));
    expect(await there.exits.take(3)).toEqual(Array(3).fill({ type: 'shutdown', reason: 'stop' }));
    await Promise.all(gone);
    expect(await failureOf(connectOver(connection, '/', { handler: echo }))).toMatchObject({ retriable: true });
  });

  it('are opened again by a client whose server is stopped and started anew', async () => {
    const { server, there } = await serve();
    const { port, url } = server;
    const here = createRecording();
    const { client, clock, fails } = startTestClient(url, {
      ...(await trusting()),
      handler: here.handler,
      http2: true,
    });
    expect(await client.connected()).toBe(true);
    await server.stop();
    expect(await fails()).toMatchObject({ type: 'remote', code: 1001 });
    clock.advance(500);
    expect(await fails()).toMatchObject({
      type: 'connectFailed',
      error: { code: 'connectionFailed', retriable: true },
    });
    await using revived = await listen({ ...(await listenWith(secure)), port, handler: there.handler, http2: true });
    clock.advance(1000);
    expect(await client.connected()).toBe(true);
    expect(revived.sessions.count).toBe(1);
    expect((await there.requests.take(2)).map(({ httpVersion }) => httpVersion)).toEqual(['2.0', '2.0']);
    expect((await here.requests.take(2)).map(({ attempt }) => attempt)).toEqual([1, 3]);
  });
});
