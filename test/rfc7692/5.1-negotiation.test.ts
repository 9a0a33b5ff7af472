import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { accept, acceptUpgrade, createMemoryTransports, type DeflateOptions, listen } from 'genws';
import { describe, expect, it } from 'vitest';
import { startFakeServer } from '../support/fake-server.ts';
import { startHttp } from '../support/http-server.ts';
import { Inbox } from '../support/inbox.ts';
import { plainRequest } from '../support/memory-session.ts';
import { answerTo, deflate } from '../support/negotiation.ts';
import { openRaw, openWebSocket, textFrame, upgradeRequest } from '../support/raw-client.ts';
import { createRecording, echo } from '../support/recording.ts';
import { listenWith, schemes } from '../support/serving.ts';

const takeover15 = { contextTakeover: true, windowBits: 15 } as const;

describe.each(schemes)('a server over $scheme', ({ secure }) => {
  const serve = async (compress?: boolean | DeflateOptions) =>
    listen({ ...(await listenWith(secure)), handler: echo, ...(compress === undefined ? {} : { compress }) });

  it('agrees on no compression unless it is told to, whatever is offered', async () => {
    for (const compress of [undefined, false]) {
      await using server = await serve(compress);
      expect(await answerTo({ port: server.port, secure }, deflate)).toBeUndefined();
      expect(await answerTo({ port: server.port, secure }, `${deflate}; client_max_window_bits`)).toBeUndefined();
    }
  });

  it('names no extension to a client that offers none', async () => {
    await using server = await serve(true);
    expect(await answerTo({ port: server.port, secure })).toBeUndefined();
  });

  it('answers a bare offer with a bare element (RFC 7692 §7.1)', async () => {
    for (const compress of [true, {}]) {
      await using server = await serve(compress);
      expect(await answerTo({ port: server.port, secure }, deflate)).toBe(deflate);
    }
  });

  const offers: readonly { what: string; offer: readonly string[]; answer: string | undefined }[] = [
    {
      what: 'takes the first of several that it can meet (RFC 7692 §5.1)',
      offer: [`${deflate}; server_no_context_takeover, ${deflate}; client_max_window_bits, ${deflate}`],
      answer: `${deflate}; server_no_context_takeover`,
    },
    {
      what: 'takes the first across several lines (RFC 6455 §9.1)',
      offer: [`${deflate}; server_max_window_bits=10`, deflate],
      answer: `${deflate}; server_max_window_bits=10`,
    },
    { what: 'falls back to the client’s second', offer: [`${deflate}; mystery, ${deflate}`], answer: deflate },
    {
      what: 'falls back to the client’s last',
      offer: [
        `${deflate}; server_max_window_bits=16, ${deflate}; client_max_window_bits=7`,
        `${deflate}; server_no_context_takeover=1; client_max_window_bits`,
        `x-other, ${deflate}; client_no_context_takeover`,
      ],
      answer: `${deflate}; client_no_context_takeover`,
    },
    { what: 'answers with one element when all could be met', offer: [deflate, deflate, deflate], answer: deflate },
    { what: 'passes over an extension that it does not know', offer: [`x-a; b=1, ${deflate}, x-c`], answer: deflate },
    {
      what: 'passes over x-webkit-deflate-frame',
      offer: [`x-webkit-deflate-frame; max_window_bits=10, ${deflate}`],
      answer: deflate,
    },
    {
      what: 'takes a value in quotes (RFC 6455 §9.1)',
      offer: [`${deflate}; server_max_window_bits="9"`],
      answer: `${deflate}; server_max_window_bits=9`,
    },
    {
      what: 'goes without when nothing but others is offered',
      offer: ['x-webkit-deflate-frame, x-a'],
      answer: undefined,
    },
    { what: 'goes without when the name differs', offer: ['permessage-deflate2, deflate'], answer: undefined },
    { what: 'goes without when a parameter is unknown', offer: [`${deflate}; mystery=1`], answer: undefined },
    {
      what: 'goes without when a flag has a value',
      offer: [`${deflate}; client_no_context_takeover=x`],
      answer: undefined,
    },
    ...[
      'client_max_window_bits=10; client_max_window_bits=11',
      'client_max_window_bits; client_max_window_bits=10',
      'server_max_window_bits=10; server_max_window_bits=12',
      'server_max_window_bits=9; server_max_window_bits=9',
      'server_no_context_takeover; server_no_context_takeover',
      'client_no_context_takeover; client_no_context_takeover',
    ].map((twice) => ({
      what: `goes without when a parameter comes twice: ${twice} (RFC 7692 §7.1)`,
      offer: [`${deflate}; ${twice}`],
      answer: undefined,
    })),
  ];

  it.each(offers)('D09 $what', async ({ offer, answer }) => {
    await using server = await serve(true);
    expect(await answerTo({ port: server.port, secure }, ...offer)).toBe(answer);
  });

  it('D09 goes on uncompressed after an offer that it cannot meet', async () => {
    await using server = await serve(true);
    const headers = { 'Sec-WebSocket-Extensions': `${deflate}; server_max_window_bits=99` };
    using client = await openWebSocket({ port: server.port, secure }, { headers });
    const message = 'again '.repeat(1000);
    await client.write(textFrame(message));
    const { rsv, payload } = await client.frame();
    expect([rsv, payload.toString()]).toEqual([0, message]);
  });

  it('tells the handler what was agreed on, in which version of HTTP, and the name it was called by', async () => {
    const { handler, requests } = createRecording();
    await using server = await listen({ ...(await listenWith(secure)), handler, compress: true });
    const headers = { 'Sec-WebSocket-Extensions': `${deflate}; server_max_window_bits=10; client_no_context_takeover` };
    using _compressed = await openWebSocket({ port: server.port, secure }, { headers });
    expect(await requests.next()).toMatchObject({
      httpVersion: '1.1',
      host: 'server.example.com',
      compression: {
        server: { contextTakeover: true, windowBits: 10 },
        client: { contextTakeover: false, windowBits: 15 },
      },
    });
    using _plain = await openWebSocket({ port: server.port, secure });
    expect((await requests.next()).compression).toBeUndefined();
  });
});

