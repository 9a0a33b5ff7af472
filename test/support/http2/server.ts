import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { certificate } from '../certificate.ts';
import { Inbox } from '../inbox.ts';
import { setting } from './frame.ts';
import { Http2Peer, type Http2PeerOptions } from './peer.ts';

export interface FakeHttp2ServerOptions extends Omit<Http2PeerOptions, 'role'> {
  /** Over TLS. Default false. */
  readonly secure?: boolean;
  /** What it chooses by ALPN. Default `h2`. */
  readonly protocol?: string;
}

/** An HTTP/2 server that sends what the test says. */
export interface FakeHttp2Server extends AsyncDisposable {
  readonly port: number;
  /** `ws://127.0.0.1:` and the port, or `wss:`. */
  readonly url: string;
  /** Connections as they come. */
  readonly connections: Inbox<Http2Peer>;
}

/** What a server's SETTINGS say when it takes WebSockets (RFC 8441 §3). */
export const enabled = [[setting.enableConnectProtocol, 1]] as const;

/** Listen on a free port of the local machine, for clients with prior knowledge, or by ALPN. */
export async function startFakeHttp2Server({
  secure = false,
  protocol = 'h2',
  ...options
}: FakeHttp2ServerOptions = {}): Promise<FakeHttp2Server> {
  const connections = new Inbox<Http2Peer>();
  const sockets: Socket[] = [];
  const secureContext = secure ? createSecureContext(await certificate()) : undefined;
  const server = createServer((tcp) => {
    sockets.push(tcp);
    const socket =
      secureContext === undefined
        ? tcp
        : new TLSSocket(tcp, { isServer: true, secureContext, ALPNProtocols: [protocol] });
    connections.push(new Http2Peer(socket, { settings: enabled, ...options, role: 'server' }, tcp));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const { port } = address;
  return {
    port,
    url: `${secure ? 'wss' : 'ws'}://127.0.0.1:${port}`,
    connections,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
