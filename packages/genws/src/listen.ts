import type { Server as HttpServer, RequestListener, ServerOptions } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TlsOptions } from 'node:tls';
import { consoleLogger, deliver, type Logger, startDynamicSupervisor } from '@genws/actor';
import { assertAddable, describeRefusal, encodeRefusal, type RequestRefusal } from '@genws/protocol';
import { assertTuning, type Session, type WithOpts } from '@genws/session';
import { compressionOptions } from './accept.ts';
import { portOf, Server } from './server.ts';
import { answerUpgrade, asksForWebSocket, letGo, refuseUpgrade, type UpgradeOptions } from './upgrade.ts';

/** What a server of sessions is made of. */
export interface ListenOptions<State, Info, Opts> extends UpgradeOptions<State, Info, Opts> {
  /** Default 0: the system picks one, `server.port` tells which. */
  readonly port?: number | undefined;
  /** The address to listen on. Default: all. */
  readonly host?: string | undefined;
  /** Serve `wss:` instead of `ws:`: at least `key` and `cert`. */
  readonly tls?: TlsOptions | undefined;
  /** Serve this path only, whatever the query; others get 404. Default: every path. */
  readonly path?: string | undefined;
  /** Answers requests that are no upgrade: pages, health checks. Default: 426 with a line of explanation. */
  readonly request?: RequestListener | undefined;
  /** For the TLS handshake and for a request's headers, ms each. Default 10,000. */
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
 * Serve WebSockets: every connection becomes a supervised session that runs the handler. Rejects with the system's
 * error when the port cannot be had, with `TypeError` when `headers` holds what may not be added to a response, and
 * with `RangeError` when `compress` is out of range; no port is opened then.
 */
export async function listen<State, Info, Opts>(
  options: ListenOptions<State, Info, Opts> & WithOpts<Opts>,
): Promise<Server<Info>> {
  assertAddable(options.headers ?? []);
  assertTuning(options);
  const compress = compressionOptions(options.compress);
  const http = options.server ?? createHttpServer(options);
  const { logger = consoleLogger } = options;
  // How long a session may take to end is its own affair: `closeTimeout`.
  const sessions = startDynamicSupervisor<Session<Info>>({
    id: 'sessions',
    shutdown: Number.POSITIVE_INFINITY,
    logger,
  });
  let serving: UpgradeOptions<unknown, Info, Opts> & WithOpts<Opts> = options;
  const server = new Server({
    http,
    owned: options.server === undefined,
    secure: http instanceof TlsServer,
    path: options.path,
    sessions,
    logger,
    upgrade(request, socket, head) {
      const outcome = answerUpgrade(request, socket, head, serving, compress);
      if (outcome.ok) sessions.startChild(() => outcome.session);
    },
    changeHandler(handler) {
      serving = { ...options, handler };
    },
  });
  if (options.server === undefined) await open(http, options.port ?? 0, options.host);
  return server;
}

function createHttpServer({
  tls,
  timeout = defaultTimeout,
  maxHandshakeSize = defaultMaxHandshakeSize,
  request = explain,
  logger = consoleLogger,
}: Pick<
  ListenOptions<never, never, never>,
  'tls' | 'timeout' | 'maxHandshakeSize' | 'request' | 'logger'
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
  const http =
    tls === undefined
      ? createServer(settings, request)
      : createTlsServer({ handshakeTimeout: timeout, ...settings, ...tls }, request);
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

/** The answer to a request that is no upgrade, where nobody else answers. */
const explain: RequestListener = (_request, response) => {
  response.writeHead(426, { Upgrade: 'websocket', Connection: 'Upgrade', 'Content-Type': 'text/plain; charset=utf-8' });
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
  else refuseUpgrade(socket, refusal === undefined ? badRequest : encodeRefusal(refusal));
}

const badRequest = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

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
