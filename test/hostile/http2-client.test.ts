import { acceptUpgrade, type Command, type ConnectOptions, connect, type SessionExit } from 'genws';
import { describe, expect, it } from 'vitest';
import { errorCode, frameType, headersFrames, http2Frame, setting, settingsFrame } from '../support/http2/frame.ts';
import { headerBlock, indexed, indexedLine } from '../support/http2/hpack.ts';
import { startOwnHttp2Server } from '../support/http2/own-server.ts';
import type { Http2Peer } from '../support/http2/peer.ts';
import type { Http2PeerStream } from '../support/http2/peer-stream.ts';
import { http2Schemes } from '../support/http2/served.ts';
import { type FakeHttp2ServerOptions, startFakeHttp2Server } from '../support/http2/server.ts';
import { Ledger } from '../support/ledger.ts';
import { peakDuring } from '../support/memory-growth.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';

expectNoStrayErrors();

type Options = Partial<Omit<ConnectOptions<SessionExit[], Command, undefined>, 'handler'>>;

const trusting = { http2: true, tls: { rejectUnauthorized: false } } as const;
const broken = { type: 'transportError', cause: expect.any(Error) };

describe.each(http2Schemes)('a client over $scheme and a hostile server', ({ secure }) => {
  it('B19: a server without ENABLE_CONNECT_PROTOCOL is refused, typed, and the connection is closed (RFC 8441 §3)', async () => {
    await using server = await startFakeHttp2Server({ secure, settings: [] });
    const { handler } = new Ledger();
    const failure = { name: 'ConnectError', code: 'peerDoesNotAllowConnectProtocol', retriable: false };
    await expect(connect(server.url, { ...trusting, handler })).rejects.toMatchObject(failure);
    await (await server.connections.next()).closed;
  });

  /** Something is done to a client of ours that has asked for a WebSocket: it fails, typed and soon. */
  async function expectFailure(
    fake: FakeHttp2ServerOptions,
    act: (connection: Http2Peer, stream: Http2PeerStream) => void,
    options: Options = {},
  ): Promise<unknown> {
    await using server = await startFakeHttp2Server({ secure, ...fake });
    const ledger = new Ledger();
    const connecting = connect(server.url, { ...trusting, ...options, handler: ledger.handler });
    const failed = connecting.then(
      () => undefined,
      (error: unknown) => error,
    );
    const connection = await server.connections.next();
    const stream = await connection.incoming.next();
    act(connection, stream);
    const failure = await failed;
    expect(failure).toMatchObject({ name: 'ConnectError' });
    expect(ledger.count).toBe(0);
    await connection.closed;
    return failure;
  }

  const bomb = Buffer.concat([
    indexedLine(['x-bomb', 'a'.repeat(4000)]),
    ...Array.from({ length: 10_000 }, () => indexed(62)),
  ]);

  it.each<{ what: string; id: string; act: (connection: Http2Peer, stream: Http2PeerStream) => void }>([
    {
      id: 'B03',
      what: 'CONTINUATION without end',
      act: (connection, { id }) => {
        connection.send({ type: frameType.headers, stream: id, payload: headerBlock([[':status', '200']]) });
        connection.write(
          Buffer.concat(Array.from({ length: 10_000 }, () => http2Frame({ type: frameType.continuation, stream: id }))),
        );
      },
    },
    {
      id: 'B06',
      what: 'a frame that is too large',
      act: (connection, { id }) => connection.send({ type: frameType.data, stream: id, payload: Buffer.alloc(16_385) }),
    },
    {
      id: 'B07',
      what: 'an HPACK bomb in its answer',
      act: (connection, { id }) =>
        connection.send(...headersFrames(id, Buffer.concat([headerBlock([[':status', '200']]), bomb]), false, 16_384)),
    },
    { id: 'B10', what: 'a window beyond 2^31-1', act: (connection) => connection.allow(0, 2 ** 31 - 1) },
    { id: 'B12', what: 'a status that is none', act: (_, stream) => stream.respond([[':status', '2\r\n']]) },
    {
      id: 'B02',
      what: 'SETTINGS without end',
      act: (connection) =>
        connection.write(Buffer.concat(Array.from({ length: 20_000 }, () => http2Frame(settingsFrame([]))))),
    },
    { id: 'B16', what: 'an answer without a status', act: (_, stream) => stream.respond([['server', 'fake']]) },
    {
      id: 'B16',
      what: 'DATA before the answer',
      act: (connection, { id }) => connection.send({ type: frameType.data, stream: id, payload: 'early' }),
    },
    {
      id: 'B16',
      what: 'PUSH_PROMISE, which we do not allow',
      act: (connection, { id }) =>
        connection.send({
          type: frameType.pushPromise,
          flags: 4,
          stream: id,
          payload: Buffer.concat([Buffer.of(0, 0, 0, 2), headerBlock([[':method', 'GET']])]),
        }),
    },
    {
      id: 'B17',
      what: 'GOAWAY and FIN',
      act: (connection) => {
        connection.goAway(errorCode.noError);
        connection.end();
      },
    },
  ])('$id: $what instead of an answer is a typed error (RFC 9113 §5.4)', async ({ act }) => {
    const peak = await peakDuring(() => expectFailure({}, act));
    expect(peak.heap + peak.external).toBeLessThan(64 * 2 ** 20);
  });

  it.each([
    { what: 'one long header', lines: [['x-long', 'a'.repeat(10_000)]] as const },
    { what: 'many headers', lines: Array.from({ length: 100 }, (_, index) => [`x-${index}`, 'a'.repeat(90)] as const) },
  ])('B07: an answer with $what is too big for maxHandshakeSize (RFC 9113 §10.5.1)', async ({ lines }) => {
    const act = (_: Http2Peer, stream: Http2PeerStream): void => stream.respond([[':status', '200'], ...lines]);
    expect(await expectFailure({}, act, { maxHandshakeSize: 8192 })).toMatchObject({ code: 'handshakeResponseTooBig' });
  });

  it('B18: a server that allows no streams lets the client wait until its deadline (RFC 9113 §5.1.2)', async () => {
    const settings = [
      [setting.enableConnectProtocol, 1],
      [setting.maxConcurrentStreams, 0],
    ] as const;
    await using server = await startFakeHttp2Server({ secure, settings });
    const { handler } = new Ledger();
    await expect(connect(server.url, { ...trusting, handler, timeout: 200 })).rejects.toMatchObject({
      name: 'ConnectError',
      retriable: true,
    });
    await (await server.connections.next()).closed;
  });

  it.each([
    { what: 'says nothing', fake: { greets: false } },
    { what: 'does not answer', fake: {} },
  ])('I03: a server that $what meets the deadline (RFC 9113 §3.4)', async ({ fake }) => {
    await using server = await startFakeHttp2Server({ secure, ...fake });
    const { handler } = new Ledger();
    await expect(connect(server.url, { ...trusting, handler, timeout: 100 })).rejects.toMatchObject({
      code: 'timeout',
    });
    await (await server.connections.next()).closed;
  });

  it.each<{ what: string; act: (connection: Http2Peer, stream: Http2PeerStream) => void }>([
    {
      what: 'empty DATA frames without end',
      act: (connection, { id }) =>
        connection.write(
          Buffer.concat(Array.from({ length: 20_000 }, () => http2Frame({ type: frameType.data, stream: id }))),
        ),
    },
    {
      what: 'PING without end',
      act: (connection) =>
        connection.write(
          Buffer.concat(
            Array.from({ length: 20_000 }, () => http2Frame({ type: frameType.ping, payload: '8 octets' })),
          ),
        ),
    },
    { what: 'a window beyond 2^31-1', act: (connection, { id }) => connection.allow(id, 2 ** 31 - 1) },
    { what: 'trailers in the middle', act: (_, stream) => stream.respond([['x-trailer', '1']]) },
  ])('B02, B04, B10: $what on an open WebSocket breaks it, once (RFC 9113 §10.5)', async ({ act }) => {
    await using server = await startFakeHttp2Server({ secure });
    const ledger = new Ledger();
    const connecting = connect(server.url, { ...trusting, handler: ledger.handler });
    const connection = await server.connections.next();
    const stream = await connection.incoming.next();
    stream.respond([[':status', '200']]);
    await connecting;
    new RawPeer(stream, { role: 'server' });
    act(connection, stream);
    expect(await ledger.exits.next()).toEqual(broken);
    await connection.closed;
    ledger.expectBalanced();
  });
});

describe('a client that would rather speak HTTP/2', () => {
  it.each([
    { what: 'without ENABLE_CONNECT_PROTOCOL', settings: {} },
    { what: 'with ENABLE_CONNECT_PROTOCOL at 0', settings: { enableConnectProtocol: false } },
  ])('B19: opens the WebSocket over HTTP/1.1 on a server $what (RFC 8441 §3)', async ({ settings }) => {
    await using server = await startOwnHttp2Server(true, { settings });
    const ledger = new Ledger();
    const { handler } = ledger;
    server.http2.on('upgrade', (request, socket, head) => void acceptUpgrade(request, socket, head, { handler }));
    const client = new Ledger();
    const session = await connect(`wss://127.0.0.1:${server.port}`, {
      http2: 'auto',
      tls: { rejectUnauthorized: false },
      handler: client.handler,
    });
    expect(session.request.httpVersion).toBe('1.1');
    expect((await ledger.requests.next()).httpVersion).toBe('1.1');
    session.send({ type: 'stop', reason: 'seen enough' });
    await session.exited();
    await ledger.exits.next();
    client.expectBalanced();
  });
});
