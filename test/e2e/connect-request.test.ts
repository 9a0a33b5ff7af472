import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  accept,
  type ConnectFailure,
  type ConnectOptions,
  connect,
  createMemoryTransports,
  HeaderMap,
  listen,
  SocketTransport,
  send,
  type Transport,
  text,
} from 'genws';
import { describe, expect, it } from 'vitest';
import { startFakeServer, switching } from '../support/fake-server.ts';
import { createRecording, echo } from '../support/recording.ts';

type Options = Partial<ConnectOptions<never, never, never>>;

const { handler } = createRecording();

/** The head of the request that a client sends for this URL, or the code of its refusal. */
async function requestFor(url: string, options: Options = {}): Promise<string> {
  const [near, far] = createMemoryTransports();
  const connecting = connect(url, { ...options, handler, transport: near }).then(
    () => 'connected',
    (error) => `${error.code}`,
  );
  const bytes = await Promise.race([far.receive(), connecting]);
  if (typeof bytes === 'string') return bytes;
  far.abort();
  await connecting;
  return Buffer.from(bytes ?? []).toString();
}

describe('the request of a client', () => {
  it.each([
    ['ws://example.com', '/', 'example.com'],
    ['ws://example.com:80/', '/', 'example.com'],
    ['ws://example.com:443/', '/', 'example.com:443'],
    ['wss://example.com:443/a', '/a', 'example.com'],
    ['wss://example.com:80/a', '/a', 'example.com:80'],
    ['ws://example.com:8080?x', '/?x', 'example.com:8080'],
    ['ws://example.com/a?b=c&d#', undefined, undefined],
    ['ws://[::1]/', '/', '[::1]'],
    ['ws://[2001:DB8::1]:8080/', '/', '[2001:db8::1]:8080'],
    ['WS://EXAMPLE.com/A', '/A', 'example.com'],
    ['ws://münchen.example/straße', '/stra%C3%9Fe', 'xn--mnchen-3ya.example'],
  ])('for %s is for %s, and names the host %s (RFC 6455 §4.1, RFC 9110 §7.2)', async (url, path, host) => {
    const request = await requestFor(url);
    if (path === undefined) expect(request).toBe('fragmentNotAllowed');
    else expect(request.split('\r\n').slice(0, 2)).toEqual([`GET ${path} HTTP/1.1`, `Host: ${host}`]);
  });

  const refused: readonly { what: string; code: ConnectFailure['code']; url?: string; options?: Options }[] = [
    { what: 'LF in the path', code: 'invalidUrl', url: '/a\nX-Evil:1' },
    { what: 'CR LF in the query', code: 'invalidUrl', url: '/?a\r\n\r\nGET / HTTP/1.1' },
    { what: 'NUL in the path', code: 'invalidUrl', url: '/a\0' },
    { what: 'a blank in the path', code: 'invalidUrl', url: '/a b' },
    { what: 'CR LF in the origin', code: 'invalidHeader', options: { origin: 'https://a\r\nX-Evil: 1' } },
    { what: 'NUL in the origin', code: 'invalidHeader', options: { origin: 'https://a\0' } },
    { what: 'CR LF in a value', code: 'invalidHeader', options: { headers: { Cookie: 'a\r\nX-Evil: 1' } } },
    { what: 'LF in the second value', code: 'invalidHeader', options: { headers: { Cookie: ['a', 'b\nc: d'] } } },
    { what: 'U+010A in a value', code: 'invalidHeader', options: { headers: { Cookie: 'a\u010aX-Evil: 1' } } },
    { what: 'NUL in a value', code: 'invalidHeader', options: { headers: { Cookie: '\0' } } },
    { what: 'CR LF in a name', code: 'invalidHeader', options: { headers: { 'X\r\nY': 'a' } } },
    { what: 'a colon in a name', code: 'invalidHeader', options: { headers: { 'X: a': 'b' } } },
    { what: 'CR LF in Host', code: 'invalidHeader', options: { headers: { Host: 'a\r\nX-Evil: 1' } } },
    { what: 'CR LF in a subprotocol', code: 'badSubprotocol', options: { subprotocols: ['a\r\nX-Evil: 1'] } },
    { what: 'a comma in a subprotocol', code: 'badSubprotocol', options: { subprotocols: ['a, b'] } },
    { what: 'a subprotocol twice', code: 'badSubprotocol', options: { subprotocols: ['a', 'a'] } },
    { what: 'CR LF in an extension', code: 'badExtensions', options: { extensions: ['x\r\nX-Evil: 1'] } },
    { what: 'a key of its own', code: 'forbiddenHeader', options: { headers: { 'sec-websocket-key': 'x' } } },
    { what: 'a body', code: 'forbiddenHeader', options: { headers: { 'Content-Length': '5' } } },
    { what: 'a second Origin', code: 'duplicateHeader', options: { origin: 'a', headers: { origin: 'b' } } },
  ];

  it.each(refused)('is never sent with $what: $code (I06)', async ({ code, url = '', options = {} }) => {
    await using server = await startFakeServer();
    await expect(connect(server.url + url, { ...options, handler })).rejects.toMatchObject({
      name: 'ConnectError',
      code,
    });
    expect(server.accepted).toBe(0);
  });

  it.each([
    ['http://127.0.0.1/', 'invalidScheme'],
    ['127.0.0.1:8080', 'invalidUrl'],
    ['//127.0.0.1', 'invalidUrl'],
    ['ws://', 'invalidUrl'],
    ['ws://user:secret@127.0.0.1/', 'invalidUrl'],
    ['ws://127.0.0.1:65536/', 'invalidPort'],
    ['ws://127.0.0.1:http/', 'invalidPort'],
    ['ws://127.0.0.1/#top', 'fragmentNotAllowed'],
  ])('to %s is not even thought of: %s (RFC 6455 §3)', async (url, code) => {
    await expect(connect(url, { handler })).rejects.toMatchObject({ name: 'ConnectError', code });
  });
});

