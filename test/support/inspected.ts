import { setTimeout as wait } from 'node:timers/promises';
import { type Inspector, type InspectorOptions, mountInspector } from '@genws/inspector';
import {
  type ConnectOptions,
  connect,
  defineHandler,
  type Frame,
  type ListenOptions,
  listen,
  type Server,
  type Session,
  text,
} from 'genws';
import { certificate } from './certificate.ts';
import { plain } from './decoding.ts';
import { Inbox } from './inbox.ts';
import { LivePage } from './live-page.ts';

/** The ways from a browser to a server, for `describe.each`. */
export const ways = [
  { way: 'HTTP/1.1', http2: false, secure: false },
  { way: 'HTTP/1.1 with TLS', http2: false, secure: true },
  { way: 'HTTP/2 without TLS', http2: true, secure: false },
  { way: 'HTTP/2 with TLS', http2: true, secure: true },
] as const;

/** How an inspected server is reached. */
export interface Way {
  readonly http2?: boolean;
  readonly secure?: boolean;
}

/** Counts what it is told and sends it back; `fail` makes it throw. Messages of actors that are frames are sent. */
export const counting = defineHandler<{ count: number }, Frame | string>({
  name: 'counting',
  init: () => ['ok', { count: 0 }],
  handleIn(frame, { count }) {
    if (frame.type === 'text' && frame.data.startsWith('fail')) throw new Error(frame.data);
    return frame.type === 'text' ? ['reply', frame, { count: count + 1 }] : ['ok', { count }];
  },
  handleInfo: (message, state) => (typeof message === 'string' ? ['ok', state] : ['reply', message, state]),
});

/** A peer of an inspected server. */
export interface Peer {
  /** Its session there. */
  readonly session: Session<never>;
  /** What it hears, in plain form: `text hello`. */
  readonly heard: Inbox<string>;
  say(words: string): void;
  /** Why its own end has ended. */
  exited(): Promise<unknown>;
}

/** A server with an inspector on its port. */
export interface Inspected extends AsyncDisposable {
  readonly server: Server<Frame | string>;
  readonly inspector: Inspector;
  /** How a client connects. */
  readonly way: Pick<ConnectOptions<never, never, never>, 'http2' | 'tls'>;
  /** Connect a peer. One at a time. */
  peer(path?: string): Promise<Peer>;
  /** Open a page. */
  page(): Promise<LivePage>;
}

const silent = (): void => {};

/** Serve {@link counting}, and its inspector at `/inspector`. */
export async function startInspected(
  { http2 = false, secure = false }: Way = {},
  options: Partial<InspectorOptions> = {},
  listening: Partial<ListenOptions<{ count: number }, Frame | string, unknown>> = {},
): Promise<Inspected> {
  const tls = secure ? await certificate() : undefined;
  const server = await listen<{ count: number }, Frame | string, unknown>({
    ...{ host: '127.0.0.1', http2, tls, logger: silent, handler: counting },
    ...listening,
    handlerOpts: undefined,
    authorize: undefined,
  });
  const inspector = await mountInspector(server, { servers: { main: server }, logger: silent, ...options });
  const way = { http2, tls: { ca: tls?.cert } };
  return {
    server,
    inspector,
    way,
    async peer(path = '/') {
      const heard = new Inbox<string>();
      const handler = defineHandler<undefined, string>({
        init: () => ['ok', undefined],
        handleIn(frame) {
          heard.push(plain(frame));
          return ['ok', undefined];
        },
        handleInfo: (words) => ['reply', text(words), undefined],
      });
      const client = await connect(new URL(path, server.url), { ...way, handler, logger: silent });
      const session = [...server.sessions.children()].at(-1);
      if (session === undefined) throw new Error('the server has no session');
      const say = (message: string): void => client.send({ type: 'info', message });
      return { session, heard, say, exited: () => client.exited() };
    },
    page: () => LivePage.open(inspector.url, way),
    async [Symbol.asyncDispose]() {
      await inspector.stop();
      await server.stop({ deadline: 0 });
    },
  };
}

/** Look, again and again, until something is so. */
export async function eventually(look: () => boolean): Promise<void> {
  while (!look()) await wait(5);
}
