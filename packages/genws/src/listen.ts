import type { Server as HttpServer, RequestListener, ServerOptions } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TlsOptions } from 'node:tls';
import { consoleLogger, deliver, type Logger, startDynamicSupervisor } from '@genws/actor';
import {
  assertAddable,
  describeRefusal,
  encodeAnswer,
  type PlainAnswer,
  type RequestRefusal,
  refusalAnswer,
} from '@genws/protocol';
import { assertTuning, type Handler, type Session, type WithOpts } from '@genws/session';
import { compressionOptions } from './accept.ts';
import { AdmissionControl } from './admission/admission-control.ts';
import { type Admission, type Authorize, admit } from './admission/authorize.ts';
import { ConnectionLimit, type ConnectionLimits } from './admission/connection-limit.ts';
import { type OriginOptions, OriginPolicy } from './admission/origin-policy.ts';
import { type ConnectListener, Http2Engine } from './http2/http2-engine.ts';
import { type Http2Options, resolveHttp2Options } from './http2/http2-options.ts';
import { lastWords, letGo } from './opening/http1-opening.ts';
import { openSession, type UpgradeOptions } from './opening/open-session.ts';
import { type Http2Half, portOf, Server } from './server.ts';
import { asksForWebSocket } from './upgrade.ts';

/** What a server of sessions is made of. */
export interface ListenOptions<State, Info, Opts>
  extends UpgradeOptions<State, Info, Opts>,
    OriginOptions,
    ConnectionLimits {
  /** Default 0: the system picks one, `server.port` tells which. */
  readonly port?: number | undefined;
  /** The address to listen on. Default: all. */
  readonly host?: string | undefined;
  /** Serve `wss:` instead of `ws:`: at least `key` and `cert`. */
  readonly tls?: TlsOptions | undefined;
  /** Serve this path only, whatever the query; others get 404. Default: every path. */
  readonly path?: string | undefined;
  /**
   * Answers requests that are no upgrade: pages, health checks. Over HTTP/2 it gets what Node.js offers in place of
   * HTTP/1.1's objects. Default: 426 with a line of explanation.
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
  /**
   * A server of yours to attach to instead of opening one. Only upgrades to `websocket` on `path` are touched; whatever
   * else it serves, other upgrade listeners included, lives on, and `stop` leaves it running.
   */
  readonly server?: HttpServer | undefined;
}

// Imported as a module, `node:http` loads all of undici for the `WebSocket` that it exports: 11 MB (measured).
const { createServer } = process.getBuiltinModule('node:http');
const { createServer: createTlsServer, Server: TlsServer } = process.getBuiltinModule('node:https');

const defaultTimeout = 10_000;
const defaultMaxHandshakeSize = 16 * 1024;

/**
 * What `init` is handed as its `opts`: the same for every session, or what `authorize` finds out for each.
 */
export type OptsSource<Opts> =
  | (WithOpts<Opts> & { readonly authorize?: undefined })
  | {
      readonly handlerOpts?: undefined;
      /**
       * Finds out who asks, before the WebSocket is opened, from a cookie, a header or a ticket: now or later. What it
       * returns is handed to `init`; `deny` answers 401 or another status instead, and `admit` adds to the answer. What it
       * throws is answered 500 and reported; when it takes longer than `timeout`, the answer is 503.
       */
      readonly authorize: Authorize<Opts>;
    };

/**
 * Serve WebSockets: every connection becomes a supervised session that runs the handler. Rejects with the system's
 * error when the port cannot be had; with `TypeError` when `headers` holds what may not be added to a response, or a
 * limit, timeout or origin cannot be; and with `RangeError` when `compress` or `http2` is out of range. No port is opened
 * then.
 */
export async function listen<State, Info, Opts>(
  options: ListenOptions<State, Info, Opts> & OptsSource<Opts>,
): Promise<Server<Info>> {
  const { logger = consoleLogger, headers = [], timeout = defaultTimeout } = options;
  assertAddable(headers);
  assertTuning(options);
  const compress = compressionOptions(options.compress);
  const limit = new ConnectionLimit(options);
  const origins = new OriginPolicy(options);
  const http2 = http2For(options);
  const http = options.server ?? createHttpServer(options);
  // How long a session may take to end is its own affair: `closeTimeout`.
  const sessions = startDynamicSupervisor<Session<Info>>({
    id: 'sessions',
    shutdown: Number.POSITIVE_INFINITY,
    logger,
    onDown: ({ target }) => admissions.ended(target),
  });
  let handler: Handler<unknown, Info, Opts> = options.handler;
  const admissions = new AdmissionControl<Opts>({
    subprotocols: options.subprotocols,
    limit,
    origins,
    rule: ruleOf<Opts>(options),
    timeout,
    logger,
    open(opening, asked, admission) {
      const session = openSession(opening, asked, { ...options, handler }, compress, admission);
      sessions.startChild(() => session);
    },
  });
  const server = new Server({
    http,
    owned: options.server === undefined,
    secure: http instanceof TlsServer,
    path: options.path,
    sessions,
    logger,
    http2: http2 && ((onConnect) => http2(http, onConnect)),
    admissions,
    changeHandler(next) {
      handler = next;
    },
  });
  if (options.server === undefined) await open(http, options.port ?? 0, options.host);
  return server;
}

