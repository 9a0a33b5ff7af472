import { createServer, type Server as HttpServer, type RequestListener } from 'node:http';
import type { Process } from '@genws/actor';
import { deny, type Logger, listen, type Server } from 'genws';
import { Access, isLoopbackHost } from './access.ts';
import { feedOf } from './feed.ts';
import { Observatory } from './observatory.ts';
import { Pages } from './pages.ts';
import { hideAll, type Redact } from './plain.ts';
import type { WatchedServer } from './sources.ts';
import { statelyFeedOf } from './stately.ts';

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
  const { href } = new URL(path, server.url.replace(/^ws/, 'http'));
  return serve(server.http, options, path, () => href);
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
  await new Promise<void>((resolve, reject) => http.once('error', reject).listen(port, host, resolve));
  const address = http.address();
  const at = typeof address === 'object' && address !== null ? address.port : port;
  const name = host.includes(':') ? `[${host}]` : host;
  const inspector = await serve(http, options, '/inspector', () => `http://${name}:${at}/inspector`);
  const stop = async (): Promise<void> => {
    await inspector.stop();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  };
  return { url: inspector.url, stop, [Symbol.asyncDispose]: stop };
}

async function serve(
  http: HttpServer,
  { servers, supervisors = [], groups = {}, title = 'genws', token, redact = hideAll, logger }: InspectorOptions,
  path: string,
  url: () => string,
): Promise<Inspector> {
  const access = new Access(token);
  const pages = new Pages(path, access);
  const sources = {
    servers: new Map(Object.entries(servers)),
    supervisors,
    groups: new Map(Object.entries(groups)),
  };
  const all = new Observatory(sources, redact, title);
  const shared = { server: http, logger, compress: true, maxConnections: maxPages, limits: { maxMessage: 65_536 } };
  const authorize = gateOf(access);
  const [live, stately] = await Promise.all([
    listen({ ...shared, path: `${path}/live`, subprotocols: ['genws.inspector'], authorize, handler: feedOf(all) }),
    listen({ ...shared, path: `${path}/stately`, authorize, handler: statelyFeedOf(all) }),
  ]);
  const release = intercept(http, pages);
  const stop = async (): Promise<void> => {
    release();
    all.history.stop();
    await Promise.all([live.stop(), stately.stop()]);
  };
  return { url: url(), stop, [Symbol.asyncDispose]: stop };
}

/** The same rules as for the page. */
const gateOf =
  (access: Access) =>
  ({ headers, host, peer }: Parameters<Parameters<typeof listen>[0]['authorize'] & object>[0]): unknown => {
    const named = { host, origin: headers.joined('origin'), cookie: headers.joined('cookie') };
    const via = Object.fromEntries(['forwarded', 'x-forwarded-for', 'via'].map((name) => [name, headers.joined(name)]));
    const decision = access.decide({ headers: { ...named, ...via }, address: peer?.address });
    return decision === 'welcome' ? undefined : deny(decision === 'unknown' ? 401 : 403);
  };

/** Requests for the page do not get to whoever else answers requests. */
function intercept(http: HttpServer, pages: Pages): () => void {
  const others = http.listeners('request');
  const listener: RequestListener = (request, response) => {
    if (pages.isAt(request)) pages.serve(request, response);
    else for (const other of others) Reflect.apply(other, http, [request, response]);
  };
  http.removeAllListeners('request').on('request', listener);
  return () => {
    http.off('request', listener);
    for (const other of others) Reflect.apply(http.on, http, ['request', other]);
  };
}
