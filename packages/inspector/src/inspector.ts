import { once } from 'node:events';
import type { Server as HttpServer, RequestListener } from 'node:http';
import type { Process } from '@genws/actor';
import { deny, type Logger, listen, type Server } from 'genws';
import { feedOf } from './feed/feed.ts';
import { Observatory } from './observatory.ts';
import { Access, isLoopbackHost, proxyHeaders } from './serving/access.ts';
import { Pages } from './serving/pages.ts';
import type { WatchedServer } from './sources.ts';
import { statelyFeedOf } from './stately/stately.ts';
import { hideAll, type Redact } from './values/plain.ts';

/** What is to be seen, and by whom. */
export interface InspectorOptions {
  /** Servers whose sessions are listed, by the names that the page shows. */
  readonly servers: Readonly<Record<string, WatchedServer>>;
  /** Roots of supervision trees. A server that none of them holds is a tree of its own. */
  readonly supervisors?: readonly Process[] | undefined;
  /** Groups, by the names that the page shows. */
  readonly groups?: Readonly<Record<string, Iterable<object>>> | undefined;
  /** What the page is headed with. Default: `genws`. */
  readonly title?: string | undefined;
  /**
   * Whoever shows it may look, from anywhere. The page takes it from behind the `#` of its address: `#token=…`. Default:
   * none, and only connections from this machine are answered.
   */
  readonly token?: string | undefined;
  /**
   * Decides what may be seen of payloads, messages, handlers' states and errors, before it leaves the process:
   * `(value) => value` shows all. Default: of each value only what kind it is and how large.
   */
  readonly redact?: Redact | undefined;
  readonly logger?: Logger | undefined;
}

/** An inspector that runs. */
export interface Inspector {
  /** Where its page is. */
  readonly url: string;
  /** Let go of everything that it watches, and of its pages. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

// Imported as a module, `node:http` loads all of undici, whoever imports it.
const { createServer } = process.getBuiltinModule('node:http');

/** Pages at a time. */
const maxPages = 16;

/**
 * Serve the inspector on the port of a server, below a path, over HTTP/1.1 and HTTP/2 alike. It costs nothing while
 * nobody looks. The server's own routes never see requests for that path.
 *
 * Throws when the page has not been built.
 *
 * @param path default `/inspector`
 */
export async function mountInspector(
  server: Pick<Server<never>, 'http' | 'url'>,
  options: InspectorOptions,
  path = '/inspector',
): Promise<Inspector> {
  const { href: url } = new URL(path, server.url.replace(/^ws/, 'http'));
  const stop = await serve(server.http, options, path);
  return { url, stop, [Symbol.asyncDispose]: stop };
}

/** {@link InspectorOptions}, and where to listen. */
export interface InspectorServerOptions extends InspectorOptions {
  /** Default 0: the system picks one, `url` tells which. */
  readonly port?: number | undefined;
  /** Default `127.0.0.1`. With a `token` it may be an address that others can reach. */
  readonly host?: string | undefined;
}

/**
 * Serve the inspector on a port of its own. Throws `TypeError` for an address that others can reach, without a `token`,
 * and when the page has not been built; rejects with the system's error when the port cannot be had.
 */
export async function startInspector(options: InspectorServerOptions): Promise<Inspector> {
  const { port = 0, host = '127.0.0.1', token } = options;
  if (token === undefined && !isLoopbackHost(host)) {
    throw new TypeError(`others can reach ${host}: an inspector there needs a token`);
  }
  const http = createServer((_request, response) => response.writeHead(303, { Location: '/inspector/' }).end());
  const leave = await serve(http, options, '/inspector');
  const stop = async (): Promise<void> => {
    await leave();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  };
  try {
    await once(http.listen(port, host), 'listening');
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `${originOf(http, host)}/inspector`, stop, [Symbol.asyncDispose]: stop };
}

/** Where browsers find a server of this machine. */
function originOf(http: HttpServer, host: string): string {
  const address = http.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const anywhere = host === '0.0.0.0' || host === '::';
  return `http://${anywhere ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** @returns what lets go of everything */
async function serve(
  http: HttpServer,
  { servers, supervisors = [], groups = {}, title = 'genws', token, redact = hideAll, logger }: InspectorOptions,
  path: string,
): Promise<() => Promise<void>> {
  const access = new Access(token);
  const pages = new Pages(path, access);
  const sources = {
    servers: new Map(Object.entries(servers)),
    supervisors,
    groups: new Map(Object.entries(groups)),
  };
  const all = new Observatory(sources, redact, title);
  const shared = {
    server: http,
    logger,
    compress: access.guarded,
    maxConnections: maxPages,
    limits: { maxMessage: 65_536 },
  };
  const authorize = gateOf(access);
  const [live, stately] = await Promise.all([
    listen({ ...shared, path: `${path}/live`, subprotocols: ['genws.inspector'], authorize, handler: feedOf(all) }),
    listen({ ...shared, path: `${path}/stately`, authorize, handler: statelyFeedOf(all) }),
  ]);
  const release = intercept(http, pages);
  return async () => {
    release();
    all.history.stop();
    await Promise.all([live.stop(), stately.stop()]);
  };
}

/** The same rules as for the page. */
const gateOf =
  (access: Access) =>
  ({ headers, host, peer }: Parameters<Parameters<typeof listen>[0]['authorize'] & object>[0]): unknown => {
    const named = { host, origin: headers.joined('origin'), cookie: headers.joined('cookie') };
    const via = Object.fromEntries(proxyHeaders.map((name) => [name, headers.joined(name)]));
    const decision = access.decide({ headers: { ...named, ...via }, address: peer?.address });
    return decision === 'welcome' ? undefined : deny(decision === 'unknown' ? 401 : 403);
  };

/** Requests for the page do not get to whoever else answers requests. */
function intercept(http: HttpServer, pages: Pages): () => void {
  const others = http.listeners('request');
  let released = false;
  const listener: RequestListener = (request, response) => {
    if (!released && pages.isAt(request)) pages.serve(request, response);
    else for (const other of others) Reflect.apply(other, http, [request, response]);
  };
  http.removeAllListeners('request').on('request', listener);
  return () => {
    released = true;
    // Whoever has put himself before this listener in the same way still calls it, for what is behind it.
    if (!http.listeners('request').includes(listener)) return;
    http.off('request', listener);
    for (const other of others) Reflect.apply(http.on, http, ['request', other]);
  };
}
