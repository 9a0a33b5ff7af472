import { once } from 'node:events';
import { createServer as createHttp2Server, createSecureServer, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import type { DeflateDemand } from '../case.ts';
import { shakeHandsAsServer } from './handshake.ts';
import { readHead } from './http-head.ts';
import { type Fields, shakeHandsOnStream } from './http2-handshake.ts';
import { Http2Socket, maxSessionMemory } from './http2-socket.ts';
import type { Opened } from './opened.ts';

export interface ListenerOptions {
  /** Serve `wss:` with this. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
  /** Speak HTTP/2, and nothing else. Default: HTTP/1.1, and nothing else. */
  readonly http2?: boolean | undefined;
  /** For a client of HTTP/1.1 to have sent its request, ms. */
  readonly patience: number;
}

/** A client that asks for something, over whatever version of HTTP. */
export interface Visitor {
  /** Path and query. */
  readonly target: string;
  /** Open a WebSocket, with these demands on the client's compressor. Throws when the request is not a correct one. */
  accept(demands: readonly DeflateDemand[]): Opened;
  refuse(status: 400 | 404): void;
}

type Receive = (visitor: Visitor) => Promise<void>;

const reasons = { 400: 'Bad Request', 404: 'Not Found' } as const;

/** A server for clients under test. */
export class Listener {
  readonly #server: Server;
  readonly #secure: boolean;
  readonly #connections = new Set<Socket>();

  /** @param receive a visitor for whom it rejects is let go of */
  constructor(options: ListenerOptions, receive: (visitor: Visitor) => Promise<void>) {
    this.#secure = options.tls !== undefined;
    this.#server = options.http2 ? serveHttp2(options, receive) : serveHttp1(options, receive);
    this.#server.on('connection', (socket: Socket) => {
      this.#connections.add(socket);
      socket.once('close', () => this.#connections.delete(socket));
    });
  }

  /** Listen on the local machine. @param port 0: the system picks one */
  async listen(port = 0): Promise<void> {
    await once(this.#server.listen(port, 'localhost'), 'listening');
  }

  get url(): string {
    const address: AddressInfo | string | null = this.#server.address();
    const port = typeof address === 'object' ? address?.port : address;
    return `${this.#secure ? 'wss' : 'ws'}://localhost:${port}`;
  }

  /** End it, and every connection. */
  close(): void {
    this.#server.close();
    for (const socket of this.#connections) socket.destroy();
  }
}

function serveHttp1({ tls, patience }: ListenerOptions, receive: Receive): Server {
  const serve = async (socket: Duplex): Promise<void> => {
    socket.on('error', () => {}); // whoever reads hears of it
    try {
      const request = await readHead(socket, patience);
      await receive({
        target: request.startLine.split(' ')[1] ?? '',
        accept: (demands) => ({ socket, handshake: shakeHandsAsServer(socket, request, demands) }),
        refuse: (status) => void socket.end(`HTTP/1.1 ${status} ${reasons[status]}\r\nContent-Length: 0\r\n\r\n`),
      });
    } catch {
      socket.destroy();
    }
  };
  return tls === undefined ? createServer({ noDelay: true }, serve) : createTlsServer({ ...tls, noDelay: true }, serve);
}

function serveHttp2({ tls }: ListenerOptions, receive: Receive): Server {
  const options = { settings: { enableConnectProtocol: true }, maxSessionMemory };
  const server = tls === undefined ? createHttp2Server(options) : createSecureServer({ ...options, ...tls });
  server.on('stream', async (stream: ServerHttp2Stream, request: Fields) => {
    const socket = new Http2Socket(stream).on('error', () => {}); // whoever reads hears of it
    try {
      await receive({
        target: String(request[':path'] ?? ''),
        accept: (demands) => ({ socket, handshake: shakeHandsOnStream(stream, request, demands) }),
        refuse: (status) => stream.respond({ ':status': status }, { endStream: true }),
      });
    } catch {
      socket.destroy();
    }
  });
  return server.on('sessionError', () => {}); // each of its streams hears of it
}
