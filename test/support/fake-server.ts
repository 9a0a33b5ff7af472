import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { tcpBelow } from './below.ts';
import { certificate } from './certificate.ts';
import { Inbox } from './inbox.ts';
import { RawConnection, type RawHead } from './raw-connection.ts';

/** A server that says what the test says. */
export interface FakeServer extends AsyncDisposable {
  readonly port: number;
  /** `ws://127.0.0.1:` and the port, or `wss:`. */
  readonly url: string;
  /** Connections as they come, past their TLS handshake. */
  readonly connections: Inbox<RawConnection>;
  /** How many there have been. */
  readonly accepted: number;
}

export interface FakeServerOptions {
  readonly secure?: boolean | undefined;
  /** Default 127.0.0.1. */
  readonly host?: string;
}

/** Listen on a free port of the local machine. */
export async function startFakeServer({
  secure = false,
  host = '127.0.0.1',
}: FakeServerOptions = {}): Promise<FakeServer> {
  const connections = new Inbox<RawConnection>();
  const sockets: Socket[] = [];
  const take = (socket: Socket): void => {
    const tcp = sockets.find(({ remotePort }) => remotePort === socket.remotePort) ?? socket;
    connections.push(new RawConnection(socket, tcpBelow(tcp)));
  };
  const server = secure ? createTlsServer(await certificate(), take) : createServer(take);
  server.prependListener('connection', (socket: Socket) => sockets.push(socket));
  server.on('tlsClientError', () => {});
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const { port } = address;
  return {
    port,
    url: `${secure ? 'wss' : 'ws'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    connections,
    get accepted() {
      return sockets.length;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The right answer to a request, with these lines more, as text (RFC 6455 §4.2.2). */
export function switching({ headers }: RawHead, ...more: readonly string[]): string {
  const accept = createHash('sha1')
    .update(`${headers.get('sec-websocket-key')}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  const lines = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`, ...more];
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
}
