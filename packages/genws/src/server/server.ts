import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  type AnyExitReason,
  CallError,
  type DynamicSupervisor,
  deliver,
  type ExitReason,
  type ExitSignal,
  exit,
  type Logger,
  monitor,
  type Process,
} from '@genws/actor';
import { codeChange, type Handler, type Session, type Successor, type SystemOptions } from '@genws/session';
import type { AdmissionControl } from '../admission/admission-control.ts';
import { Http1Opening, lastWordsTimeout } from '../opening/http1-opening.ts';
import { Http2Opening } from '../opening/http2-opening.ts';
import type { Opening } from '../opening/opening.ts';
import { rejectOpening } from '../opening/refuse-opening.ts';
import { attach, attachmentAt, attachmentsOf } from './attachments.ts';
import { type DrainOptions, drainSessions } from './drain.ts';
import type { Http2Half, HttpSide } from './http-side.ts';
import { asksForWebSocket } from './upgrade.ts';

/** What a {@link Server} is made from. */
export interface ServerParts<Info> extends HttpSide {
  /** Whether the HTTP server ends with this one. */
  readonly owned: boolean;
  readonly path: string | undefined;
  readonly sessions: DynamicSupervisor<Session<Info>>;
  readonly logger: Logger;
  /** Starts sessions, or says why not. */
  readonly admissions: Pick<AdmissionControl<never>, 'decide' | 'stop'>;
  /** Sessions to come have this handler. */
  changeHandler(handler: Handler<unknown, Info>): void;
}

const stopped: ExitReason = { type: 'shutdown', reason: 'stop' };

/** For a supervised server, ms: less than the 5 s that a supervisor gives its child by default. */
const exitDeadline = 4000;

/**
 * A running server of sessions, made by `listen`. It is a process, and can be a supervisor's child, be monitored and
 * linked: it has ended when it is stopped, with `{ type: 'shutdown', reason: 'stop' }` unless an exit signal said
 * otherwise, or with `crash` when its HTTP server has failed.
 */
export class Server<Info = unknown> implements Process {
  /** The HTTP server below: its own, or the one it was attached to. */
  readonly http: HttpServer;
  /** Supervises the sessions: count them, iterate over them, subscribe, inspect. */
  readonly sessions: DynamicSupervisor<Session<Info>>;
  readonly #parts: ServerParts<Info>;
  /** The latest answer to a plain request on each connection. */
  readonly #answers = new WeakMap<Duplex, ServerResponse>();
  /**
   * Connections that its own HTTP server cannot end: it forgets them while their TLS handshake is not done, and knows
   * nothing of those that speak HTTP/2.
   */
  readonly #connections = new Set<Socket>();
  readonly #http2: Http2Half | undefined;
  /** Gives up its place on an HTTP server that is not its own. */
  readonly #detach: () => void = () => {};
  #draining = false;
  #stopped: Promise<void> | undefined;
  #closed: Promise<unknown> | undefined;

