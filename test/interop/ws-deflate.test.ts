import { once } from 'node:events';
import { close, connect, type DeflateOptions, listen, send, text } from 'genws';
import { describe, expect, it } from 'vitest';
import { type PerMessageDeflateOptions, WebSocket, WebSocketServer } from 'ws';
import { Inbox } from '../support/inbox.ts';
import { deflate } from '../support/negotiation.ts';
import { createRecording, echo } from '../support/recording.ts';
import { type WsPeer, wsPeer } from '../support/ws-peer.ts';

/** Messages that repeat themselves near and far, across 8-bit and 15-bit windows, within one and between several. */
const messages = Array.from({ length: 12 }, (_, turn) =>
  Array.from({ length: 60 * (turn + 1) }, (_, at) => `${(at * 7919) % 613}:grüße an ${at % 5} 👋`).join(' '),
);

/** What both sides want, and the parameters that the response has for it. */
const rows: readonly {
  what: string;
  ours: true | DeflateOptions;
  theirs: true | PerMessageDeflateOptions;
  /** When we serve, and when they do. */
  served: string;
  connected: string;
}[] = [
  {
    what: 'with the defaults of both',
    ours: true,
    theirs: true,
    served: 'client_max_window_bits=15',
    connected: '',
  },
  {
    what: 'without contexts, as the server wants',
    ours: { serverNoContextTakeover: true, clientNoContextTakeover: true },
    theirs: { serverNoContextTakeover: true, clientNoContextTakeover: true },
    served: 'server_no_context_takeover; client_no_context_takeover; client_max_window_bits=15',
    connected: 'server_no_context_takeover; client_no_context_takeover',
  },
  {
    what: 'with the server’s window at 8 bits',
    ours: { serverMaxWindowBits: 8 },
    theirs: { serverMaxWindowBits: 8 },
    served: 'server_max_window_bits=8; client_max_window_bits=15',
    connected: 'server_max_window_bits=8',
  },
  {
    what: 'with the client’s window at 8 bits',
    ours: { clientMaxWindowBits: 8 },
    theirs: { clientMaxWindowBits: 8 },
    served: 'client_max_window_bits=8',
    connected: 'client_max_window_bits=8',
  },
  {
    what: 'with unlike windows',
    ours: { serverMaxWindowBits: 10, clientMaxWindowBits: 12 },
    theirs: { serverMaxWindowBits: 9, clientMaxWindowBits: 10 },
    served: 'server_max_window_bits=9; client_max_window_bits=10',
    connected: 'server_max_window_bits=9; client_max_window_bits=10',
  },
];

const element = (parameters: string): string => (parameters === '' ? deflate : `${deflate}; ${parameters}`);
const always = (theirs: true | PerMessageDeflateOptions): PerMessageDeflateOptions => ({
  threshold: 0,
  ...(theirs === true ? {} : theirs),
});

async function serveWs(perMessageDeflate: PerMessageDeflateOptions) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate });
  const peers = new Inbox<WsPeer>();
  server.on('connection', (socket: WebSocket) => peers.push(wsPeer(socket)));
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `ws://127.0.0.1:${address.port}`,
    peers,
    async [Symbol.asyncDispose]() {
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe('permessage-deflate with ws (RFC 7692)', () => {
  it.each(rows)('$what: ws as our client', async ({ ours, theirs, served }) => {
    await using server = await listen({ host: '127.0.0.1', handler: echo, compress: ours });
    const peer = wsPeer(new WebSocket(server.url, { perMessageDeflate: always(theirs) }));
    let answer: string | undefined;
    peer.socket.on('upgrade', ({ headers }) => {
      answer = headers['sec-websocket-extensions'];
    });
    await once(peer.socket, 'open');
    expect(answer).toBe(element(served));
    for (const message of messages) {
      peer.socket.send(message);
      expect(await peer.heard.next()).toBe(`text ${message}`);
    }
    peer.socket.close(1000);
    expect(await peer.closed).toBe('1000');
  });

  it.each(rows)('$what: ws as our server', async ({ ours, theirs, connected }) => {
    await using server = await serveWs(always(theirs));
    const { handler, frames, requests } = createRecording();
    const session = await connect(server.url, { handler, compress: ours });
    const { headers } = await requests.next();
    expect(headers.joined('sec-websocket-extensions')).toBe(element(connected));
    const peer = await server.peers.next();
    for (const message of messages) {
      expect(send(session, text(message))).toBe('sent');
      expect(await peer.heard.next()).toBe(`text ${message}`);
      peer.socket.send(message);
      expect(await frames.next()).toBe(`text ${message}`);
    }
    close(session);
    expect(await peer.closed).toBe('1000');
  });

  it('stays off when ws does not offer it', async () => {
    const { handler, requests } = createRecording();
    await using server = await listen({ host: '127.0.0.1', handler, compress: true });
    const { socket } = wsPeer(new WebSocket(server.url, { perMessageDeflate: false }));
    await once(socket, 'open');
    expect((await requests.next()).compression).toBeUndefined();
    expect(socket.extensions).toBe('');
  });
});
