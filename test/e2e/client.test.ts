import { Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { connect, listen, send, text } from 'genws';
import { describe, expect, it, vi } from 'vitest';
import { certificate } from '../support/certificate.ts';
import { startFakeServer, switching } from '../support/fake-server.ts';
import { closeFrame } from '../support/raw-client.ts';
import { rawFrame } from '../support/raw-frame.ts';
import { createRecording, echo } from '../support/recording.ts';
import { listenWith, schemes } from '../support/serving.ts';

describe.each(schemes)('a client over $scheme', ({ scheme, secure }) => {
  const trusting = async () => ({ tls: { ca: (await certificate()).cert } });

  it('asks as it should, by default (RFC 6455 §4.1)', async () => {
    await using server = await startFakeServer({ secure });
    const connecting = connect(`${server.url}/chat?room=1`, { handler: echo, ...(await trusting()) });
    using peer = await server.connections.next();
    const request = await peer.head();
    expect(request.startLine).toBe('GET /chat?room=1 HTTP/1.1');
    expect(Object.fromEntries(request.headers)).toEqual({
      host: `127.0.0.1:${server.port}`,
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-key': expect.stringMatching(/^[A-Za-z0-9+/]{21}[AQgw]==$/),
      'sec-websocket-version': '13',
    });
    await peer.write(switching(request));
    const session = await connecting;
    expect(session.state).toBe('open');
    expect(session.peer).toEqual({ address: '127.0.0.1', port: server.port });
    peer.end();
  });

  it('asks for what it is told to, in the order given', async () => {
    await using server = await startFakeServer({ secure });
    const { handler, requests } = createRecording();
    const connecting = connect(server.url, {
      ...(await trusting()),
      handler,
      subprotocols: ['second', 'first'],
      extensions: ['x-trace; level=1', 'x-other'],
      origin: 'https://example.com',
      headers: { Authorization: 'Bearer abc', Cookie: 'a=1', Host: 'virtual.example' },
    });
    using peer = await server.connections.next();
    const request = await peer.head();
    expect(Object.fromEntries(request.headers)).toMatchObject({
      host: 'virtual.example',
      'sec-websocket-protocol': 'second, first',
      'sec-websocket-extensions': 'x-trace; level=1, x-other',
      origin: 'https://example.com',
      authorization: 'Bearer abc',
      cookie: 'a=1',
    });
    await peer.write(switching(request, 'Sec-WebSocket-Protocol: first', 'Set-Cookie: b=2', 'Set-Cookie: c=3'));
    await connecting;
    const { response, ...told } = await requests.next();
    expect(told).toMatchObject({ method: 'GET', path: '/', subprotocol: 'first' });
    expect(response).toMatchObject({ status: 101, subprotocol: 'first' });
    expect(response?.headers.all('set-cookie')).toEqual(['b=2', 'c=3']);
    peer.end();
  });

  it('makes a new key for each handshake (RFC 6455 §4.1)', async () => {
    await using server = await startFakeServer({ secure });
    const keys = new Set<string | undefined>();
    for (let i = 0; i < 5; i++) {
      const connecting = connect(server.url, { handler: echo, ...(await trusting()) });
      using peer = await server.connections.next();
      const request = await peer.head();
      keys.add(request.headers.get('sec-websocket-key'));
      await peer.write(switching(request));
      await connecting;
    }
    expect(keys.size).toBe(5);
  });

  it('delivers frames that came with the 101, whole or cut, after init (I05)', async () => {
    await using server = await startFakeServer({ secure });
    const { handler, frames } = createRecording();
    const connecting = connect(server.url, { handler, ...(await trusting()) });
    using peer = await server.connections.next();
    const answer = Buffer.from(switching(await peer.head()));
    const last = rawFrame({ opcode: 1, payload: 'cut in two' });
    await peer.write(Buffer.concat([answer, rawFrame({ opcode: 1, payload: 'early' }), last.subarray(0, 5)]));
    const session = await connecting;
    expect(await frames.next()).toBe('text early');
    await peer.write(last.subarray(5));
    expect(await frames.next()).toBe('text cut in two');
    expect(session.state).toBe('open');
  });

  it('reads an answer that comes byte by byte, past an interim one (RFC 9110 §15.2)', async () => {
    await using server = await startFakeServer({ secure });
    const connecting = connect(server.url, { handler: echo, ...(await trusting()) });
    using peer = await server.connections.next();
    const answer = switching(await peer.head());
    for (const byte of `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${answer}`) {
      await peer.write(byte);
      await new Promise(setImmediate);
    }
    expect((await connecting).state).toBe('open');
  });

  it('masks what it sends, and does not accept masked frames (RFC 6455 §5.1)', async () => {
    await using server = await startFakeServer({ secure });
    const { handler, exits } = createRecording();
    const connecting = connect(server.url, { handler, logger: () => {}, ...(await trusting()) });
    using peer = await server.connections.next();
    await peer.write(switching(await peer.head()));
    const session = await connecting;
    expect(send(session, text('hello'))).toBe('sent');
    expect(await peer.frame()).toMatchObject({ opcode: 1, fin: true, masked: true, payload: Buffer.from('hello') });
    await peer.write(closeFrame(1000));
    expect(await peer.closeCode()).toBe(1002);
    expect(await exits.next()).toMatchObject({ type: 'error', error: 'badFrame' });
  });

  it('sends small frames at once, without gathering them (RFC 9293 §3.7.4)', async () => {
    await using server = await startFakeServer({ secure });
    const setNoDelay = vi.spyOn(Socket.prototype, 'setNoDelay');
    const connecting = connect(server.url, { handler: echo, ...(await trusting()) });
    using peer = await server.connections.next();
    await peer.write(switching(await peer.head()));
    const session = await connecting;
    const ours = setNoDelay.mock.contexts.filter((socket) => socket instanceof Socket && socket !== peer.socket);
    setNoDelay.mockRestore();
    expect(session.state).toBe('open');
    expect(ours).not.toEqual([]);
  });

  it('leaves the end of the connection to the server (RFC 6455 §7.1.1)', async () => {
    await using server = await startFakeServer({ secure });
    const { handler, exits } = createRecording();
    const connecting = connect(server.url, { handler, ...(await trusting()) });
    using peer = await server.connections.next();
    await peer.write(switching(await peer.head()));
    const session = await connecting;
    await peer.write(rawFrame({ opcode: 8, payload: Buffer.from('0fa1627965', 'hex') }));
    expect(await peer.closeCode()).toBe(4001);
    await new Promise(setImmediate);
    expect(session.state).toBe('closing');
    expect(exits.length).toBe(0);
    peer.end();
    expect(await session.exited()).toEqual({ type: 'remote', code: 4001, reason: 'bye' });
  });

  it('reaches IPv6 addresses, and names them in brackets (RFC 6455 §3)', async () => {
    const available = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));
    if (!available) {
      await expect(connect(`${scheme}://[::1]:9`, { handler: echo })).rejects.toMatchObject({
        code: 'connectionFailed',
      });
      return;
    }
    await using server = await startFakeServer({ secure, host: '::1' });
    const connecting = connect(`${scheme}://[::1]:${server.port}?x`, { handler: echo, ...(await trusting()) });
    using peer = await server.connections.next();
    const request = await peer.head();
    expect(request.startLine).toBe('GET /?x HTTP/1.1');
    expect(request.headers.get('host')).toBe(`[::1]:${server.port}`);
    await peer.write(switching(request));
    expect((await connecting).peer).toEqual({ address: '::1', port: server.port });
  });

  it('talks to a server of ours, which both count as open and over', async () => {
    const onServer = createRecording();
    const onClient = createRecording();
    await using server = await listen({ ...(await listenWith(secure)), handler: onServer.handler });
    const session = await connect(server.url, { handler: onClient.handler, ...(await trusting()) });
    send(session, [text('a'), { type: 'ping', data: 'b' }]);
    expect(await onServer.frames.take(2)).toEqual(['text a', 'ping 62']);
    expect(await onClient.frames.next()).toBe('pong 62');
    session.send({ type: 'close', frame: { type: 'close', code: 3000, reason: 'done' } });
    expect(await session.exited()).toEqual({ type: 'normal' });
    expect(await onServer.exits.next()).toEqual({ type: 'remote', code: 3000, reason: 'done' });
    expect(await onClient.exits.next()).toEqual({ type: 'normal' });
  });

  it('of the subprotocols of both takes the first that the client names (RFC 6455 §4.2.2)', async () => {
    const { handler, requests } = createRecording();
    await using server = await listen({ ...(await listenWith(secure)), handler: echo, subprotocols: ['b', 'c', 'a'] });
    const session = await connect(server.url, { handler, subprotocols: ['x', 'a', 'b'], ...(await trusting()) });
    expect((await requests.next()).subprotocol).toBe('a');
    session.send({ type: 'stop', reason: 'done' });
  });
});