/** Every client is let in with the same, or `authorize` decides. */
function ruleOf<Opts>(options: OptsSource<Opts>): Admission<Opts> | Authorize<Opts>;
function ruleOf({
  handlerOpts,
  authorize,
}: {
  readonly handlerOpts?: unknown;
  readonly authorize?: Authorize<unknown> | undefined;
}): Admission<unknown> | Authorize<unknown> {
  return authorize ?? admit(handlerOpts);
}

/** What makes the half that speaks HTTP/2 for an HTTP server, if there is to be one. */
function http2For({
  http2 = false,
  server,
  tls,
  request = explain,
  maxHandshakeSize = defaultMaxHandshakeSize,
  timeout = defaultTimeout,
  logger = consoleLogger,
}: Pick<
  ListenOptions<never, never, never>,
  'http2' | 'server' | 'tls' | 'request' | 'maxHandshakeSize' | 'timeout' | 'logger'
>): ((http: HttpServer, onConnect: ConnectListener) => Http2Half) | undefined {
  if (http2 === false) return undefined;
  if (server !== undefined)
    throw new TypeError('http2 is for servers that listen opens; for yours there is acceptHttp2');
  const options = resolveHttp2Options(http2 === true ? {} : http2);
  const secure = tls !== undefined;
  return (http, onConnect) =>
    new Http2Engine({ http, secure, options, request, maxHandshakeSize, timeout, logger }, onConnect);
}

function createHttpServer({
  tls,
  timeout = defaultTimeout,
  maxHandshakeSize = defaultMaxHandshakeSize,
  request = explain,
  logger = consoleLogger,
  http2 = false,
}: Pick<
  ListenOptions<never, never, never>,
  'tls' | 'timeout' | 'maxHandshakeSize' | 'request' | 'logger' | 'http2'
>): HttpServer {
  const settings: ServerOptions = {
    maxHeaderSize: maxHandshakeSize,
    headersTimeout: timeout,
    requestTimeout: timeout,
    connectionsCheckingInterval: Math.min(1000, timeout),
    // An upgrade to something else, as `curl --http2` asks for, is a plain request here (RFC 9110 §7.8). Older lines of
    // Node do not ask, and the request is refused. A header that is missing was one too many: it is refused as well.
    shouldUpgradeCallback: (request) => request.headers.upgrade === undefined || asksForWebSocket(request),
  };
  const offer = http2 === false ? {} : { ALPNProtocols: ['h2', 'http/1.1'] };
  const http =
    tls === undefined
      ? createServer(settings, request)
      : createTlsServer({ handshakeTimeout: timeout, ...settings, ...offer, ...tls }, request);
  http.on('clientError', (error, socket) => refuseGarbage(error, socket, logger, portOf(http)));
  return http;
}

function open(http: HttpServer, port: number, host: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', reject);
    http.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      http.off('error', reject);
      resolve();
    });
  });
}

/** The answer to a request that asks for no WebSocket, where nobody else answers: how to ask for one. */
const explain: RequestListener = ({ httpVersionMajor }, response) => {
  const [status, how] =
    httpVersionMajor >= 2 ? [405, { Allow: 'CONNECT' }] : [426, { Upgrade: 'websocket', Connection: 'Upgrade' }];
  response.writeHead(status, { ...how, 'Content-Type': 'text/plain; charset=utf-8' });
  response.end('This is a WebSocket server. Connect with a WebSocket client: new WebSocket(url)\n');
};

/** What Node's HTTP parser could not read, or did not get in time. */
function refuseGarbage(error: NodeJS.ErrnoException, socket: Duplex, logger: Logger, port: number | undefined): void {
  if (socket.writableEnded) {
    letGo(socket); // it has its answer, and has gone on sending
    return;
  }
  const refusal = refusalFor(error.code);
  const text = refusal === undefined ? `no HTTP request: ${error.code ?? error.message}` : describeRefusal(refusal);
  const fields = { code: refusal?.code ?? 'badRequest', port };
  deliver(logger, { level: 'info', event: 'handshake.refused', text, fields });
  if (!socket.writable || error.code === 'ECONNRESET') socket.destroy();
  else lastWords(socket, encodeAnswer(refusal === undefined ? badRequest : refusalAnswer(refusal)));
}

const badRequest: PlainAnswer = { status: 400, headers: [], body: '' };

function refusalFor(code: string | undefined): RequestRefusal | undefined {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return { code: 'handshakeTooBig' };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { code: 'handshakeTimeout' };
    default:
      return undefined;
  }
}
