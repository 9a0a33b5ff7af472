import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { DynamicSupervisor } from '@genws/actor';
import type { Session } from '@genws/session';
import { type DrainOptions, drainSessions, type ShutdownReason } from './drain.ts';
import { asksForWebSocket, refuseUpgrade } from './upgrade.ts';

/** Answers an upgrade request that is this server's: the `upgrade` event's arguments. */
export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** What a {@link Server} is made from. */
export interface ServerParts<Info> {
  readonly http: HttpServer;
  /** Whether the HTTP server ends with this one. */
  readonly owned: boolean;
  readonly secure: boolean;
  readonly path: string | undefined;
  readonly sessions: DynamicSupervisor<Session<Info>>;
  /** Starts a session, or refuses. */
  readonly upgrade: UpgradeListener;
}

const busy = 'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n';
const notFound = 'HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

/** A running server of sessions, made by `listen`. */
export class Server<Info = unknown> {
  /** The HTTP server below: its own, or the one it was attached to. */
  readonly http: HttpServer;
  /** Supervises the sessions: count them, iterate over them, subscribe, inspect. */
  readonly sessions: DynamicSupervisor<Session<Info>>;
  readonly #parts: ServerParts<Info>;
  /** The latest answer to a plain request on each connection. */
  readonly #answers = new WeakMap<Duplex, ServerResponse>();
  /** Connections below the TLS of its own HTTP server, which forgets them while their TLS handshake is not done. */
  readonly #belowTls = new Set<Socket>();
  #phase: 'serving' | 'draining' | 'stopping' = 'serving';
  #stopped: Promise<void> | undefined;

  constructor(parts: ServerParts<Info>) {
    this.http = parts.http;
    this.sessions = parts.sessions;
    this.#parts = parts;
    this.http.on('request', this.#onRequest).on('upgrade', this.#onUpgrade);
    if (parts.owned && parts.secure) this.http.on('connection', this.#onConnection);
  }

  /** The port it listens on. */
  get port(): number {
    return this.#address.port;
  }

  /** Where clients connect: `ws://localhost:8080/path`. */
  get url(): string {
    const { address, port } = this.#address;
    const host =
      address === '::' || address === '0.0.0.0' ? 'localhost' : address.includes(':') ? `[${address}]` : address;
    return `${this.#parts.secure ? 'wss' : 'ws'}://${host}:${port}${this.#parts.path ?? ''}`;
  }

  /**
   * End it: no new connections, close 1001 to every session, their connections dropped at the deadline. Resolves when
   * every session has ended and run its `terminate`. An attached HTTP server goes on without sessions.
   */
  stop(options: Pick<DrainOptions, 'code' | 'reason' | 'deadline'> = {}): Promise<void> {
    this.#phase = 'stopping';
    this.#stopped ??= this.#end('stop', { code: 1001, ...options, batch: Number.POSITIVE_INFINITY });
    return this.#stopped;
  }

  /**
   * End it gently, for deploys: upgrades are answered 503 from here on, sessions are told in spread batches to come
   * back elsewhere, plain requests are served until all have ended. Then as {@link stop}, which cuts a drain short.
   */
  async drain(options: DrainOptions = {}): Promise<void> {
    if (this.#phase === 'serving') {
      this.#phase = 'draining';
      await drainSessions(this.sessions, 'drain', options);
    }
    await this.stop();
  }

  /** As {@link stop}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  get #address(): AddressInfo {
    const address = this.http.address();
    if (address === null || typeof address === 'string') throw new Error('the server does not listen on a port');
    return address;
  }

  readonly #onConnection = (socket: Socket): void => {
    this.#belowTls.add(socket);
    socket.once('close', () => this.#belowTls.delete(socket));
  };

  readonly #onRequest = ({ socket }: IncomingMessage, response: ServerResponse): void => {
    this.#answers.set(socket, response);
  };

  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const { owned, path, upgrade } = this.#parts;
    const elsewhere = path !== undefined && pathOf(request) !== path;
    if (!owned && (elsewhere || !asksForWebSocket(request))) return;
    const answer = this.#answers.get(socket);
    if (answer?.writableFinished === false) {
      // Answers leave in the order of their requests (RFC 9112 §9.3.2), and none may end up between frames.
      answer.once('finish', () => this.#onUpgrade(request, socket, head));
      socket.on('error', () => socket.destroy()); // Node has given the socket away: nobody else listens
    } else if (elsewhere) refuseUpgrade(socket, notFound);
    else if (this.#phase !== 'serving') refuseUpgrade(socket, busy);
    else upgrade(request, socket, head);
  };

  async #end(why: ShutdownReason, options: DrainOptions): Promise<void> {
    const { http, owned } = this.#parts;
    const closed = owned ? new Promise((resolve) => http.close(resolve)) : undefined;
    if (owned) http.closeIdleConnections();
    await drainSessions(this.sessions, why, options);
    if (owned) {
      http.closeAllConnections();
      for (const socket of this.#belowTls) socket.destroy();
    } else http.off('request', this.#onRequest).off('upgrade', this.#onUpgrade);
    await closed;
    this.sessions.stop();
  }
}

const pathOf = ({ url = '/' }: IncomingMessage): string => url.split('?', 1)[0] ?? url;
