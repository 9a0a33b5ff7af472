import { type DeflateOptions, listen, send, text } from 'genws';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { plainMessage, randomMessages } from '../support/random-messages.ts';
import { createRecording, echo } from '../support/recording.ts';
import { listenWith, schemes } from '../support/serving.ts';

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser?.close());

const alone: DeflateOptions = { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true };
const small: DeflateOptions = { threshold: 0, serverMaxWindowBits: 8, clientMaxWindowBits: 8 };
const unlike: DeflateOptions = { threshold: 0, serverMaxWindowBits: 9, clientMaxWindowBits: 12 };
const pooled: DeflateOptions = { threshold: 0, offload: 0 };

/** What the page's socket has agreed on, and what has become of its messages. */
interface Outcome {
  readonly extensions: string;
  readonly sent: number;
  readonly wrong: readonly string[];
}

/**
 * Runs in the page: send messages of many sizes and kinds, some at a time, and see that each comes back.
 *
 * @param count how many
 */
async function converse([url, count]: readonly [url: string, count: number]): Promise<Outcome> {
  let state = 42;
  const below = (limit: number): number => {
    state = (state * 48_271) % 0x7fffffff;
    return state % limit;
  };
  const words = Array.from({ length: 40 }, () => below(1e9).toString(36) + (below(3) === 0 ? 'é👋' : ''));
  const make = (): string | Uint8Array<ArrayBuffer> => {
    const size = below(8) === 0 ? below(131_072) : below(3000);
    const kind = below(4);
    if (kind === 0) return Uint8Array.from({ length: size }, () => below(256));
    if (kind === 1) return new Uint8Array(size).fill(below(256));
    return Array.from({ length: size / 6 }, () => words[below(40)]).join(' ');
  };
  const same = (message: string | Uint8Array | undefined, data: unknown): boolean => {
    if (typeof message === 'string' || message === undefined) return data === message;
    if (!(data instanceof ArrayBuffer) || data.byteLength !== message.length) return false;
    return new Uint8Array(data).every((byte, i) => byte === message[i]);
  };
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const { extensions } = socket;
  const wrong: string[] = [];
  const waiting: (string | Uint8Array)[] = [];
  let sent = 0;
  await new Promise<void>((resolve) => {
    const fill = (): void => {
      for (; waiting.length < 8 && sent < count; sent++) {
        const message = make();
        waiting.push(message);
        socket.send(message);
      }
      if (waiting.length === 0) resolve();
    };
    socket.onclose = ({ code }) => {
      wrong.push(`closed with ${code} after ${sent}`);
      resolve();
    };
    socket.onmessage = ({ data }) => {
      if (!same(waiting.shift(), data)) wrong.push(`message ${sent - waiting.length}`);
      fill();
    };
    fill();
  });
  socket.close(1000);
  return { extensions, sent, wrong };
}

/** Runs in the page: open a socket that sends everything back. */
async function echoInPage(url: string): Promise<void> {
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  socket.onmessage = ({ data }) => socket.send(data);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
}

describe.each(schemes)("Chromium's WebSocket over $scheme, which always offers compression", ({ secure }) => {
  let page: Page;

  beforeAll(async () => {
    page = await browser.newPage();
  });

  it.each(secure ? [{}] : [{}, alone, small, unlike, pooled])(
    'gets 150 random messages back under %o',
    async (compress) => {
      const { handler, requests } = createRecording({ echoes: true });
      await using server = await listen({ ...(await listenWith(secure)), handler, compress });
      await page.goto(server.url.replace('ws', 'http'));
      const { extensions, sent, wrong } = await page.evaluate(converse, [server.url, 150] as const);
      expect({ sent, wrong }).toEqual({ sent: 150, wrong: [] });
      const { serverMaxWindowBits = 15, clientMaxWindowBits = 15 } = compress;
      const contextTakeover = compress.serverNoContextTakeover !== true;
      expect(extensions).toMatch(/^permessage-deflate/);
      expect((await requests.next()).compression).toEqual({
        server: { contextTakeover, windowBits: serverMaxWindowBits },
        client: { contextTakeover, windowBits: clientMaxWindowBits },
      });
    },
  );

  it.each(secure ? [pooled] : [{}, alone, small])('sends back what we send of all sizes under %o', async (compress) => {
    const { handler, sessions, frames } = createRecording();
    await using server = await listen({ ...(await listenWith(secure)), handler, compress });
    await page.goto(server.url.replace('ws', 'http'));
    await page.evaluate(echoInPage, server.url);
    const session = await sessions.next();
    for (const message of randomMessages('chromium')) {
      send(session, typeof message === 'string' ? text(message) : { type: 'binary', data: message });
      expect((await frames.next()) === plainMessage(message)).toBe(true);
    }
  });

  it('goes without where we do not want it', async () => {
    await using server = await listen({ ...(await listenWith(secure)), handler: echo });
    await page.goto(server.url.replace('ws', 'http'));
    const { extensions, wrong } = await page.evaluate(converse, [server.url, 20] as const);
    expect({ extensions, wrong }).toEqual({ extensions: '', wrong: [] });
  });
});
