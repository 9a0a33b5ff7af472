import { once } from 'node:events';
import { createServer, type Server as HttpServer, type RequestListener } from 'node:http';
import type { Duplex } from 'node:stream';
import { listen } from 'genws';
import { describe, expect, it } from 'vitest';
import { type HttpAnswer, httpAnswer, upgradeHeaders } from '../support/http-answer.ts';
import { startHttp } from '../support/http-server.ts';
import { openRaw, openWebSocket, textFrame, upgradeRequest } from '../support/raw-client.ts';
import { createRecording, echo } from '../support/recording.ts';
import { schemes } from '../support/serving.ts';

/** The pages of somebody else: one, and an answer to whatever else is asked for. */
const pages: RequestListener = ({ url }, response) => {
  if (url === '/') response.end('a page');
  else response.writeHead(404).end(`there is no page at ${url}`);
};

const thePage = { status: 200, body: 'a page' };
const noPageAt = (url: string) => ({ status: 404, body: `there is no page at ${url}` });
const theirs = { status: 418, body: 'somebody else' };

/** Somebody else who listens for upgrades, and minds one path only. */
function listenForUpgrades(http: HttpServer): () => void {
  const answer = ({ url }: { readonly url?: string }, socket: Duplex): void => {
    if (url === '/theirs') socket.end("HTTP/1.1 418 I'm a teapot\r\nContent-Length: 13\r\n\r\nsomebody else");
  };
  http.on('upgrade', answer);
  return () => http.off('upgrade', answer);
}

describe.each(schemes)("attached to a $scheme server, beside that server's own pages", ({ secure }) => {
  const start = async () => {
    const http = await startHttp(secure, pages);
    const where = { port: http.port, secure };
    const upgrade = (path: string, protocol = 'websocket'): Promise<HttpAnswer> =>
      httpAnswer(where, path, { ...upgradeHeaders, Upgrade: protocol });
    return { ...http, where, upgrade };
  };

  it('leaves a WebSocket to another path to the pages, which answer 404', async () => {
    await using own = await start();
    await using server = await listen({ server: own.http, path: '/live', handler: echo });
    for (const path of ['/elsewhere', '/live/on', '/?path=/live']) {
      expect(await own.upgrade(path)).toMatchObject(noPageAt(path));
    }
    expect(await own.upgrade('/')).toMatchObject(thePage);
    expect(server.sessions.count).toBe(0);
  });

  it('leaves a wish for another protocol to the pages, on its own path too (RFC 9110 §7.8)', async () => {
    await using own = await start();
    await using _server = await listen({ server: own.http, path: '/live', handler: echo });
    expect(await own.upgrade('/', 'h2c')).toMatchObject(thePage);
    expect(await own.upgrade('/live', 'h2c')).toMatchObject(noPageAt('/live'));
  });

  it('takes a WebSocket over a connection on which a wish for another protocol was answered by the pages', async () => {
    await using own = await start();
    await using _server = await listen({ server: own.http, path: '/live', handler: echo });
    using client = await openRaw(own.where);
    await client.write(upgradeRequest({ method: 'HEAD', headers: { Upgrade: 'h2c' } }));
    expect((await client.head()).startLine).toBe('HTTP/1.1 200 OK');
    await client.write(upgradeRequest({ path: '/live' }));
    expect((await client.head()).startLine).toBe('HTTP/1.1 101 Switching Protocols');
    await client.write(textFrame('after all'));
    expect(await client.text()).toBe('after all');
  });

  it('shares the server with another one: each answers its own path, and the pages a third', async () => {
    await using own = await start();
    const [one, two] = [createRecording(), createRecording()];
    await using first = await listen({ server: own.http, path: '/one', handler: one.handler });
    await using second = await listen({ server: own.http, path: '/two', handler: two.handler });
    for (const path of ['/one', '/two']) {
      using client = await openWebSocket(own.where, { path });
      await client.write(textFrame(path));
      expect(await (path === '/one' ? one : two).frames.next()).toBe(`text ${path}`);
    }
    expect(await own.upgrade('/three')).toMatchObject(noPageAt('/three'));
    expect([one.requests.length, two.requests.length]).toEqual([1, 1]);
    await first.stop();
    expect(await own.upgrade('/one')).toMatchObject(noPageAt('/one'));
    using client = await openWebSocket(own.where, { path: '/two' });
    client.end();
    await second.stop();
    expect(await own.upgrade('/two')).toMatchObject(noPageAt('/two'));
  });

  it('gives upgrades that are not its own away as long as somebody else listens for them', async () => {
    await using own = await start();
    await using _server = await listen({ server: own.http, path: '/live', handler: echo });
    expect(await own.upgrade('/theirs')).toMatchObject(noPageAt('/theirs'));
    const leave = listenForUpgrades(own.http);
    expect(await own.upgrade('/theirs')).toMatchObject(theirs);
    expect(await own.upgrade('/theirs', 'other')).toMatchObject(theirs);
    using client = await openWebSocket(own.where, { path: '/live' });
    await client.write(textFrame('still ours'));
    expect(await client.text()).toBe('still ours');
    leave();
    expect(await own.upgrade('/theirs')).toMatchObject(noPageAt('/theirs'));
  });

  it('gives them to somebody who has listened before it came, and goes on to after it has stopped', async () => {
    await using own = await start();
    listenForUpgrades(own.http);
    const server = await listen({ server: own.http, path: '/live', handler: echo });
    expect(await own.upgrade('/theirs')).toMatchObject(theirs);
    await server.stop();
    expect(await own.upgrade('/theirs')).toMatchObject(theirs);
  });

  it('takes no upgrade any more once it is stopped: all are plain requests', async () => {
    await using own = await start();
    const server = await listen({ server: own.http, path: '/live', handler: echo });
    const client = await openWebSocket(own.where, { path: '/live' });
    client.end();
    await server.stop();
    for (const path of ['/live', '/elsewhere']) expect(await own.upgrade(path)).toMatchObject(noPageAt(path));
    expect(await own.upgrade('/', 'h2c')).toMatchObject(thePage);
    await using _next = await listen({ server: own.http, path: '/next', handler: echo });
    using again = await openWebSocket(own.where, { path: '/next' });
    again.end();
    expect(await own.upgrade('/live')).toMatchObject(noPageAt('/live'));
  });
});

it('asks the `shouldUpgradeCallback` of the server it is attached to first, and upgrades nothing against its word', async () => {
  const asked: (string | undefined)[] = [];
  const shouldUpgradeCallback = ({ url }: { readonly url?: string | undefined }): boolean => {
    asked.push(url);
    return url !== '/live?not';
  };
  const http = createServer({ shouldUpgradeCallback }, pages).listen(0, '127.0.0.1');
  await once(http, 'listening');
  const server = await listen({ server: http, path: '/live', handler: echo });
  expect(await httpAnswer(server, '/live?not', upgradeHeaders)).toMatchObject(noPageAt('/live?not'));
  expect(await httpAnswer(server, '/elsewhere', upgradeHeaders)).toMatchObject(noPageAt('/elsewhere'));
  using client = await openWebSocket(server, { path: '/live' });
  client.end();
  expect(asked).toEqual(['/live?not', '/elsewhere', '/live']);
  await server.stop();
  http.closeAllConnections();
  http.close();
});
