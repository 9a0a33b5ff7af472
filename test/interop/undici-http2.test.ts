import { once } from 'node:events';
import { close, type Frame, listen, ping, type Server, send, text } from 'genws';
import { Agent, type Dispatcher, H2CClient, WebSocket } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { certificate } from '../support/certificate.ts';
import { Inbox } from '../support/inbox.ts';
import { Ledger } from '../support/ledger.ts';
import { plainMessage, randomMessages } from '../support/random-messages.ts';
import { listenWith, schemes } from '../support/serving.ts';

describe.each(schemes)("undici's WebSocket over HTTP/2, $scheme", ({ secure }) => {
  let ledger: Ledger;
  let server: Server<Frame>;
  let dispatcher: Dispatcher;
  let connections = 0;

  beforeEach(async () => {
    ledger = new Ledger();
    const { handler } = ledger;
    server = await listen({
      ...(await listenWith(secure)),
      http2: true,
      handler,
      compress: true,
      subprotocols: ['v2', 'v1'],
    });
    connections = 0;
    server.http.on('connection', () => connections++);
    dispatcher = secure
      ? new Agent({ allowH2: true, connections: 1, connect: { ca: (await certificate()).cert } })
      : new H2CClient(server.url.replace('ws', 'http'));
  });
  afterEach(async () => {
    await server.stop();
    await dispatcher.destroy();
    ledger.expectBalanced();
  });

  /** Begin to open a WebSocket, and keep what it hears in plain form. */
  function begin(protocols: string | string[] = 'v1'): { socket: WebSocket; heard: Inbox<string> } {
    const socket = new WebSocket(server.url, { protocols, dispatcher });
    socket.binaryType = 'arraybuffer';
    const heard = new Inbox<string>();
    socket.addEventListener('message', ({ data }: { readonly data: unknown }) => {
      if (typeof data === 'string') heard.push(plainMessage(data));
      else if (data instanceof ArrayBuffer) heard.push(plainMessage(new Uint8Array(data)));
    });
    return { socket, heard };
  }

  /** Open one, and have its session. One at a time: sessions are told apart by their order. */
  async function open() {
    const { socket, heard } = begin();
    await once(socket, 'open');
    return { socket, heard, session: await ledger.sessions.next(), request: await ledger.requests.next() };
  }

  const closing = async (socket: WebSocket): Promise<object> => {
    const [{ code, reason, wasClean }] = await once(socket, 'close');
    return { code, reason, wasClean };
  };

  it('opens although it sends a Sec-WebSocket-Key, which has no meaning there (RFC 8441 §5)', async () => {
    const { socket, request } = await open();
    expect(request).toMatchObject({ method: 'CONNECT', httpVersion: '2.0', path: '/', subprotocol: 'v1' });
    expect(request.host).toBe(new URL(server.url).host);
    expect(request.headers.joined('sec-websocket-key')).toMatch(/^[A-Za-z0-9+/]{22}==$/);
    expect(socket.protocol).toBe('v1');
    expect(socket.extensions).toMatch(/^permessage-deflate/);
    expect(request.compression).toBeDefined();
  });

  it('says and hears random messages of all sizes, unchanged and in order', async () => {
    const { socket, heard, session } = await open();
    for (const message of randomMessages('undici')) {
      const plain = plainMessage(message);
      socket.send(typeof message === 'string' ? message : Uint8Array.from(message));
      expect((await ledger.frames.next()) === plain).toBe(true);
      expect((await heard.next()) === plain).toBe(true);
      send(session, typeof message === 'string' ? text(message) : { type: 'binary', data: message });
      expect((await heard.next()) === plain).toBe(true);
    }
  });

  it('answers our ping with its payload (RFC 6455 §5.5.3)', async () => {
    const { session } = await open();
    send(session, ping('payload'));
    expect(await ledger.frames.next()).toBe('pong 7061796c6f6164');
  });

  it('closes with a code and a reason, which our side hears and answers (RFC 6455 §7.1.5)', async () => {
    const { socket } = await open();
    const closed = closing(socket);
    socket.close(3001, 'bye');
    expect(await ledger.exits.next()).toEqual({ type: 'remote', code: 3001, reason: 'bye' });
    expect(await closed).toMatchObject({ code: 3001, wasClean: true });
  });

  it('hears our close code and its reason, and answers', async () => {
    const { socket, session } = await open();
    const closed = closing(socket);
    close(session, 4999, 'enough');
    expect(await closed).toEqual({ code: 4999, reason: 'enough', wasClean: true });
    expect(await ledger.exits.next()).toEqual({ type: 'normal' });
  });

  it('has many on one connection, and each hears its own', async () => {
    const sockets = Array.from({ length: 50 }, () => begin());
    await Promise.all(sockets.map(({ socket }) => once(socket, 'open')));
    for (const [at, { socket }] of sockets.entries()) socket.send(`from ${at}`);
    expect(await Promise.all(sockets.map(({ heard }) => heard.next()))).toEqual(
      sockets.map((_, at) => plainMessage(`from ${at}`)),
    );
    expect(server.sessions.count).toBe(50);
    expect(connections).toBe(1);
  });

  it('fails where there is no subprotocol in common (RFC 6455 §4.1)', async () => {
    const { socket } = begin('v0');
    expect(await closing(socket)).toMatchObject({ wasClean: false });
    expect(ledger.count).toBe(0);
  });

  it('is told 1012 when the server drains', async () => {
    const { socket } = await open();
    const closed = closing(socket);
    await server.drain();
    expect(await closed).toMatchObject({ code: 1012 });
    expect(await ledger.exits.next()).toEqual({ type: 'shutdown', reason: 'drain' });
  });
});
