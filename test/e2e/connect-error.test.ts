import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { ConnectError, type ConnectFailure, type ConnectOptions, connect } from 'genws';
import { describe, expect, it } from 'vitest';
import { certificate } from '../support/certificate.ts';
import { startFakeServer, switching } from '../support/fake-server.ts';
import type { RawConnection, RawHead } from '../support/raw-connection.ts';
import { createRecording } from '../support/recording.ts';
import { schemes } from '../support/serving.ts';

type Options = Partial<ConnectOptions<never, never, never>>;

/** What `connect` rejects with. Fails when it does not, or with something else, or when a session was begun. */
async function failureOf(url: string | URL, options: Options = {}): Promise<ConnectError> {
  const { handler, requests } = createRecording();
  const outcome: unknown = await connect(url, { ...options, handler }).catch((error: unknown) => error);
  if (!(outcome instanceof ConnectError)) throw new Error('not a ConnectError', { cause: outcome });
  expect(requests.length).toBe(0);
  expect(outcome.code).toBe(outcome.failure.code);
  expect(outcome.message).not.toBe('');
  return outcome;
}

describe.each(schemes)('connect() over $scheme rejects with a ConnectError', ({ secure }) => {
  /** Against a server that does this with the request. */
  async function failureAgainst(
    serve: (peer: RawConnection, request: RawHead) => unknown,
    options: Options = {},
  ): Promise<ConnectError> {
    await using server = await startFakeServer({ secure });
    const failing = failureOf(server.url, { tls: { ca: (await certificate()).cert }, ...options });
    using peer = await server.connections.next();
    void serve(peer, await peer.head());
    const failure = await failing;
    await peer.closed; // whatever was wrong, the connection is not left open
    return failure;
  }

  it.each([200, 301, 401, 503])(
    'unexpectedStatus for %i, with the answer, and follows nothing (I02, I07)',
    async (status) => {
      const error = await failureAgainst((peer) =>
        peer.write(
          `HTTP/1.1 ${status} Well\r\nLocation: /else\r\nX-Two: 1\r\nx-two: 2\r\nContent-Length: 4\r\n\r\nbody`,
        ),
      );
      expect(error.failure).toEqual({ code: 'unexpectedStatus', status });
      expect(error.response?.status).toBe(status);
      expect(error.response?.headers.all('X-Two')).toEqual(['1', '2']);
      expect(Buffer.from(error.response?.body ?? []).toString()).toBe('body');
    },
  );

  const replaced = (request: RawHead, before: RegExp, after: string): string =>
    switching(request).replace(before, after);
  const wrong: readonly { title: string; code: ConnectFailure['code']; answer: (request: RawHead) => string }[] = [
    { title: 'no Upgrade', code: 'missingUpgradeHeader', answer: (r) => replaced(r, /Upgrade: .*\r\n/, '') },
    { title: 'another Upgrade', code: 'invalidUpgrade', answer: (r) => replaced(r, /Upgrade: \w+/, 'Upgrade: h2c') },
    { title: 'no Connection', code: 'missingConnectionHeader', answer: (r) => replaced(r, /Connection: .*\r\n/, '') },
    {
      title: 'another Connection',
      code: 'invalidConnection',
      answer: (r) => replaced(r, /Connection: .*/, 'Connection: close'),
    },
    { title: 'no accept', code: 'missingAccept', answer: (r) => replaced(r, /Sec-WebSocket-Accept: .*\r\n/, '') },
    { title: 'a wrong accept', code: 'acceptMismatch', answer: (r) => replaced(r, /Accept: ./, 'Accept: %') },
    { title: 'two accepts', code: 'duplicateHeader', answer: (r) => switching(r, 'Sec-WebSocket-Accept: x') },
    {
      title: 'a subprotocol that was not asked for',
      code: 'unrequestedSubprotocol',
      answer: (r) => switching(r, 'Sec-WebSocket-Protocol: chat'),
    },
    {
      title: 'an extension that was not asked for',
      code: 'unrequestedExtension',
      answer: (r) => switching(r, 'Sec-WebSocket-Extensions: permessage-deflate'),
    },
    { title: 'broken extensions', code: 'badExtensions', answer: (r) => switching(r, 'Sec-WebSocket-Extensions: "') },
    { title: 'words', code: 'badHttpResponse', answer: () => 'SSH-2.0-OpenSSH_9.9\r\n' },
    { title: 'a bare LF', code: 'badHttpResponse', answer: (r) => switching(r).replaceAll('\r\n', '\n') },
    { title: 'a folded header', code: 'badHttpResponse', answer: (r) => switching(r, 'X-Fold: a', ' b') },
  ];

  it.each(wrong)('$code for $title in the answer (I01, I04)', async ({ code, answer }) => {
    const error = await failureAgainst((peer, request) => peer.write(answer(request)));
    expect(error.code).toBe(code);
  });

  it.each([
    {
      title: 'a subprotocol that was not among those asked for',
      options: { subprotocols: ['a'] },
      line: 'Protocol: b',
    },
    { title: 'a subprotocol in another case', options: { subprotocols: ['a'] }, line: 'Protocol: A' },
    {
      title: 'an extension that was not among those asked for',
      options: { extensions: ['x-a'] },
      line: 'Extensions: x-b',
    },
  ])('for $title (RFC 6455 §4.1)', async ({ options, line }) => {
    const error = await failureAgainst(
      (peer, request) => peer.write(switching(request, `Sec-WebSocket-${line}`)),
      options,
    );
    expect(error.code).toMatch(/^unrequested(Subprotocol|Extension)$/);
    expect(error.response?.status).toBe(101);
  });

  it('handshakeResponseTooBig for headers without end, or beyond what it is told (I03)', async () => {
    const endless = async (peer: RawConnection): Promise<void> => {
      await peer.write('HTTP/1.1 101 Switching Protocols\r\n');
      for (let open = true; open; ) {
        open = await peer.write(`X-More: ${'x'.repeat(4000)}\r\n`).then(
          () => true,
          () => false,
        );
      }
    };
    expect((await failureAgainst(endless)).failure).toEqual({ code: 'handshakeResponseTooBig', limit: 65_536 });
    const oneLine = (peer: RawConnection) => peer.write(`HTTP/1.1 101 ${'x'.repeat(300)}`);
    const told = await failureAgainst(oneLine, { maxHandshakeSize: 256 });
    expect(told.failure).toEqual({ code: 'handshakeResponseTooBig', limit: 256 });
  });

  it('timeout for a server that never answers, or never finishes (I03)', async () => {
    const silent = await failureAgainst(() => {}, { timeout: 500 });
    expect(silent.failure).toEqual({ code: 'timeout', timeout: 500 });
    const dribbling = await failureAgainst(
      (peer) => {
        const dribble = setInterval(() => peer.socket.write('HTTP/1.1 100 Continue\r\n\r\n'), 5);
        void peer.closed.then(() => clearInterval(dribble));
      },
      { timeout: 500 },
    );
    expect(dribbling.code).toBe('timeout');
  });

  it('connectionClosed for a server that hangs up, before or within its answer', async () => {
    expect((await failureAgainst((peer) => peer.end())).code).toBe('connectionClosed');
    const within = await failureAgainst(async (peer) => {
      await peer.write('HTTP/1.1 101 Swit');
      peer.end();
    });
    expect(within.code).toBe('connectionClosed');
  });

  it('aborted when the signal is, before, while it dials, while it waits', async () => {
    await using server = await startFakeServer({ secure });
    const reason = new Error('changed my mind');
    const before = await failureOf(server.url, { signal: AbortSignal.abort(reason) });
    expect([before.code, before.cause]).toEqual(['aborted', reason]);
    const controller = new AbortController();
    const dialling = failureOf(server.url, { signal: controller.signal });
    controller.abort(reason);
    expect((await dialling).code).toBe('aborted');
    const waiting = new AbortController();
    const error = failureAgainst(() => waiting.abort(reason), { signal: waiting.signal });
    expect([(await error).code, (await error).cause]).toEqual(['aborted', reason]);
  });

  it('connectionFailed with the cause where nobody listens (I08)', async () => {
    const { url, ...server } = await startFakeServer({ secure });
    await server[Symbol.asyncDispose]();
    const error = await failureOf(url);
    expect(error.code).toBe('connectionFailed');
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('connect() over TCP', () => {
  it('timeout and aborted while it dials, and hangs up', async () => {
    await using server = await startFakeServer();
    const url = server.url.replace('ws:', 'wss:'); // whose TLS handshake never begins
    const dialling = failureOf(url, { timeout: 60 });
    const first = await server.connections.next();
    expect((await dialling).failure).toEqual({ code: 'timeout', timeout: 60 });
    await first.closed;
    const controller = new AbortController();
    const aborted = failureOf(url, { signal: controller.signal });
    const second = await server.connections.next();
    controller.abort();
    expect((await aborted).code).toBe('aborted');
    await second.closed;
  });

  it('rejects with connectionFailed when the server resets before it has answered', async () => {
    await using server = await startFakeServer();
    const failing = failureOf(server.url);
    const peer = await server.connections.next();
    await peer.head();
    peer.reset();
    const error = await failing;
    expect(error.code).toBe('connectionFailed');
    expect(error.cause).toMatchObject({ code: 'ECONNRESET' });
  });

  it('counts one timeout for dialling, TLS and handshake together (I03)', async () => {
    const proof = await certificate();
    await using server = await startFakeServer();
    const began = performance.now();
    const failing = failureOf(server.url.replace('ws:', 'wss:'), { timeout: 300, tls: { ca: proof.cert } });
    const { socket } = await server.connections.next();
    socket.removeAllListeners('data').pause();
    await delay(200);
    const secured = new TLSSocket(socket, { ...proof, isServer: true });
    secured.resume().on('error', () => {});
    await once(secured, 'secure'); // half of the time is up; the request is never answered
    expect((await failing).failure).toEqual({ code: 'timeout', timeout: 300 });
    expect(performance.now() - began).toBeGreaterThan(290);
    expect(performance.now() - began).toBeLessThan(490);
  });
});
