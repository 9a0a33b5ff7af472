import type { Server as HttpServer } from 'node:http';
import { consoleLogger, startDynamicSupervisor } from '@genws/actor';
import { assertAddable } from '@genws/protocol';
import { assertTuning, type Session, type WithOpts } from '@genws/session';
import { compressionOptions } from '../accept.ts';
import { AdmissionControl } from '../admission/admission-control.ts';
import { type Admission, type Authorize, admit } from '../admission/authorize.ts';
import { ConnectionLimit, type ConnectionLimits } from '../admission/connection-limit.ts';
import { type OriginOptions, OriginPolicy } from '../admission/origin-policy.ts';
import { openSession, type UpgradeOptions } from '../opening/open-session.ts';
import { createHttpSide, defaultTimeout, type HttpOptions, type HttpSide, openPort } from './http-side.ts';
import { Server } from './server.ts';

/** What a server of sessions is made of. */
export interface ListenOptions<State, Info, Opts>
  extends UpgradeOptions<State, Info, Opts>,
    HttpOptions,
    OriginOptions,
    ConnectionLimits {
  /** Serve this path only, whatever the query; others get 404. Default: every path. */
  readonly path?: string | undefined;
  /**
   * A server of yours to attach to instead of opening one. Only upgrades to `websocket` on `path` are touched; whatever
   * else it serves, other upgrade listeners included, lives on, and `stop` leaves it running.
   */
  readonly server?: HttpServer | undefined;
}

const { Server: TlsServer } = process.getBuiltinModule('node:https');

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
  const side = options.server === undefined ? createHttpSide(options) : attachedTo(options.server, options);
  // How long a session may take to end is its own affair: `closeTimeout`.
  const sessions = startDynamicSupervisor<Session<Info>>({
    id: 'sessions',
    shutdown: Number.POSITIVE_INFINITY,
    logger,
    onDown: ({ target }) => admissions.ended(target),
  });
  let serving: UpgradeOptions<unknown, Info, Opts> = options;
  const admissions = new AdmissionControl<Opts>({
    subprotocols: options.subprotocols,
    limit,
    origins,
    rule: ruleOf<Opts>(options),
    timeout,
    logger,
    open(opening, asked, admission) {
      const session = openSession(opening, asked, serving, compress, admission);
      sessions.startChild(() => session);
    },
  });
  const server = new Server({
    ...side,
    owned: options.server === undefined,
    path: options.path,
    sessions,
    logger,
    admissions,
    changeHandler(handler) {
      serving = { ...options, handler };
    },
  });
  if (options.server === undefined) await openPort(side.http, options);
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

function attachedTo(http: HttpServer, { http2 = false }: HttpOptions): HttpSide {
  if (http2 !== false) throw new TypeError('http2 is for servers that listen opens; for yours there is acceptHttp2');
  return { http, secure: http instanceof TlsServer, http2: undefined };
}
