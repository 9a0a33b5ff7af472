import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { DynamicSupervisor } from '@genws/actor';
import type { Session } from '@genws/session';
import { type DrainOptions, drainSessions, type ShutdownReason } from './drain.ts';
import { refuseUpgrade } from './upgrade.ts';

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
  #phase: 'serving' | 'draining' | 'stopping' = 'serving';
  #stopped: Promise<void> | undefined;

  constructor(parts: ServerParts<Info>) {
    this.http = parts.http;
    this.sessions = parts.sessions;
    this.#parts = parts;
    this.http.on('upgrade', this.#onUpgrade);
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

  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const { owned, path, upgrade } = this.#parts;
    if (path !== undefined && pathOf(request) !== path) {
      if (owned) refuseUpgrade(socket, notFound);
      return;
    }
    if (!owned && !asksForWebSocket(request)) return;
    if (this.#phase !== 'serving') refuseUpgrade(socket, busy);
    else upgrade(request, socket, head);
  };

  async #end(why: ShutdownReason, options: DrainOptions): Promise<void> {
    const { http, owned } = this.#parts;
    const closed = owned ? new Promise((resolve) => http.close(resolve)) : undefined;
    if (owned) http.closeIdleConnections();
    await drainSessions(this.sessions, why, options);
    if (owned) http.closeAllConnections();
    else http.off('upgrade', this.#onUpgrade);
    await closed;
    this.sessions.stop();
  }
}

const pathOf = ({ url = '/' }: IncomingMessage): string => url.split('?', 1)[0] ?? url;

/** Whether an upgrade is for this protocol at all (RFC 9110 §7.8). */
function asksForWebSocket({ headers: { upgrade = '' } }: IncomingMessage): boolean {
  const protocols = upgrade.split(',');
  return protocols.some((protocol) => protocol.trim().toLowerCase() === 'websocket');
}
