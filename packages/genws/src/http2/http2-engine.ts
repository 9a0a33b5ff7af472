import type { EventEmitter } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { deliver, type Logger } from '@genws/actor';
import { describePeer } from '@genws/session';
import { addressOf } from '../transports/socket.ts';
import { ErrorCode } from './error-code.ts';
import { FloodGuard } from './flood-guard.ts';
import type { ResolvedHttp2Options } from './http2-options.ts';
import { switchProtocol } from './protocol-switch.ts';

/** A CONNECT, extended or not, with its headers as Node.js' flat list, which shows what was repeated. */
export type ConnectListener = (stream: ServerHttp2Stream, headers: readonly string[]) => void;

/** What an {@link Http2Engine} is made from. */
export interface Http2EngineParts {
  readonly http: HttpServer;
  readonly secure: boolean;
  readonly options: ResolvedHttp2Options;
  /** Most bytes of a request's headers. */
  readonly maxHandshakeSize: number;
  /** For a client to say what it speaks, ms. */
  readonly timeout: number;
  readonly logger: Logger;
}

/** After so long without anything to do a connection is ended, ms. */
const idleTimeout = 60_000;
/** And destroyed, if it has not ended by then. */
const partingTimeout = 1000;

/**
 * Streams announced beyond `maxStreams`: above what is announced Node.js ends the whole connection, where one stream
 * should be refused (RFC 9113 §5.1.2).
 */
const grace = 100;

/** The half of an HTTP server that speaks HTTP/2, on the port of the half that speaks HTTP/1.1. */
export class Http2Engine {
  readonly #options: ResolvedHttp2Options;
  readonly #timeout: number;
  readonly #logger: Logger;
  readonly #sessions = new Set<ServerHttp2Session>();

  /** @param onConnect answers every CONNECT */
  constructor(
    { http, secure, options, maxHandshakeSize, timeout, logger }: Http2EngineParts,
    onConnect: ConnectListener,
  ) {
    this.#options = options;
    this.#timeout = timeout;
    this.#logger = logger;
    const { streamWindow: initialWindowSize, maxStreams } = options;
    const http2 = process.getBuiltinModule('node:http2').createServer({
      settings: {
        enableConnectProtocol: true,
        initialWindowSize,
        maxConcurrentStreams: maxStreams + grace,
        maxHeaderListSize: maxHandshakeSize,
      },
    });
    // Plain requests go where those of HTTP/1.1 go. What Node.js offers for them has the same shape.
    const emitter: EventEmitter = http2;
    emitter.on('request', (...request) => void http.emit('request', ...request));
    http2.on('session', (session) => this.#adopt(session, onConnect));
    switchProtocol({
      http,
      secure,
      timeout,
      http2(socket) {
        socket.allowHalfOpen = false; // as HTTP/1.1 wants it; the end of a connection is that of all its streams
        http2.emit('connection', socket);
      },
      silent: (socket) =>
        void http.emit(
          'clientError',
          Object.assign(new Error('silence'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }),
          socket,
        ),
    });
  }

  /** Tell every client to send new requests elsewhere (GOAWAY, RFC 9113 §6.8); what is under way goes on. */
  drain(): void {
    for (const session of this.#sessions) session.close();
  }

  #adopt(session: ServerHttp2Session, onConnect: ConnectListener): void {
    const { connectionWindow, maxStreams, maxControlRate } = this.#options;
    this.#sessions.add(session);
    const guard = new FloodGuard(maxControlRate);
    const waste = (): void => {
      if (guard.exceeded(performance.now())) session.destroy(new Error('a flood'), ErrorCode.enhanceYourCalm);
    };
    let streams = 0;
    const plain = session.listeners('stream');
    session
      .removeAllListeners('stream')
      .on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, flags: number, raw: string[]) => {
        streams++;
        const connect = headers[':method'] === 'CONNECT';
        stream.once('aborted', waste).once('close', () => {
          streams--;
          if (connect && isRefusal(stream.sentHeaders)) waste();
        });
        if (streams > maxStreams) stream.on('error', () => {}).close(ErrorCode.refusedStream);
        // Node.js would answer 405, and keep what it makes for a request as long as the WebSocket is there.
        else if (connect) onConnect(stream, raw);
        else for (const listener of plain) Reflect.apply(listener, session, [stream, headers, flags, raw]);
      })
      .on('ping', waste)
      .on('remoteSettings', waste)
      .once('stream', () => session.setTimeout(idleTimeout))
      .on('timeout', () => {
        if (streams > 0) return;
        if (session.closed) session.destroy(); // half a request has kept it open
        session.setTimeout(partingTimeout);
        session.close();
      })
      .on('error', (error) => this.#report(session, error))
      .on('close', () => this.#sessions.delete(session))
      .setTimeout(this.#timeout);
    session.setLocalWindowSize(connectionWindow);
  }

  #report({ socket }: ServerHttp2Session, error: Error): void {
    const text = `a connection over HTTP/2 has failed: ${error.message}`;
    deliver(this.#logger, {
      level: 'info',
      event: 'http2.failed',
      text,
      fields: { peer: describePeer(addressOf(socket)) },
    });
  }
}

const isRefusal = (headers: OutgoingHttpHeaders | undefined): boolean => Number(headers?.[':status']) >= 300;
