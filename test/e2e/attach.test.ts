import { acceptUpgrade, close, listen } from 'genws';
import { describe, expect, it } from 'vitest';
import { startHttp } from '../support/http-server.ts';
import { Inbox } from '../support/inbox.ts';
import { openRaw, openWebSocket, textFrame, upgradeRequest } from '../support/raw-client.ts';
import type { RawConnection } from '../support/raw-connection.ts';
import { createRecording, echo } from '../support/recording.ts';
import { schemes } from '../support/serving.ts';

describe.each(schemes)('attached to a $scheme server of somebody else', ({ scheme, secure }) => {
  it('serves its own path, and the server goes on serving its pages', async () => {
    await using own = await startHttp(secure);
    await using server = await listen({ server: own.http, path: '/chat', handler: echo });
    expect(server.http).toBe(own.http);
    expect(server.port).toBe(own.port);
    expect(server.url).toBe(`${scheme}://127.0.0.1:${own.port}/chat`);
    using client = await openWebSocket({ ...own, secure }, { path: '/chat?room=1' });
    await client.write(textFrame('over here'));
    expect(await client.text()).toBe('over here');
    using visitor = await openRaw({ ...own, secure });
    await visitor.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect((await visitor.head()).startLine).toBe('HTTP/1.1 200 OK');
    expect(server.sessions.count).toBe(1);
  });

  it.each([
    { title: 'an upgrade to another path', path: '/other', upgrade: 'websocket' },
    { title: 'an upgrade to h2c', path: '/chat', upgrade: 'h2c' },
  ])("A22: $title is the other listener's, not touched by this one", async ({ path, upgrade }) => {
    await using own = await startHttp(secure);
    const others = new Inbox<string>();
    await using _server = await listen({ server: own.http, path: '/chat', handler: echo });
    own.http.on('upgrade', (request, socket) => {
      if (request.url === '/chat' && request.headers.upgrade === 'websocket') return;
      others.push(`${request.url} ${request.headers.upgrade} ${socket.listenerCount('data')}`);
      socket.end('HTTP/1.1 101 Somebody Else\r\n\r\nand goodbye');
    });
    using client = await openRaw({ ...own, secure });
    await client.write(upgradeRequest({ path, headers: { Upgrade: upgrade } }));
    expect(await others.next()).toBe(`${path} ${upgrade} 0`);
    expect((await client.rest()).toString()).toBe('HTTP/1.1 101 Somebody Else\r\n\r\nand goodbye');
    expect(await client.closed).toBe('ended');
  });

  it('A22: two servers of sessions share one HTTP server, each with its own path', async () => {
    await using own = await startHttp(secure);
    const [one, two] = [createRecording(), createRecording()];
    await using first = await listen({ server: own.http, path: '/one', handler: one.handler });
    await using second = await listen({ server: own.http, path: '/two', handler: two.handler });
    const clients: RawConnection[] = [];
    for (const path of ['/one', '/two', '/two']) {
      const client = await openWebSocket({ ...own, secure }, { path });
      await client.write(textFrame(path));
      clients.push(client);
    }
    expect(await one.frames.next()).toBe('text /one');
    expect(await two.frames.take(2)).toEqual(['text /two', 'text /two']);
    expect([first.sessions.count, second.sessions.count]).toEqual([1, 2]);
    for (const client of clients) client.end();
  });

  it('is not cut off by a timeout that its HTTP server has set for idle connections', async () => {
    await using own = await startHttp(secure);
    own.http.on(secure ? 'secureConnection' : 'connection', (socket) => {
      socket.setTimeout(60, () => socket.destroy());
    });
    await using _server = await listen({ server: own.http, path: '/chat', handler: echo });
    using client = await openWebSocket({ ...own, secure }, { path: '/chat' });
    using idle = await openRaw({ ...own, secure });
    await idle.closed;
    await client.write(textFrame('still here'));
    expect(await client.text()).toBe('still here');
  });

  it('refuses what is wrong on its own path', async () => {
    await using own = await startHttp(secure);
    await using _server = await listen({ server: own.http, path: '/chat', handler: echo, logger: () => {} });
    using client = await openRaw({ ...own, secure });
    await client.write(upgradeRequest({ path: '/chat', headers: { 'Sec-WebSocket-Version': '8' } }));
    expect((await client.head()).startLine).toBe('HTTP/1.1 426 Upgrade Required');
    await client.closed;
  });

  it('stop() ends the sessions, leaves the server and its other listeners as they were', async () => {
    await using own = await startHttp(secure);
    const foreign = (): void => {};
    own.http.on('upgrade', foreign);
    const before = own.http.eventNames().map((name) => [name, own.http.listenerCount(name)]);
    const { handler, exits } = createRecording();
    const server = await listen({ server: own.http, path: '/chat', handler });
    using client = await openWebSocket({ ...own, secure }, { path: '/chat' });
    const stopped = server.stop();
    using late = await openRaw({ ...own, secure });
    await late.write(upgradeRequest({ path: '/chat' }));
    const { startLine, headers } = await late.head();
    expect(startLine).toBe('HTTP/1.1 503 Service Unavailable');
    expect(headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await client.closeCode()).toBe(1001);
    client.end();
    await stopped;
    expect(exits.length).toBe(1);
    expect(own.http.listening).toBe(true);
    expect(own.http.eventNames().map((name) => [name, own.http.listenerCount(name)])).toEqual(before);
    using visitor = await openRaw({ ...own, secure });
    await visitor.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect((await visitor.head()).startLine).toBe('HTTP/1.1 200 OK');
  });

  it('acceptUpgrade answers an upgrade by hand and tells what became of it', async () => {
    await using own = await startHttp(secure);
    const outcomes = new Inbox<string>();
    own.http.on('upgrade', (request, socket, head) => {
      const outcome = acceptUpgrade(request, socket, head, {
        handler: echo,
        headers: [['Set-Cookie', 'seen=1']],
        logger: () => {},
      });
      outcomes.push(outcome.ok ? outcome.session.state : outcome.refusal.code);
      if (outcome.ok) close(outcome.session, 4000, 'by hand');
    });
    using client = await openRaw({ ...own, secure });
    await client.write(upgradeRequest());
    expect((await client.head()).headers.get('set-cookie')).toBe('seen=1');
    expect(await outcomes.next()).toBe('open');
    expect((await client.frame()).payload.subarray(2).toString()).toBe('by hand');
    client.end();
    using wrong = await openRaw({ ...own, secure });
    await wrong.write(upgradeRequest({ headers: { 'Sec-WebSocket-Key': 'no' } }));
    expect(await outcomes.next()).toBe('badKey');
    expect((await wrong.head()).startLine).toBe('HTTP/1.1 400 Bad Request');
    await wrong.closed;
  });
});
