import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { Inbox } from './inbox.ts';
import { type WsPeer, wsPeer } from './ws-peer.ts';

/** A server of the `ws` package that can be killed, and revived on the same port. */
export class Upstream implements AsyncDisposable {
  /** Its sockets as they come. */
  readonly peers = new Inbox<WsPeer>();
  /** What each of their requests had as `Authorization`. */
  readonly tokens: (string | undefined)[] = [];
  readonly #onPeer: (peer: WsPeer, token: string | undefined) => void;
  readonly #sockets = new Set<Socket>();
  #http = createServer();
  #port = 0;

  private constructor(onPeer: (peer: WsPeer, token: string | undefined) => void) {
    this.#onPeer = onPeer;
  }

  /** Start one on a free port of the local machine. */
  static async start(onPeer: (peer: WsPeer, token: string | undefined) => void = () => {}): Promise<Upstream> {
    const upstream = new Upstream(onPeer);
    await upstream.revive();
    return upstream;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  /** WebSockets so far. */
  get accepted(): number {
    return this.tokens.length;
  }

  /** Listen again. */
  async revive(): Promise<void> {
    this.#http = createServer();
    const server = new WebSocketServer({ server: this.#http });
    server.on('connection', (socket: WebSocket, { headers: { authorization } }) => {
      const peer = wsPeer(socket);
      this.tokens.push(authorization);
      this.peers.push(peer);
      this.#onPeer(peer, authorization);
    });
    this.#http.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#http.listen(this.#port, '127.0.0.1');
    await once(this.#http, 'listening');
    this.#port = portOf(this.#http.address());
  }

  /** As by SIGKILL: nobody is told anything. */
  async kill(): Promise<void> {
    const closed = new Promise((resolve) => this.#http.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}
