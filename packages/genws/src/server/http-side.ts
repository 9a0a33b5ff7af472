import type { Server as HttpServer, RequestListener, ServerOptions } from 'node:http';
import type { TlsOptions } from 'node:tls';
import { consoleLogger, type Logger } from '@genws/actor';
import { type ConnectListener, Http2Engine } from '../http2/http2-engine.ts';
import { type Http2Options, resolveHttp2Options } from '../http2/http2-options.ts';
import { refuseGarbage } from './garbage.ts';
import { asksForWebSocket } from './upgrade.ts';

/** What an HTTP server is opened with. */
export interface HttpOptions {
  /** Default 0: the system picks one, `server.port` tells which. */
  readonly port?: number | undefined;
  /** The address to listen on. Default: all. */
  readonly host?: string | undefined;
  /** Serve `wss:` instead of `ws:`: at least `key` and `cert`. */
  readonly tls?: TlsOptions | undefined;
  /**
   * Answers requests that are no upgrade: pages, health checks. Over HTTP/2 it gets what Node.js offers in place of
   * HTTP/1.1's objects, which is nothing for Express: it knows HTTP/1.1 only, so set no `http2` with it. Default: 426
   * with a line of explanation.
   */
  readonly request?: RequestListener | undefined;
  /**
   * Serve HTTP/2 on the same port, with WebSockets by extended CONNECT (RFC 8441) and plain requests: over TLS where a
   * client prefers it, without TLS where a client just begins with it (prior knowledge). Not for a `server` of yours.
   * Default: HTTP/1.1 alone.
   */
  readonly http2?: boolean | Http2Options | undefined;
  /** For the TLS handshake, for a request's headers, and for `authorize`, ms each. Default 10,000. */
  readonly timeout?: number | undefined;
  /** Most bytes of a request's header block. Default 16,384. */
  readonly maxHandshakeSize?: number | undefined;
}

/** The half of an HTTP server that speaks HTTP/2. */
export interface Http2Half {
  /** Tell every client to send new requests elsewhere; what is under way goes on. */
  drain(): void;
}

/** An HTTP server, and what makes its other half, if it is to have one. */
export interface HttpSide {
  readonly http: HttpServer;
  readonly secure: boolean;
  readonly http2: ((onConnect: ConnectListener) => Http2Half) | undefined;
}

// Imported as a module, `node:http` loads all of undici for the `WebSocket` that it exports: 11 MB (measured).
const { createServer } = process.getBuiltinModule('node:http');
const { createServer: createTlsServer } = process.getBuiltinModule('node:https');

/** Ms. */
export const defaultTimeout = 10_000;
const defaultMaxHandshakeSize = 16 * 1024;

/** An HTTP server of ours, that does not listen yet. Throws `RangeError` when `http2` is out of range. */
export function createHttpSide({
  tls,
  http2 = false,
  timeout = defaultTimeout,
  maxHandshakeSize = defaultMaxHandshakeSize,
  request = explain,
  logger = consoleLogger,
}: HttpOptions & { readonly logger?: Logger | undefined }): HttpSide {
  const secure = tls !== undefined;
  const options = http2 === false ? undefined : resolveHttp2Options(http2 === true ? {} : http2);
  const settings: ServerOptions = {
    maxHeaderSize: maxHandshakeSize,
    headersTimeout: timeout,
    requestTimeout: timeout,
    connectionsCheckingInterval: Math.min(1000, timeout),
    // An upgrade to something else, as `curl --http2` asks for, is a plain request here (RFC 9110 §7.8). Older lines of
    // Node do not ask, and the request is refused. A header that is missing was one too many: it is refused as well.
    shouldUpgradeCallback: (request) => request.headers.upgrade === undefined || asksForWebSocket(request),
  };
  const offer = options && { ALPNProtocols: ['h2', 'http/1.1'] };
  const http = secure
    ? createTlsServer({ handshakeTimeout: timeout, ...settings, ...offer, ...tls }, request)
    : createServer(settings, request);
  http.on('clientError', (error, socket) => refuseGarbage(error, socket, logger, portOf(http)));
  const parts = { http, secure, maxHandshakeSize, timeout, logger };
  return { http, secure, http2: options && ((onConnect) => new Http2Engine({ ...parts, options }, onConnect)) };
}

/** Listen. Rejects with the system's error. */
export function openPort(http: HttpServer, { port = 0, host }: HttpOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', reject);
    http.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      http.off('error', reject);
      resolve();
    });
  });
}

/** The port that an HTTP server listens on, if it does. */
export function portOf(http: HttpServer): number | undefined {
  const address = http.address();
  return address === null || typeof address === 'string' ? undefined : address.port;
}

/** The answer to a request that asks for no WebSocket, where nobody else answers: how to ask for one. */
const explain: RequestListener = ({ httpVersionMajor }, response) => {
  const [status, how] =
    httpVersionMajor >= 2 ? [405, { Allow: 'CONNECT' }] : [426, { Upgrade: 'websocket', Connection: 'Upgrade' }];
  response.writeHead(status, { ...how, 'Content-Type': 'text/plain; charset=utf-8' });
  response.end('This is a WebSocket server. Connect with a WebSocket client: new WebSocket(url)\n');
};