describe('acceptUpgrade', () => {
  /** What an HTTP server of the application's own hands over. */
  async function serve() {
    const upgrades = new Inbox<[IncomingMessage, Duplex, Buffer]>();
    const running = await startHttp();
    running.http.on('upgrade', (...upgrade) => upgrades.push(upgrade));
    return { ...running, upgrades };
  }

  it('negotiates compression as listen does', async () => {
    await using server = await serve();
    const { handler, requests } = createRecording();
    const answer = answerTo({ port: server.port }, `${deflate}; client_max_window_bits`);
    const [request, socket, head] = await server.upgrades.next();
    const { ok } = acceptUpgrade(request, socket, head, {
      handler,
      compress: { clientMaxWindowBits: 11 },
      logger: () => {},
    });
    expect(ok).toBe(true);
    expect(await answer).toBe(`${deflate}; client_max_window_bits=11`);
    const { compression } = await requests.next();
    expect(compression).toEqual({ server: takeover15, client: { contextTakeover: true, windowBits: 11 } });
  });

  it.each([
    ['one that it would accept', { 'Sec-WebSocket-Extensions': deflate }],
    ['one that it would refuse', { 'Sec-WebSocket-Version': '8' }],
  ])('throws a RangeError for options out of range before it answers a request: %s', async (_which, headers) => {
    await using server = await serve();
    using client = await openRaw({ port: server.port });
    await client.write(upgradeRequest({ headers }));
    const [request, socket, head] = await server.upgrades.next();
    expect(() => acceptUpgrade(request, socket, head, { handler: echo, compress: { level: 10 } })).toThrow(RangeError);
    socket.end('HTTP/1.1 500 Mine\r\n\r\n'); // the connection is the caller's still
    expect((await client.rest()).toString()).toBe('HTTP/1.1 500 Mine\r\n\r\n');
  });
});

describe('accept', () => {
  it('throws a RangeError for options out of range, where its caller can catch it', () => {
    const [transport] = createMemoryTransports();
    const compression = { agreed: { server: takeover15, client: takeover15 }, options: { level: 10 } };
    expect(() => accept({ transport, request: plainRequest, handler: echo, compression })).toThrow(RangeError);
  });
});

describe('listen', () => {
  it('rejects with a RangeError for options out of range, and opens no port', async () => {
    const { port, ...free } = await startFakeServer();
    await free[Symbol.asyncDispose]();
    const listening = listen({ port, host: '127.0.0.1', handler: echo, compress: { memLevel: 0 } });
    await expect(listening).rejects.toThrow(RangeError);
    await expect(openRaw({ port })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('touches no server of the application’s with options out of range', async () => {
    const http = createHttpServer();
    const attaching = listen({ server: http, handler: echo, compress: { threshold: -1 } });
    await expect(attaching).rejects.toThrow(RangeError);
    expect([http.listenerCount('upgrade'), http.listenerCount('request')]).toEqual([0, 0]);
  });

  it('looks at its options once: what becomes of the object later changes nothing', async () => {
    const compress = { level: 1, serverNoContextTakeover: true };
    await using server = await listen({ host: '127.0.0.1', handler: echo, compress });
    compress.level = 99;
    compress.serverNoContextTakeover = false;
    expect(await answerTo({ port: server.port }, deflate)).toBe(`${deflate}; server_no_context_takeover`);
  });
});
