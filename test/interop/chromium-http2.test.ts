import { close, type Frame, listen, ping, type Server, type SessionRef, send } from 'genws';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { Inbox } from '../support/inbox.ts';
import { Ledger } from '../support/ledger.ts';
import { listenWith } from '../support/serving.ts';

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

describe("Chromium's WebSockets over HTTP/2", () => {
  let context: BrowserContext;
  let page: Page;
  let ledger: Ledger;
  let server: Server<Frame>;
  /** Versions of HTTP that pages came over. */
  let pages: Inbox<string>;
  let connections = 0;
  let upgrades = 0;

  beforeEach(async () => {
    ledger = new Ledger();
    pages = new Inbox();
    connections = 0;
    upgrades = 0;
    const { handler } = ledger;
    server = await listen({
      ...(await listenWith(true)),
      http2: true,
      handler,
      compress: true,
      subprotocols: ['v2', 'v1'],
      request(request, response) {
        pages.push(request.httpVersion);
        response.setHeader('content-type', 'text/html');
        response.end('<!doctype html><link rel="icon" href="data:,"><title>page</title>');
      },
    });
    server.http.on('connection', () => connections++).on('upgrade', () => upgrades++);
    context = await browser.newContext();
    page = await visit();
  });

  afterEach(async () => {
    await context.close();
    await server.stop();
    ledger.expectBalanced();
    expect({ connections, upgrades }).toEqual({ connections: 1, upgrades: 0 });
    while (ledger.requests.length > 0) {
      expect(await ledger.requests.next()).toMatchObject({ method: 'CONNECT', httpVersion: '2.0' });
    }
  });

  /** A tab with the server's page. Only with it does the browser learn that extended CONNECT is possible (RFC 8441 §3). */
  async function visit(): Promise<Page> {
    const tab = await context.newPage();
    await tab.goto(server.url.replace('ws', 'http'));
    expect(await pages.next()).toBe('2.0');
    return tab;
  }

  /**
   * Open so many WebSockets in a tab, and keep how each `ended`. A few at a time: of a page that opens many at once the
   * browser lets each wait for seconds.
   */
  const open = (tab: Page, count: number, protocols: string[] = ['v1']) =>
    tab.evaluateHandle(
      async ([url, protocols, count]) => {
        const openSocket = (): Promise<{ readonly socket: WebSocket; readonly ended: Promise<object> }> => {
          const socket = new WebSocket(url, protocols);
          socket.binaryType = 'arraybuffer';
          const ended = new Promise<object>((resolve) => {
            socket.onclose = ({ code, reason, wasClean }) => resolve({ code, reason, wasClean });
          });
          return new Promise((resolve, reject) => {
            socket.onopen = () => resolve({ socket, ended });
            socket.onerror = () => reject(new Error('no WebSocket'));
          });
        };
        const sockets = [];
        while (sockets.length < count) {
          sockets.push(...(await Promise.all(Array.from({ length: Math.min(5, count - sockets.length) }, openSocket))));
        }
        return sockets;
      },
      [server.url, protocols, count] as const,
    );

  type Sockets = Awaited<ReturnType<typeof open>>;

  /** One WebSocket, and its session. One at a time: sessions are told apart by their order. */
  async function openOne(tab = page): Promise<{ sockets: Sockets; session: SessionRef<Frame> }> {
    const sockets = await open(tab, 1);
    return { sockets, session: await ledger.sessions.next() };
  }

  /** Whether each socket gets back what it says. */
  const echoes = (sockets: Sockets): Promise<boolean> =>
    sockets.evaluate(async (sockets) => {
      const said = (at: number): string => `${at}: grüße 👋`;
      const heard = await Promise.all(
        sockets.map(
          ({ socket }, at) =>
            new Promise<unknown>((resolve) => {
              socket.onmessage = ({ data }) => resolve(data);
              socket.onclose = ({ code }) => resolve(code);
              socket.send(said(at));
            }),
        ),
      );
      return heard.every((data, at) => data === said(at));
    });

  /** How each has ended. */
  const ends = (sockets: Sockets): Promise<object[]> =>
    sockets.evaluate((sockets) => Promise.all(sockets.map(({ ended }) => ended)));

  it('are 50 on the connection that the page came over, and none by an upgrade', async () => {
    const sockets = await open(page, 50);
    expect(server.sessions.count).toBe(50);
    expect(await echoes(sockets)).toBe(true);
    const { host, origin, peer } = await ledger.requests.next();
    expect({ host, origin }).toEqual({
      host: new URL(server.url).host,
      origin: server.url.replace('ws', 'http'),
    });
    expect(peer?.address).toBe('127.0.0.1');
  });

  it('agree on a subprotocol and on compression (RFC 8441 §5, RFC 7692 §5)', async () => {
    const sockets = await open(page, 1, ['v0', 'v1', 'v2']);
    const agreed = await sockets.evaluate(([opened]) => [opened?.socket.protocol, opened?.socket.extensions]);
    expect(agreed).toEqual(['v1', expect.stringMatching(/^permessage-deflate/)]);
    expect(await ledger.requests.next()).toMatchObject({
      httpVersion: '2.0',
      subprotocol: 'v1',
      compression: { server: { contextTakeover: true, windowBits: 15 } },
    });
    await expect(open(page, 1, ['v0'])).rejects.toThrow('no WebSocket');
    expect(ledger.count).toBe(1);
  });

  it.each([0, 5, 1024 * 1024])('get %i bytes back, binary and text', async (length) => {
    const { sockets } = await openOne();
    const outcome = await sockets.evaluate(async ([opened], length) => {
      if (opened === undefined) return 'no socket';
      const { socket } = opened;
      const hear = (message: string | Uint8Array<ArrayBuffer>): Promise<unknown> =>
        new Promise((resolve) => {
          socket.onmessage = ({ data }) => resolve(data);
          socket.send(message);
        });
      const bytes = Uint8Array.from({ length }, (_, index) => (index * 48_271) % 251);
      const heard = await hear(bytes);
      if (!(heard instanceof ArrayBuffer) || heard.byteLength !== length) return 'other bytes';
      if (new Uint8Array(heard).some((byte, index) => byte !== bytes[index])) return 'wrong bytes';
      const text = 'é'.repeat(length / 2);
      return (await hear(text)) === text ? 'the same' : 'another text';
    }, length);
    expect(outcome).toBe('the same');
  });

  it.each<[string, [number?, string?], object, number]>([
    ['a code and a reason', [3001, 'bye'], { code: 3001, reason: 'bye' }, 3001],
    ['nothing', [], {}, 1005],
  ])('close with %s, which our side hears and answers (RFC 6455 §7.1.5)', async (_title, by, remote, code) => {
    const { sockets } = await openOne();
    await sockets.evaluate(([opened], by) => opened?.socket.close(...by), by);
    expect(await ends(sockets)).toEqual([{ code, reason: '', wasClean: true }]);
    expect(await ledger.exits.next()).toEqual({ type: 'remote', ...remote });
  });

  it('hear our close code and its reason, and answer', async () => {
    const { sockets, session } = await openOne();
    close(session, 4999, 'é'.repeat(61));
    expect(await ends(sockets)).toEqual([{ code: 4999, reason: 'é'.repeat(61), wasClean: true }]);
    expect(await ledger.exits.next()).toEqual({ type: 'normal' });
  });

  it('answer our ping with its payload (RFC 6455 §5.5.3)', async () => {
    const { session } = await openOne();
    send(session, ping('payload'));
    expect(await ledger.frames.next()).toBe('pong 7061796c6f6164');
  });

  it('are told 1012 when the server drains, all of them', async () => {
    const sockets = await open(page, 10);
    await server.drain({ batch: 3, interval: 5, jitter: 0 });
    expect(await ends(sockets)).toEqual(Array(10).fill({ code: 1012, reason: '', wasClean: true }));
    expect(await ledger.exits.take(10)).toEqual(Array(10).fill({ type: 'shutdown', reason: 'drain' }));
  });

  it.each([
    ['closed', (tab: Page) => tab.close()],
    ['left', (tab: Page) => tab.goto('about:blank')],
    ['ended by a crash', crash],
  ])(
    'of a tab that is %s end, each once, and those of another tab on the same connection live on',
    async (_title, end) => {
      const other = await visit();
      const survivors = await open(other, 5);
      await open(page, 20);
      expect(server.sessions.count).toBe(25);
      await end(page);
      // No close frame: over HTTP/2 this browser resets the streams, where over HTTP/1.1 it says 1001.
      expect(await ledger.exits.take(20)).toEqual(Array(20).fill({ type: 'transportError', cause: canceled }));
      expect(await echoes(survivors)).toBe(true);
      expect(server.sessions.count).toBe(5);
      expect(ledger.exits.length).toBe(0);
    },
  );
});

/** RFC 8441 §5: what the reset of a TCP connection is on a stream. */
const canceled = expect.objectContaining({ message: 'the stream was reset: CANCEL' });

/** End the process that a tab runs in. */
async function crash(tab: Page): Promise<void> {
  const crashed = new Promise((resolve) => tab.once('crash', resolve));
  const devtools = await tab.context().newCDPSession(tab);
  devtools.send('Page.crash').catch(() => {}); // nobody is left to answer
  await crashed;
}