/** A TCP connection, and its end. */
async function openSocket(port: number) {
  const socket = connectTcp({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  return { socket, over: new Promise((resolve) => socket.on('close', resolve)) };
}

describe("a client over a transport of the caller's", () => {
  it('talks through it, and no connection is dialled', async () => {
    const [near, far] = createMemoryTransports();
    const { handler: listening, frames, requests } = createRecording();
    const connecting = connect('wss://nowhere.invalid/room', { handler: listening, transport: near });
    const request = Buffer.from((await far.receive()) ?? []).toString();
    const key = /^Sec-WebSocket-Key: (.*)\r$/m.exec(request)?.[1];
    far.send([Buffer.from(switching({ startLine: '', headers: new Map([['sec-websocket-key', key ?? '']]) }))]);
    const session = await connecting;
    const other = accept({
      transport: far,
      handler: echo,
      request: { method: 'GET', path: '/room', headers: new HeaderMap() },
    });
    session.send({ type: 'info', message: { type: 'text', data: 'round trip' } });
    expect(await frames.next()).toBe('text round trip');
    expect(await requests.next()).toMatchObject({ path: '/room', response: { status: 101 } });
    session.send({ type: 'stop', reason: 'done' });
    expect(await other.exited()).toEqual({ type: 'remote', code: 1001, reason: '' });
  });

  it('talks through a socket that the caller has dialled', async () => {
    const { handler: listening, frames } = createRecording();
    await using server = await listen({ host: '127.0.0.1', handler: echo });
    const { socket } = await openSocket(server.port);
    const session = await connect('ws://behind.a.proxy/', {
      handler: listening,
      transport: new SocketTransport(socket),
    });
    send(session, text('through it'));
    expect(await frames.next()).toBe('text through it');
    session.send({ type: 'stop', reason: 'done' });
  });

  it('fails at once over a socket that has closed, or broken', async () => {
    await using server = await startFakeServer();
    const closed = await openSocket(server.port);
    const transport = new SocketTransport(closed.socket);
    closed.socket.destroy();
    await closed.over;
    await expect(connect('ws://a', { handler, transport })).rejects.toMatchObject({ code: 'connectionClosed' });
    const broken = await openSocket(server.port);
    const cause = new Error('the cable is cut');
    const other = new SocketTransport(broken.socket);
    broken.socket.destroy(cause);
    await broken.over;
    await expect(connect('ws://a', { handler, transport: other })).rejects.toMatchObject({
      code: 'connectionFailed',
      cause,
    });
  });

  it('is refused one that cannot receive, which is let go of', async () => {
    const sent: (readonly Uint8Array[])[] = [];
    let aborted = 0;
    const transport: Transport = {
      handOver: () => {},
      activate: () => {},
      send: (chunks) => sent.push(chunks),
      buffered: 0,
      congested: false,
      close: () => {},
      abort: () => aborted++,
    };
    await expect(connect('ws://example.com', { handler, transport })).rejects.toMatchObject({
      code: 'transportDoesNotSupportReceive',
    });
    expect([sent.length, aborted]).toEqual([0, 1]);
  });

  it('has no deadline beyond what timers can count', async () => {
    const [near, far] = createMemoryTransports();
    const connecting = connect('ws://a', { handler, transport: near, timeout: 2 ** 40 });
    await far.receive();
    await delay(20); // a timer set to more than it can count fires after 1 ms
    far.close();
    await expect(connecting).rejects.toMatchObject({ code: 'connectionClosed' });
  });

  it('gives up at the timeout, and when aborted, before it began or later', async () => {
    const silent = (): Transport => createMemoryTransports()[0];
    await expect(connect('ws://a', { handler, transport: silent(), timeout: 20 })).rejects.toMatchObject({
      failure: { code: 'timeout', timeout: 20 },
    });
    const gone = AbortSignal.abort();
    await expect(connect('ws://a', { handler, transport: silent(), signal: gone })).rejects.toMatchObject({
      code: 'aborted',
    });
    const controller = new AbortController();
    const later = connect('ws://a', { handler, transport: silent(), signal: controller.signal });
    setImmediate(() => controller.abort());
    await expect(later).rejects.toMatchObject({ code: 'aborted' });
  });
});
