import { type Command, type ConnectOptions, connect, type Session, type SessionExit } from 'genws';
import { Ledger } from '../ledger.ts';
import { RawPeer } from '../raw-peer.ts';
import type { Http2Peer } from './peer.ts';
import type { Http2PeerStream } from './peer-stream.ts';
import { type FakeHttp2Server, type FakeHttp2ServerOptions, startFakeHttp2Server } from './server.ts';

/** What a client of ours wishes. */
type Wishes = Partial<Omit<ConnectOptions<SessionExit[], Command, undefined>, 'handler'>>;

export interface RequestOptions extends Wishes {
  /** Over TLS. Default false. */
  readonly secure?: boolean;
  /** Default `/`. */
  readonly path?: string;
  /** What the server is like. */
  readonly fake?: Omit<FakeHttp2ServerOptions, 'secure'>;
}

/** What a client of ours has asked for, before the answer. */
export interface Request {
  readonly connection: Http2Peer;
  readonly stream: Http2PeerStream;
  readonly connecting: Promise<Session<Command>>;
  readonly ledger: Ledger;
}

/** A request that has been granted. */
export interface Granted extends Request {
  readonly frames: RawPeer;
  readonly session: Session<Command>;
}

/** Let a client of ours ask a raw server for a WebSocket over HTTP/2. */
export function ask(
  server: FakeHttp2Server,
  { handler }: Ledger,
  { path = '/', ...wishes }: Wishes & { path?: string } = {},
) {
  const asking = { http2: true, tls: { rejectUnauthorized: false }, ...wishes, handler } as const;
  const connecting = connect(`${server.url}${path}`, asking);
  connecting.catch(() => {}); // some tests are over before
  return connecting;
}

/** Do something to a request of ours, and see that the client then lets go of its connection, and of the session. */
export async function withRequest(
  { secure = false, fake = {}, ...wishes }: RequestOptions,
  scenario: (request: Request) => Promise<void>,
): Promise<void> {
  await using server = await startFakeHttp2Server({ secure, ...fake });
  const ledger = new Ledger();
  const connecting = ask(server, ledger, wishes);
  const connection = await server.connections.next();
  await scenario({ connection, stream: await connection.incoming.next(), connecting, ledger });
  await connection.closed;
  ledger.expectBalanced();
}

/** The same with a WebSocket that has been opened. */
export function withGranted(options: RequestOptions, scenario: (granted: Granted) => Promise<void>): Promise<void> {
  return withRequest(options, async (request) => {
    request.stream.respond([[':status', '200']]);
    const frames = new RawPeer(request.stream, { role: 'server' });
    await scenario({ ...request, frames, session: await request.connecting });
  });
}
