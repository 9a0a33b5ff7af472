import { close, defineHandler, listen, ping, type Server, type Session, send, text } from 'genws';
import type { Browser, JSHandle, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { Inbox } from '../support/inbox.ts';
import { listenWith, schemes } from '../support/serving.ts';

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

describe.each(schemes)("Chromium's WebSocket over $scheme", ({ secure }) => {
  let page: Page;
  let server: Server;
  const pongs = new Inbox<string>();

  const echo = defineHandler({
    init: () => ['ok', undefined],
    handleIn(frame, state) {
      if (frame.type === 'pong') pongs.push(Buffer.from(frame.data).toString());
      return frame.type === 'text' || frame.type === 'binary' ? ['reply', frame, state] : ['ok', state];
    },
  });

  beforeAll(async () => {
    page = await browser.newPage();
  });
  beforeEach(async () => {
    server = await listen({ ...(await listenWith(secure)), handler: echo });
    // A page of another origin would need a permission to reach the local machine.
    await page.goto(server.url.replace('ws', 'http'));
  });
  afterEach(() => server.stop());

  /** The browser's socket, open, and the session at our end. */
  async function open(
    url = server.url,
    protocols: string[] = [],
    target = server,
  ): Promise<{ socket: JSHandle<WebSocket>; session: Session }> {
    const socket = await page.evaluateHandle(
      ([url, protocols]) =>
        new Promise<WebSocket>((resolve, reject) => {
          const socket = new WebSocket(url, protocols);
          socket.binaryType = 'arraybuffer';
          socket.onopen = () => resolve(socket);
          socket.onerror = () => reject(new Error('no WebSocket'));
        }),
      [url, protocols] as const,
    );
    const [session] = target.sessions.children();
    if (session === undefined) throw new Error('no session');
    return { socket, session };
  }

  /** Wait for the socket's close event, having begun to close it with these arguments, if any. */
  const closed = (socket: JSHandle<WebSocket>, by?: readonly [number?, string?]) =>
    socket.evaluate(
      (socket, by) =>
        new Promise<object>((resolve) => {
          socket.onclose = ({ code, reason, wasClean }) => resolve({ code, reason, wasClean });
          if (by !== undefined) socket.close(...by);
        }),
      by,
    );

  it('gets text back, of every length of header and any script', async () => {
    const { socket } = await open();
    const sent = ['', 'grüße 👋 \u0000', 'a'.repeat(125), 'b'.repeat(126), 'c'.repeat(65_535), 'd'.repeat(65_536)];
    const received = await socket.evaluate(
      (socket, sent) =>
        new Promise<string[]>((resolve) => {
          const received: string[] = [];
          socket.onmessage = ({ data }) => {
            if (received.push(data) === sent.length) resolve(received);
          };
          for (const message of sent) socket.send(message);
        }),
      sent,
    );
    expect(received).toEqual(sent);
  });

  it.each([
    ['an empty binary message', 0],
    ['a short binary message', 5],
    ['a binary message of 1 MiB', 1024 * 1024],
  ])('gets %s back byte by byte', async (_title, length) => {
    const { socket } = await open();
    const outcome = await socket.evaluate(
      (socket, length) =>
        new Promise<string>((resolve) => {
          const sent = Uint8Array.from({ length }, (_, index) => index % 251);
          socket.onmessage = ({ data }) => {
            const received = new Uint8Array(data);
            if (received.length !== length) resolve(`${received.length} bytes`);
            resolve(received.every((byte, index) => byte === sent[index]) ? 'the same' : 'other bytes');
          };
          socket.send(sent);
        }),
      length,
    );
    expect(outcome).toBe('the same');
  });

  it('gets a text of 1 MiB back', async () => {
    const { socket } = await open();
    const same = await socket.evaluate(
      (socket) =>
        new Promise<boolean>((resolve) => {
          const sent = 'é'.repeat(512 * 1024);
          socket.onmessage = ({ data }) => resolve(data === sent);
          socket.send(sent);
        }),
    );
    expect(same).toBe(true);
  });

  it.each([
    ['a code and a reason', [3001, 'bye'], { code: 3001, reason: 'bye' }, 3001],
    ['a code alone', [1000], { code: 1000, reason: '' }, 1000],
    ['nothing', [], {}, 1005],
  ] as const)(
    'closes with %s, which our side hears and answers (RFC 6455 §7.1.5)',
    async (_title, by, remote, code) => {
      const { socket, session } = await open();
      expect(await closed(socket, by)).toEqual({ code, reason: '', wasClean: true });
      expect(await session.exited()).toEqual({ type: 'remote', ...remote });
    },
  );

  it.each([
    [1000, ''],
    [1001, 'bye'],
    [4999, 'é'.repeat(61)],
  ])('hears our close code %i and its reason, and answers', async (code, reason) => {
    const { socket, session } = await open();
    const closing = closed(socket);
    // Waiting in the page has begun when an echo is back that was sent after it.
    await socket.evaluate(
      (socket) =>
        new Promise<void>((resolve) => {
          socket.onmessage = () => resolve();
          socket.send('ready');
        }),
    );
    close(session, code, reason);
    expect(await closing).toEqual({ code, reason, wasClean: true });
    expect(await session.exited()).toEqual({ type: 'normal' });
  });

  it('goes away with 1001 when its page is left (RFC 6455 §7.4.1)', async () => {
    const { session } = await open();
    await page.goto('about:blank');
    expect(await session.exited()).toEqual({ type: 'remote', code: 1001, reason: '' });
  });

  it('answers our ping with its payload (RFC 6455 §5.5.3)', async () => {
    const { session } = await open();
    send(session, [text('before'), ping('payload')]);
    expect(await pongs.next()).toBe('payload');
  });

  it('agrees on a subprotocol, and fails where there is none in common (RFC 6455 §4.1)', async () => {
    await using choosy = await listen({ ...(await listenWith(secure)), handler: echo, subprotocols: ['v2', 'v1'] });
    const { socket, session } = await open(choosy.url, ['v0', 'v1', 'v2'], choosy);
    expect(await socket.evaluate((socket) => socket.protocol)).toBe('v1');
    expect(session.state).toBe('open');
    await expect(open(choosy.url, ['v0'], choosy)).rejects.toThrow('no WebSocket');
    await expect(open(server.url, ['v1'])).rejects.toThrow('no WebSocket');
  });
});
