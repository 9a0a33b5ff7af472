import {
  type Authorize,
  type Command,
  type ListenOptions,
  listen,
  type Report,
  type Server,
  type SessionExit,
  type SessionRef,
} from 'genws';
import { expect } from 'vitest';
import { Ledger } from '../ledger.ts';
import { RawPeer } from '../raw-peer.ts';
import { recordReports } from '../recording.ts';
import { listenWith } from '../serving.ts';
import { type HeaderChanges, openHttp2, webSocketHeaders } from './client.ts';
import type { HeaderLine } from './hpack.ts';
import type { Http2Peer, Http2PeerOptions } from './peer.ts';
import type { Http2PeerStream } from './peer-stream.ts';

/** For `describe.each`: prior knowledge, and ALPN. */
export const http2Schemes = [
  { scheme: 'h2c', secure: false },
  { scheme: 'h2', secure: true },
] as const;

export interface Http2ServedOptions
  extends Omit<ListenOptions<SessionExit[], Command, undefined>, 'handler' | 'tls' | 'server' | 'logger'> {
  /** Over TLS. Default false. */
  readonly secure?: boolean;
  /** What every request says, unless a test says otherwise. */
  readonly asks?: HeaderChanges;
  readonly authorize?: Authorize<undefined>;
}

/** A WebSocket over HTTP/2 whose client is a raw peer. */
export interface Http2Guest {
  readonly connection: Http2Peer;
  readonly stream: Http2PeerStream;
  /** The frames of the WebSocket. */
  readonly frames: RawPeer;
  readonly session: SessionRef<Command>;
}

/** A server that speaks HTTP/2 and echoes, and what a test holds of it. */
export interface Http2Served {
  readonly server: Server<Command>;
  readonly ledger: Ledger;
  readonly reports: readonly Report[];
  /** Connect; the test's end closes the connection. */
  connect(options?: Http2PeerOptions): Promise<Http2Peer>;
  /** The header lines that ask for a WebSocket here, with some changed. */
  ask(changes?: HeaderChanges): HeaderLine[];
  /** Open a WebSocket on a connection. One at a time: sessions are told apart by their order. */
  enter(connection: Http2Peer, changes?: HeaderChanges): Promise<Http2Guest>;
  /** Open a WebSocket on a connection of its own. */
  visit(options?: Http2PeerOptions): Promise<Http2Guest>;
}

/** See that a WebSocket is alive. */
export async function expectEcho({ frames }: Pick<Http2Guest, 'frames'>, words = 'still there?'): Promise<void> {
  frames.text(words);
  expect(await frames.next()).toBe(`text ${words}`);
}

/** Close a WebSocket in order, and see that the server ends the stream (RFC 8441 §5). */
export async function leave({ frames, stream }: Pick<Http2Guest, 'frames' | 'stream'>): Promise<void> {
  frames.close(1000);
  expect(await frames.rest()).toEqual(['close 1000']);
  stream.endStream();
  expect(await stream.ending).toBe('ended');
}

/**
 * Let something be done to a server while another client is connected, on a connection of its own. In the end, that
 * client's WebSocket is unharmed, the server takes one more, no session is left, and `terminate` has run once for each.
 */
export async function withBystander(
  { secure = false, asks = {}, authorize, ...options }: Http2ServedOptions,
  scenario: (served: Http2Served) => Promise<void>,
): Promise<void> {
  const { logger, reports } = recordReports();
  const ledger = new Ledger();
  const { handler } = ledger;
  const http2 = { http2: true, ...options };
  await using server = await listen({
    ...(await listenWith(secure)),
    ...http2,
    handler,
    ...(authorize === undefined ? {} : { authorize }),
    logger,
  });
  await using peers = new AsyncDisposableStack();
  const served: Http2Served = {
    server,
    ledger,
    reports,
    connect: async (options) => peers.use(await openHttp2({ port: server.port, secure }, options)),
    ask: (changes) => webSocketHeaders({ ':scheme': secure ? 'https' : 'http', ...asks, ...changes }),
    async enter(connection, changes) {
      const stream = connection.open(served.ask(changes));
      expect(await stream.outcome).toBe('200');
      return { connection, stream, frames: new RawPeer(stream), session: await ledger.sessions.next() };
    },
    visit: async (options) => served.enter(await served.connect(options)),
  };
  const bystander = await served.visit();
  await expectEcho(bystander);
  await Promise.all([ledger.frames.next(), ledger.requests.next()]);
  await scenario(served);
  await expectEcho(bystander);
  await leave(await served.visit());
  await leave(bystander);
  await server.sessions.empty();
  expect(server.sessions.count).toBe(0);
  await server.stop({ deadline: 0 });
  ledger.expectBalanced();
}
