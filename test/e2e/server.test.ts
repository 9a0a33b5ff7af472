import { networkInterfaces } from 'node:os';
import { connect, defineHandler, listen } from 'genws';
import { describe, expect, it } from 'vitest';
import { certificate } from '../support/certificate.ts';
import { Inbox } from '../support/inbox.ts';
import { openRaw, openWebSocket, sampleAccept, textFrame, upgradeRequest } from '../support/raw-client.ts';
import type { RawHead } from '../support/raw-connection.ts';
import { createRecording, echo } from '../support/recording.ts';
import { expectServing, listenWith, schemes } from '../support/serving.ts';

describe.each(schemes)('a server over $scheme', ({ scheme, secure }) => {
  /** The head of the answer to a request for a WebSocket. */
  async function answerTo(port: number, request: Parameters<typeof upgradeRequest>[0]): Promise<RawHead> {
    using client = await openRaw({ port, secure });
    await client.write(upgradeRequest(request));
    return await client.head();
  }

  it("listens on a port of the system's choice and names its URL", async () => {
    await using server = await listen({ ...(await listenWith(secure)), handler: echo });
    expect(server.port).toBeGreaterThan(0);
    expect(server.url).toBe(`${scheme}://127.0.0.1:${server.port}`);
    await expectServing(server, secure);
  });

  it('answers the handshake with 101 and the accepted key (RFC 6455 §4.2.2)', async () => {
    await using server = await listen({ ...(await listenWith(secure)), handler: echo });
    const { startLine, headers } = await answerTo(server.port, {});
    expect(startLine).toBe('HTTP/1.1 101 Switching Protocols');
    expect(Object.fromEntries(headers)).toEqual({
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-accept': sampleAccept,
    });
  });

  it('puts headers of its own into the 101', async () => {
    const headers = [
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
      ['X-Served-By', 'genws'],
    ] as const;
    await using server = await listen({ ...(await listenWith(secure)), handler: echo, headers });
    const answer = await answerTo(server.port, {});
    expect(answer.headers.get('set-cookie')).toBe('a=1, b=2');
    expect(answer.headers.get('x-served-by')).toBe('genws');
  });

  it('hands the request to init: path, query, headers, origin, subprotocol, peer', async () => {
    const { handler, requests, sessions } = createRecording();
    await using server = await listen({ ...(await listenWith(secure)), handler, subprotocols: ['chat'] });
    using client = await openWebSocket(
      { port: server.port, secure },
      {
        path: '/room/1?name=%C3%A9',
        headers: { Origin: 'https://example.com', 'Sec-WebSocket-Protocol': 'chat', Cookie: ['a=1', 'b=2'] },
      },
    );
    const request = await requests.next();
    expect(request).toMatchObject({
      method: 'GET',
      path: '/room/1?name=%C3%A9',
      origin: 'https://example.com',
      subprotocol: 'chat',
      peer: { address: '127.0.0.1', port: client.socket.localPort },
    });
    expect(request.headers.all('cookie')).toEqual(['a=1', 'b=2']);
    expect((await sessions.next()).peer).toEqual(request.peer);
  });

  it('hands handlerOpts to init', async () => {
    const told = new Inbox<string>();
    const handler = defineHandler({
      init(_request, opts: { readonly room: string }) {
        told.push(opts.room);
        return ['ok', undefined];
      },
      handleIn: () => ['ok', undefined],
    });
    await using server = await listen({ ...(await listenWith(secure)), handler, handlerOpts: { room: 'lobby' } });
    using _client = await openWebSocket({ port: server.port, secure });
    expect(await told.next()).toBe('lobby');
    const options = { tls: { ca: (await certificate()).cert }, handler, handlerOpts: { room: 'client' } };
    const session = await connect(server.url, options);
    expect(await told.take(2)).toEqual(expect.arrayContaining(['lobby', 'client']));
    session.send({ type: 'stop', reason: 'done' });
  });

  it('answers a request that is no upgrade with 426 and what to do instead (RFC 9110 §15.5.22)', async () => {
    await using server = await listen({ ...(await listenWith(secure)), handler: echo });
    using client = await openRaw({ port: server.port, secure });
    await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const { startLine, headers } = await client.head();
    expect(startLine).toBe('HTTP/1.1 426 Upgrade Required');
    expect(headers.get('upgrade')).toBe('websocket');
    expect(headers.get('content-type')).toMatch(/^text\/plain/);
    client.end();
    expect((await client.rest()).toString()).toContain('WebSocket');
  });

  it('leaves requests that are no upgrade to the request listener', async () => {
    await using server = await listen({
      ...(await listenWith(secure)),
      handler: echo,
      request: (request, response) => response.writeHead(200, { 'X-Path': request.url }).end('healthy'),
    });
    using client = await openRaw({ port: server.port, secure });
    await client.write('GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const { startLine, headers } = await client.head();
    expect([startLine, headers.get('x-path')]).toEqual(['HTTP/1.1 200 OK', '/health']);
    expect((await client.rest()).toString()).toContain('healthy');
    await expectServing(server, secure);
  });

  it('serves one path when told so, whatever the query, and answers others 404', async () => {
    const { handler, requests } = createRecording();
    await using server = await listen({ ...(await listenWith(secure)), handler, path: '/chat' });
    expect(server.url).toBe(`${scheme}://127.0.0.1:${server.port}/chat`);
    for (const path of ['/chat', '/chat?', '/chat?to=/other']) {
      expect((await answerTo(server.port, { path })).startLine).toContain(' 101 ');
      expect((await requests.next()).path).toBe(path);
    }
    for (const path of ['/', '/chats', '/chat/', '/chat/room', '//chat', '/CHAT', '/?/chat']) {
      const { startLine, headers } = await answerTo(server.port, { path });
      expect([startLine, headers.get('connection')]).toEqual(['HTTP/1.1 404 Not Found', 'close']);
    }
    expect(requests.length).toBe(0);
  });

  it.each([
    { offered: 'a, b, c', spoken: ['c', 'b'], chosen: 'b' },
    { offered: ['c', 'b'], spoken: ['b', 'c'], chosen: 'c' },
    { offered: 'a', spoken: undefined, chosen: undefined },
  ])(
    "of the subprotocols $offered it takes $chosen where it speaks $spoken: the client's order counts (RFC 6455 §4.1, §4.2.2)",
    async ({ offered, spoken, chosen }) => {
      const { handler, requests } = createRecording();
      await using server = await listen({ ...(await listenWith(secure)), handler, subprotocols: spoken });
      const { startLine, headers } = await answerTo(server.port, { headers: { 'Sec-WebSocket-Protocol': offered } });
      expect(startLine).toContain(' 101 ');
      expect(headers.get('sec-websocket-protocol')).toBe(chosen);
      expect((await requests.next()).subprotocol).toBe(chosen);
    },
  );

  it.each([{ offered: 'a, B' }, { offered: undefined }])(
    'refuses a client that offers $offered where a subprotocol is required',
    async ({ offered }) => {
      await using server = await listen({
        ...(await listenWith(secure)),
        handler: echo,
        subprotocols: ['b'],
        logger: () => {},
      });
      const headers = offered === undefined ? {} : { 'Sec-WebSocket-Protocol': offered };
      expect((await answerTo(server.port, { headers })).startLine).toBe('HTTP/1.1 400 Bad Request');
    },
  );

  it('rejects when the port is in use, and the one who has it goes on', async () => {
    await using server = await listen({ ...(await listenWith(secure)), handler: echo });
    const second = listen({ ...(await listenWith(secure)), handler: echo, port: server.port });
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE', port: server.port });
    await expectServing(server, secure);
  });

  it('serves IPv6, in brackets in its URL (RFC 3986 §3.2.2)', async () => {
    const listening = listen({ ...(await listenWith(secure)), handler: echo, host: '::1' });
    const available = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));
    if (!available) {
      await expect(listening).rejects.toMatchObject({ syscall: 'listen' });
      return;
    }
    await using server = await listening;
    expect(server.url).toBe(`${scheme}://[::1]:${server.port}`);
    using client = await openWebSocket({ port: server.port, host: '::1', secure });
    await client.write(textFrame('six'));
    expect(await client.text()).toBe('six');
  });

  it('names localhost where it listens on every address', async () => {
    await using server = await listen({ ...(await listenWith(secure)), host: undefined, handler: echo });
    expect(server.url).toBe(`${scheme}://localhost:${server.port}`);
    await expectServing(server, secure);
  });

  it('counts its sessions, and forgets those that have ended', async () => {
    await using server = await listen({ ...(await listenWith(secure)), handler: echo });
    const clients = await Promise.all(Array.from({ length: 20 }, () => openWebSocket({ port: server.port, secure })));
    expect(server.sessions.count).toBe(20);
    expect(server.sessions.getSnapshot().context).toEqual({ children: 20, started: 20, crashed: 0 });
    for (const client of clients) client.end();
    await server.sessions.empty();
    expect(server.sessions.count).toBe(0);
  });
});
