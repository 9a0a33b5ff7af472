import { channel } from 'node:diagnostics_channel';
import { readFile } from 'node:fs/promises';
import type { Server as HttpServer, RequestListener } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { text as readAll } from 'node:stream/consumers';
import { mountInspector } from '@genws/inspector';
import { connect, defineHandler, listen, reportChannel } from 'genws';
import { connectOver } from 'genws/transports/http2';
import { describe, expect, it } from 'vitest';
import { certificate } from '../support/certificate.ts';
import { guests } from '../support/guest.ts';
import { httpAnswer } from '../support/http-answer.ts';
import { startHttp } from '../support/http-server.ts';
import { counting, eventually, startInspected, ways } from '../support/inspected.ts';
import { LivePage } from '../support/live-page.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';

expectNoStrayErrors();

const logger = (): void => {};

/** How many listen to each event of a server. */
const listeners = (http: HttpServer): Record<string, number> =>
  Object.fromEntries(http.eventNames().map((name) => [String(name), http.listenerCount(name)]));

/** What an application answers. */
const app: RequestListener = ({ url, method }, response) => {
  response.setHeader('X-App', 'yes');
  response.end(`${method} ${url}`);
};

describe.each(guests)('an inspector on the port of an application, over $version', ({ ask }) => {
  it('leaves all routes but its own to the application', async () => {
    const listening = { http2: true, host: '127.0.0.1', logger, request: app, handler: counting };
    await using server = await listen(listening);
    await using _inspector = await mountInspector(server, { servers: { main: server } }, '/debug/genws');
    for (const path of [
      '/',
      '/debug',
      '/debug/',
      '/debug/genwsx',
      '/debug/genws-2/',
      '/x/debug/genws',
      '/?/debug/genws/',
    ]) {
      const { status, body, headers } = await ask(server.port, { path });
      expect([status, body, headers['x-app']]).toEqual([200, `GET ${path}`, 'yes']);
    }
    const posted = await ask(server.port, { path: '/form', method: 'POST', body: 'a=b', host: 'app.example' });
    expect(posted).toMatchObject({ status: 200, body: 'POST /form' });
    expect(await ask(server.port, { path: '/debug/genws' })).toMatchObject({ status: 303 });
    expect((await ask(server.port, { path: '/debug/genws/' })).headers['x-app']).toBeUndefined();
    expect(await ask(server.port, { path: '/debug/genws/', method: 'DELETE' })).toMatchObject({ status: 405 });
    expect(await ask(server.port, { path: '/debug/genws/', method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
    for (const path of ['../package.json', '%2e%2e/package.json', '..%2findex.js', 'index.html/', '__proto__'])
      expect(await ask(server.port, { path: `/debug/genws/${path}` })).toMatchObject({ status: 404 });
  });

  it('leaves the WebSockets of the application alone', async () => {
    await using inspected = await startInspected({ http2: true });
    const { opened } = await ask(inspected.server.port, { path: '/', webSocket: true, host: 'app.example' });
    expect(opened).toBe(true);
  });

  it('leaves everything as it was when it ends', async () => {
    await using server = await listen({ http2: true, host: '127.0.0.1', logger, request: app, handler: counting });
    const before = [listeners(server.http), server.http.listeners('request')];
    const inspector = await mountInspector(server, { servers: { main: server } });
    await using page = await LivePage.open(inspector.url);
    page.watch('sessions', 'tree', 'groups', 'runtime');
    expect(channel(reportChannel).hasSubscribers).toBe(true);
    await inspector.stop();
    expect(await page.exited()).toMatchObject({ type: 'remote', code: 1001 });
    expect([listeners(server.http), server.http.listeners('request')]).toEqual(before);
    expect(channel(reportChannel).hasSubscribers).toBe(false);
    expect(await ask(server.port, { path: '/inspector/' })).toMatchObject({ status: 200, body: 'GET /inspector/' });
    const { opened } = await ask(server.port, { path: '/inspector/live', webSocket: true });
    expect(opened).toBe(true); // that of the application, which serves every path
  });
});

describe('an inspector', () => {
  it.each(ways)('serves its page, and what is live, over $way', async (way) => {
    const index = await readFile(new URL('../../packages/inspector/dist/page/index.html', import.meta.url), 'utf8');
    await using inspected = await startInspected(way);
    await using page = await inspected.page();
    await page.hello();
    if (!way.http2) {
      const { status, body } = await httpAnswer({ port: inspected.server.port, secure: way.secure }, '/inspector/');
      expect([status, body]).toEqual([200, index]);
    }
  });

  it('serves both over one connection of HTTP/2', async () => {
    const tls = await certificate();
    await using inspected = await startInspected({ http2: true, secure: true });
    const { origin } = new URL(inspected.inspector.url);
    const browser = connectHttp2(origin, { ca: tls.cert });
    let connections = 0;
    inspected.server.http.on('secureConnection', () => connections++);
    const served = readAll(browser.request({ ':path': '/inspector/' })); // at once: what nobody reads Node.js drops
    const index = await readFile(new URL('../../packages/inspector/dist/page/index.html', import.meta.url), 'utf8');
    expect(await served).toBe(index);
    let hello = '';
    const live = await connectOver(browser, '/inspector/live', {
      origin,
      subprotocols: ['genws.inspector'],
      logger,
      handler: defineHandler({
        init: () => ['ok', undefined],
        handleIn(frame) {
          if (frame.type === 'text') hello = frame.data;
          return ['ok', undefined];
        },
      }),
    });
    await eventually(() => hello !== '');
    expect([JSON.parse(hello).type, connections]).toEqual(['hello', 1]);
    live.stop();
    browser.close();
  });

  it('can be on a server that is not ours', async () => {
    await using own = await startHttp(false, app);
    const before = listeners(own.http);
    await using server = await listen({ server: own.http, path: '/chat', logger, handler: counting });
    const inspector = await mountInspector(
      { http: own.http, url: `ws://127.0.0.1:${own.port}/chat` },
      { servers: { chat: server } },
    );
    expect(inspector.url).toBe(`http://127.0.0.1:${own.port}/inspector`);
    await using page = await LivePage.open(inspector.url);
    expect((await page.hello()).servers).toEqual(['chat']);
    const peer = await connect(server.url, { handler: counting, logger });
    page.watch('sessions');
    expect(await page.until(({ sessions }) => sessions?.rows.at(0)?.messagesIn)).toBe(0);
    peer.stop();
    await inspector.stop();
    await server.stop();
    expect(listeners(own.http)).toEqual(before);
  });

  it('can be there twice, and each end without the other', async () => {
    const { ask } = guests[0];
    for (const order of [0, 1]) {
      await using server = await listen({ host: '127.0.0.1', logger, request: app, handler: counting });
      const both = [
        await mountInspector(server, { servers: { main: server } }, '/one'),
        await mountInspector(server, { servers: { main: server } }, '/two'),
      ];
      await both[order]?.stop();
      const paths = ['/one/', '/two/'];
      expect(await ask(server.port, { path: '/' })).toMatchObject({ body: 'GET /' });
      expect(await ask(server.port, { path: paths[order] ?? '' })).toMatchObject({ body: `GET ${paths[order]}` });
      expect((await ask(server.port, { path: paths[1 - order] ?? '' })).headers['x-app']).toBeUndefined();
      await both[1 - order]?.stop();
      for (const path of paths) expect(await ask(server.port, { path })).toMatchObject({ body: `GET ${path}` });
    }
  });

  it('ends with its server, and can be stopped afterwards', async () => {
    const inspected = await startInspected();
    const page = await inspected.page();
    await inspected.server.stop();
    expect(await page.exited()).toMatchObject({ type: 'remote', code: 1001 });
    await inspected.inspector.stop();
    expect(channel(reportChannel).hasSubscribers).toBe(false);
  });

  it('is forgotten by a page that vanishes: nobody is inspected, counted or waited for', async () => {
    await using inspected = await startInspected();
    const { session, say, heard } = await inspected.peer();
    const page = await inspected.page();
    page.watch('sessions', 'tree', 'groups', 'runtime');
    page.attach(session.id);
    await page.until(({ detail }) => detail?.state);
    expect(Reflect.get(session.system, 'inspected')).toBe(true);
    page.vanish();
    await eventually(() => Reflect.get(session.system, 'inspected') === false);
    say('still served');
    expect(await heard.next()).toBe('text still served');
  });

  it('takes 16 pages at a time', async () => {
    await using inspected = await startInspected();
    const pages = await Promise.all(Array.from({ length: 16 }, () => inspected.page()));
    await expect(inspected.page()).rejects.toMatchObject({ response: { status: 503 } });
    pages[0]?.vanish();
    await pages[0]?.exited();
    for (const page of pages) page.vanish();
  });
});