  constructor(parts: ServerParts<Info>) {
    this.http = parts.http;
    this.sessions = parts.sessions;
    this.#parts = parts;
    this.#http2 = parts.http2?.((stream, headers) => this.#route(new Http2Opening(stream, headers)));
    this.http.on('request', this.#onRequest).on('upgrade', this.#onUpgrade);
    if (!parts.owned) {
      this.#detach = attach(this.http, {
        claims: (request) => this.#isForUs(request),
        isAt: (target) => parts.path !== undefined && this.#isHere(target),
        answer: (opening) => this.#answer(opening),
        end: (reason, options) => this.#end(reason, options),
      });
    }
    if (parts.owned && (parts.secure || this.#http2 !== undefined)) this.http.on('connection', this.#onConnection);
    // Until then, an error is that of `listen`.
    if (parts.owned) this.http.once('listening', () => this.http.on('error', this.#onError));
    monitor(parts.sessions, () => this.#disconnect());
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
    return this.#end(stopped, options);
  }

  /**
   * End it gently, for deploys: upgrades are answered 503 from here on, sessions are told in spread batches to come
   * back elsewhere, plain requests are served until all have ended. Then as {@link stop}, which cuts a drain short.
   */
  async drain(options: DrainOptions = {}): Promise<void> {
    if (!this.#draining && this.#stopped === undefined) {
      this.#draining = true;
      this.#parts.admissions.stop();
      this.#http2?.drain();
      await drainSessions(this.sessions, 'drain', options);
    }
    await this.stop();
  }

  /**
   * Take an exit signal: as {@link stop}, with a deadline of 4 s. `killed` ends it at once, and all sessions with it;
   * `normal` is ignored.
   */
  exit({ reason }: ExitSignal): void {
    if (reason.type === 'killed') this.sessions.stop();
    else if (reason.type !== 'normal') void this.#end(reason, { deadline: exitDeadline });
  }

  /** Resolves with the reason when it has ended. */
  exited(): Promise<AnyExitReason> {
    return this.sessions.exited();
  }

  /** It lives as long as the supervisor of its sessions does, for monitors, links and supervisors. */
  getSnapshot(): ReturnType<Process['getSnapshot']> {
    return this.sessions.getSnapshot();
  }

  /** For monitors, links and supervisors. */
  subscribe(observer: Parameters<Process['subscribe']>[0]): ReturnType<Process['subscribe']> {
    return this.sessions.subscribe(observer);
  }

  /**
   * Give every session, and all that come from here on, another handler, without a peer noticing: see {@link codeChange}.
   * Rejects with an `AggregateError` of what the handler's `codeChange` has thrown for some of them, which go on with the
   * old one, and of a `CallError` for each that was busy for too long, which changes when it is not any more.
   *
   * @param options `timeout`: ms for sessions that are busy, default 5000
   * @returns how many sessions have changed; those that ended meanwhile have not
   */
  changeCode<State, Opts, Message = Info>(
    handler: Handler<State, Message, Opts> & Successor<Message, Info>,
    options?: SystemOptions,
  ): Promise<number>;
  async changeCode(handler: Handler<unknown, Info>, options?: SystemOptions): Promise<number> {
    this.#parts.changeHandler(handler);
    const changes = [...this.sessions.children()].map((session) =>
      codeChange<Info, unknown, unknown, Info>(session, handler, options),
    );
    const outcomes = await Promise.allSettled(changes);
    const failed = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }): unknown => reason);
    const errors = failed.filter((error) => !(error instanceof CallError && error.code !== 'timeout'));
    if (errors.length > 0) throw new AggregateError(errors, `${errors.length} sessions go on with their old handler`);
    return outcomes.length - failed.length;
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
    this.#connections.add(socket);
    socket.once('close', () => this.#connections.delete(socket));
  };

  readonly #onRequest = ({ socket, httpVersionMajor }: IncomingMessage, response: ServerResponse): void => {
    if (httpVersionMajor === 1) this.#answers.set(socket, response);
  };

  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const { owned } = this.#parts;
    if (owned ? attachmentAt(this.http, request.url) !== undefined : !this.#isForUs(request)) return;
    const answer = this.#answers.get(socket);
    if (answer?.writableFinished === false) {
      // Answers leave in the order of their requests (RFC 9112 §9.3.2), and none may end up between frames.
      answer.once('finish', () => this.#onUpgrade(request, socket, head));
      socket.on('error', () => socket.destroy()); // Node has given the socket away: nobody else listens
    } else this.#answer(new Http1Opening(request, socket, head));
  };

  #route(opening: Opening): void {
    const attachment = attachmentAt(this.http, opening.target);
    if (attachment === undefined) this.#answer(opening);
    else attachment.answer(opening);
  }

  #answer(opening: Opening): void {
    if (this.#isHere(opening.target)) this.#parts.admissions.decide(opening);
    else rejectOpening(opening, { code: 'unknownPath' }, this.#parts.logger);
  }

  #isForUs(request: IncomingMessage): boolean {
    return this.#isHere(request.url) && asksForWebSocket(request);
  }

  #isHere(target = '/'): boolean {
    const { path } = this.#parts;
    return path === undefined || target.split('?', 1)[0] === path;
  }

  readonly #onError = (error: Error): void => {
    const text = `the HTTP server has failed: ${error.message}`;
    deliver(this.#parts.logger, { level: 'error', event: 'server.crashed', text, error });
    void this.#close();
    exit(this.sessions, { type: 'crash', error });
  };

  #end(reason: AnyExitReason, options: DrainOptions): Promise<void> {
    this.#stopped ??= this.#endSessions(reason, { code: 1001, ...options, batch: Number.POSITIVE_INFINITY });
    return this.#stopped;
  }

  async #endSessions(reason: AnyExitReason, options: DrainOptions): Promise<void> {
    const closed = this.#close();
    await Promise.all([drainSessions(this.sessions, 'stop', options), ...this.#endAttached(reason, options)]);
    this.#disconnect();
    await closed;
    exit(this.sessions, reason);
  }

  /** The servers on the port that ends with this one. */
  #endAttached(reason: AnyExitReason, options: DrainOptions): Promise<void>[] {
    return this.#parts.owned ? attachmentsOf(this.http).map((attachment) => attachment.end(reason, options)) : [];
  }

  /** Nobody comes in any more. Resolves when its own HTTP server has nothing left to do. */
  #close(): Promise<unknown> {
    const { http, owned } = this.#parts;
    this.#parts.admissions.stop();
    this.#http2?.drain();
    this.#closed ??= owned ? new Promise((resolve) => http.close(resolve)) : Promise.resolve();
    if (owned) http.closeIdleConnections();
    return this.#closed;
  }

  /** Nobody is left. */
  #disconnect(): void {
    const { http, owned } = this.#parts;
    void this.#close();
    this.#endAttached({ type: 'killed' }, { deadline: 0 });
    if (owned) {
      http.closeAllConnections();
      const drop = (): void => {
        for (const socket of this.#connections) socket.destroy();
      };
      // Over HTTP/2 the last that was said is still on its way, and so is GOAWAY.
      if (this.#http2 === undefined) drop();
      else setTimeout(drop, lastWordsTimeout).unref();
    } else {
      this.#detach();
      http.off('request', this.#onRequest).off('upgrade', this.#onUpgrade);
    }
  }
}
