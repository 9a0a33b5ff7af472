import { once } from 'node:events';
import {
  connect,
  createSecureServer,
  createServer,
  type Http2Stream,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';
import { addAbortSignal, type Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { Below } from './below.ts';
import { certificate } from './certificate.ts';
import { Inbox } from './inbox.ts';
import type { Where } from './raw-client.ts';
import { RawConnection } from './raw-connection.ts';

/** Bytes that may be on their way on a connection. */
const connectionWindow = 1_048_576;

/** The window is that of four messages of 64 KiB. */
const settings = { enableConnectProtocol: true, initialWindowSize: 262_144 };

/** What a stream of HTTP/2 runs over: a connection of its own. */
const streamBelow = (stream: Http2Stream, tcp: Socket): Below => ({
  reset: () => void addAbortSignal(AbortSignal.abort(), stream), // `close` with a code would send END_STREAM before it
  hangUp: () => void tcp.destroy(),
  isBroken: () => stream.aborted || (stream.rstCode ?? 0) !== 0,
});

/** A raw WebSocket over HTTP/2, and the headers with which it was opened. */
export interface RawStream {
  readonly connection: RawConnection<Duplex>;
  readonly headers: IncomingHttpHeaders;
}

/** Ask for a WebSocket on a stream of a connection of its own, and have it (RFC 8441 §5). */
export async function openRawStream(
  { port, host = '127.0.0.1', secure = false, allowHalfOpen = false }: Where,
  headers: Readonly<Record<string, string | undefined>> = {},
): Promise<RawStream> {
  const tcp = connectTcp({ port, host });
  await once(tcp, 'connect');
  const socket = secure ? connectTls({ socket: tcp, rejectUnauthorized: false, ALPNProtocols: ['h2'] }) : tcp;
  if (secure) await once(socket, 'secureConnect');
  const scheme = secure ? 'https' : 'http';
  const session = connect(`${scheme}://server.example.com`, { createConnection: () => socket, settings });
  session.on('error', () => {});
  session.setLocalWindowSize(connectionWindow);
  await once(session, 'remoteSettings');
  const stream = session.request(
    { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/', 'sec-websocket-version': '13', ...headers },
    { endStream: false },
  );
  const [response = {}]: IncomingHttpHeaders[] = await once(stream, 'response');
  if (Number(response[':status']) !== 200) throw new Error(`no WebSocket: ${response[':status']}`);
  return { connection: rawStream(stream, tcp, allowHalfOpen), headers: response };
}

/** A server of HTTP/2 that says what the test says. */
export interface RawHttp2Server extends AsyncDisposable {
  readonly port: number;
  /** Answer the next request for a WebSocket with 200 and these headers. */
  accept(headers?: Readonly<Record<string, string>>): Promise<RawStream>;
}

/** Listen on a free port of the local machine. */
export async function startRawHttp2Server(secure: boolean): Promise<RawHttp2Server> {
  const requests = new Inbox<{ stream: ServerHttp2Stream; headers: IncomingHttpHeaders }>();
  const sockets: Socket[] = [];
  const server = secure ? createSecureServer({ ...(await certificate()), settings }) : createServer({ settings });
  server.on('connection', (socket: Socket) => sockets.push(socket));
  server.on('session', (session) => session.setLocalWindowSize(connectionWindow));
  server.on('sessionError', () => {});
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => {});
    requests.push({ stream, headers });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    port: address.port,
    async accept(answer = {}) {
      const { stream, headers } = await requests.next();
      const peerPort = stream.session?.socket.remotePort;
      const tcp = sockets.find(({ remotePort }) => remotePort === peerPort);
      if (tcp === undefined) throw new Error('the connection is gone');
      stream.respond({ ':status': 200, ...answer });
      return { connection: rawStream(stream, tcp, false), headers };
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function rawStream(stream: Http2Stream, tcp: Socket, allowHalfOpen: boolean): RawConnection<Duplex> {
  // As sockets do: Node.js leaves the other direction of a stream to its user.
  if (!allowHalfOpen) stream.once('end', () => stream.end());
  const { session } = stream;
  stream.once('close', () => session?.close());
  return new RawConnection(stream, streamBelow(stream, tcp));
}
