import { connect as connectHttp2 } from 'node:http2';
import { ConnectError } from 'genws';
import { connectOver } from 'genws/transports/http2';
import { describe, expect, it } from 'vitest';
import { errorCode, frameType, setting, settingsFrame } from '../support/http2/frame.ts';
import { ask, type Request, withRequest } from '../support/http2/requesting.ts';
import { http2Schemes } from '../support/http2/served.ts';
import { enabled, startFakeHttp2Server } from '../support/http2/server.ts';
import { Ledger } from '../support/ledger.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';

expectNoStrayErrors();

describe.each(http2Schemes)('a client over $scheme', ({ secure }) => {
  it('asks with an extended CONNECT that has everything and nothing more (RFC 8441 §4, §5)', async () => {
    const wishes = { subprotocols: ['chat', 'superchat'], origin: 'https://page.example', headers: { Cookie: 'a=1' } };
    await withRequest({ secure, path: '/chat?room=%C3%A9', ...wishes }, async ({ connection, stream, connecting }) => {
      expect(Object.fromEntries(await stream.headers)).toEqual({
        ':method': 'CONNECT',
        ':protocol': 'websocket',
        ':scheme': secure ? 'https' : 'http',
        ':authority': expect.stringMatching(/^127\.0\.0\.1:\d+$/),
        ':path': '/chat?room=%C3%A9',
        'sec-websocket-version': '13',
        'sec-websocket-protocol': 'chat, superchat',
        origin: 'https://page.example',
        cookie: 'a=1',
      });
      expect(stream.over).toBe(false);
      expect(connection.settings.get(setting.enableConnectProtocol) ?? 0).toBe(0);
      stream.respond([[':status', '403']], { endStream: true });
      await expect(connecting).rejects.toMatchObject({ code: 'unexpectedStatus', response: { status: 403 } });
    });
  });

  it('sends its request only after SETTINGS with ENABLE_CONNECT_PROTOCOL have come (RFC 8441 §3)', async () => {
    await using server = await startFakeHttp2Server({ secure, greets: false });
    const ledger = new Ledger();
    const connecting = ask(server, ledger);
    const connection = await server.connections.next();
    await connection.ready;
    await new Promise(setImmediate);
    expect(connection.counts.has(frameType.headers)).toBe(false);
    connection.greet(enabled);
    const stream = await connection.incoming.next();
    stream.respond([[':status', '200']]);
    const session = await connecting;
    expect(session.request).toMatchObject({ httpVersion: '2.0', method: 'CONNECT' });
    stream.reset();
    await session.exited();
  });

  it.each([
    { what: 'have nothing of it', settings: [] },
    { what: 'say 0', settings: [[setting.enableConnectProtocol, 0]] as const },
  ])('CW-T-78, CW-T-79, B19: sends no request when the settings $what (RFC 8441 §3)', async ({ settings }) => {
    await using server = await startFakeHttp2Server({ secure, settings });
    const connecting = ask(server, new Ledger());
    await expect(connecting).rejects.toMatchObject({ code: 'peerDoesNotAllowConnectProtocol', retriable: false });
    const connection = await server.connections.next();
    await connection.closed;
    expect(connection.counts.has(frameType.headers)).toBe(false);
  });

  it('a server that goes back from 1 to 0 gets no more requests (RFC 8441 §3)', async () => {
    await using server = await startFakeHttp2Server({ secure });
    const own = connectHttp2(`${secure ? 'https' : 'http'}://127.0.0.1:${server.port}`, { rejectUnauthorized: false });
    own.on('error', () => {});
    const { handler } = new Ledger();
    const first = connectOver(own, '/', { handler });
    const connection = await server.connections.next();
    (await connection.incoming.next()).respond([[':status', '200']]);
    const session = await first;
    connection.send(settingsFrame([[setting.enableConnectProtocol, 0]]));
    await connection.ping();
    await expect(connectOver(own, '/', { handler })).rejects.toThrow();
    expect(connection.incoming.length).toBe(0);
    own.destroy();
    await session.exited();
  });

  it.each(['200', '201', '204', '299'])(
    'takes any status from 200 to 299 for an open WebSocket: %s (RFC 8441 §5)',
    async (status) => {
      await withRequest({ secure }, async ({ stream, connecting }) => {
        stream.respond([[':status', status]]);
        const session = await connecting;
        const frames = new RawPeer(stream, { role: 'server' });
        session.send({ type: 'info', message: { type: 'text', data: 'Hello' } });
        const { opcode, masked, payload } = await frames.frame();
        expect([opcode, masked, payload.toString()]).toEqual([1, true, 'Hello']);
        stream.reset();
      });
    },
  );

  it.each([300, 401, 404, 501, 503])('takes no other status: %d (RFC 8441 §5)', async (status) => {
    await withRequest({ secure }, async ({ stream, connecting, ledger }) => {
      stream.respond([
        [':status', String(status)],
        ['retry-after', '5'],
      ]);
      stream.data('why not', { endStream: true });
      const failure: unknown = await connecting.catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: 'unexpectedStatus', failure: { status }, retriable: status === 503 });
      if (!(failure instanceof ConnectError)) throw failure;
      expect(failure.response?.headers.joined('retry-after')).toBe('5');
      expect(Buffer.from(failure.response?.body ?? []).toString()).toBe('why not');
      expect(ledger.count).toBe(0);
    });
  });

  it('waits for the last answer: 103 is none yet (RFC 9110 §15.2)', async () => {
    await withRequest({ secure }, async ({ stream, connecting }) => {
      stream.respond([
        [':status', '103'],
        ['link', '</style.css>'],
      ]);
      stream.respond([[':status', '200']]);
      expect((await connecting).request.httpVersion).toBe('2.0');
      stream.reset();
    });
  });

  it('101 is malformed: nothing is switched in HTTP/2 (RFC 9113 §8.6)', async () => {
    await withRequest({ secure }, async ({ stream, connecting, ledger }) => {
      stream.respond([[':status', '101']]);
      await expect(connecting).rejects.toMatchObject({ name: 'ConnectError' });
      expect(ledger.count).toBe(0);
    });
  });

  it.each([
    { what: 'a subprotocol that was not offered', headers: [['sec-websocket-protocol', 'mqtt']] as const },
    {
      what: 'an extension that was not offered',
      headers: [['sec-websocket-extensions', 'permessage-deflate']] as const,
    },
  ])('refuses $what (RFC 8441 §5, RFC 6455 §4.1)', async ({ headers }) => {
    await withRequest({ secure, subprotocols: ['chat'] }, async ({ stream, connecting, ledger }) => {
      stream.respond([[':status', '200'], ...headers]);
      await expect(connecting).rejects.toMatchObject({ name: 'ConnectError', retriable: false });
      expect(await stream.ending).toBe('reset cancel');
      expect(ledger.count).toBe(0);
    });
  });

  it.each<{ what: string; act: (request: Request) => void }>([
    { what: 'RST_STREAM with REFUSED_STREAM', act: ({ stream }) => stream.reset(errorCode.refusedStream) },
    { what: 'RST_STREAM with PROTOCOL_ERROR', act: ({ stream }) => stream.reset(errorCode.protocolError) },
    { what: 'RST_STREAM with NO_ERROR', act: ({ stream }) => stream.reset(errorCode.noError) },
    { what: 'RST_STREAM with CANCEL', act: ({ stream }) => stream.reset() },
    { what: 'GOAWAY', act: ({ connection }) => connection.goAway() },
    { what: 'GOAWAY for an error', act: ({ connection }) => connection.goAway(errorCode.enhanceYourCalm) },
    { what: 'FIN', act: ({ connection }) => connection.end() },
    { what: 'a TCP reset', act: ({ connection }) => connection.reset() },
    {
      what: 'a frame that is too large',
      act: ({ connection }) => connection.send({ type: frameType.data, payload: Buffer.alloc(16_385) }),
    },
  ])('$what instead of an answer is a typed error, at once (RFC 9113 §5.4)', async ({ act }) => {
    await withRequest({ secure }, async (request) => {
      act(request);
      await expect(request.connecting).rejects.toMatchObject({ name: 'ConnectError' });
      expect(request.ledger.count).toBe(0);
    });
  });
});
