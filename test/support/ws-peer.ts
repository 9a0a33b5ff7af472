import { once } from 'node:events';
import { type RawData, type ServerOptions, WebSocket, WebSocketServer } from 'ws';
import { startHttp } from './http-server.ts';
import { Inbox } from './inbox.ts';

/** A WebSocket of the `ws` package, whose events can be waited for. */
export interface WsPeer {
  readonly socket: WebSocket;
  /** Messages, pings and pongs, in plain form: `text hello`, `binary 00ff`, `ping 62`. */
  readonly heard: Inbox<string>;
  /** How it ended: `4000 bye`. */
  readonly closed: Promise<string>;
}

const joined = (data: RawData): Buffer =>
  data instanceof ArrayBuffer ? Buffer.from(data) : Array.isArray(data) ? Buffer.concat(data) : data;

/** Listen to one that there is. */
export function wsPeer(socket: WebSocket): WsPeer {
  const heard = new Inbox<string>();
  const hex = (data: Buffer): string => data.toString('hex');
  socket.on('message', (data: RawData, isBinary) => {
    heard.push(isBinary ? `binary ${hex(joined(data))}` : `text ${joined(data).toString('utf8')}`);
  });
  socket.on('ping', (data: Buffer) => heard.push(`ping ${hex(data)}`));
  socket.on('pong', (data: Buffer) => heard.push(`pong ${hex(data)}`));
  socket.on('error', (error) => heard.push(`error ${error.message}`));
  const closed = new Promise<string>((resolve) => {
    socket.once('close', (code, reason) => resolve(`${code} ${reason.toString('utf8')}`.trimEnd()));
  });
  return { socket, heard, closed };
}

/** Connect to a server, whatever its certificate. */
export async function connectWs(url: string, subprotocols: readonly string[] = []): Promise<WsPeer> {
  const peer = wsPeer(new WebSocket(url, [...subprotocols], { rejectUnauthorized: false }));
  await once(peer.socket, 'open');
  return peer;
}

/** A server of the `ws` package on the local machine. */
export interface WsServer extends AsyncDisposable {
  readonly url: string;
  /** Its sockets as they come. */
  readonly peers: Inbox<WsPeer>;
}

/** Start one, over TLS if it should be. */
export async function serveWs(
  options: Pick<ServerOptions, 'perMessageDeflate'> = {},
  secure = false,
): Promise<WsServer> {
  const { http, port, ...running } = await startHttp(secure);
  const peers = new Inbox<WsPeer>();
  const server = new WebSocketServer({ ...options, server: http });
  server.on('connection', (socket: WebSocket) => peers.push(wsPeer(socket)));
  return {
    url: `${secure ? 'wss' : 'ws'}://127.0.0.1:${port}`,
    peers,
    async [Symbol.asyncDispose]() {
      for (const client of server.clients) client.terminate();
      server.close();
      await running[Symbol.asyncDispose]();
    },
  };
}
