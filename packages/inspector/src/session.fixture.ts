import { setImmediate } from 'node:timers/promises';
import { type DynamicSupervisor, startDynamicSupervisor } from '@genws/actor';
import {
  createMemoryTransports,
  defineHandler,
  type Handler,
  type Session,
  type SessionRequest,
  startSession,
} from '@genws/session';
import { type Frame, HeaderMap } from 'genws';
import type { Sources, WatchedServer } from './sources.ts';
import { hideAll, type Redact } from './values/plain.ts';

/** Lets everything be seen. */
export const showAll: Redact = (value) => value;

/** Hides everything. */
export { hideAll };

const silent = (): void => {};

/** Takes whatever comes. */
const listener = defineHandler<undefined, Frame>({
  init: () => ['ok', undefined],
  handleIn: () => ['ok', undefined],
  handleInfo: (frame) => ['reply', frame, undefined],
});

/** A session of a server and one of its client, with memory between them. */
export interface Pair<Info> {
  readonly session: Session<Info>;
  readonly client: Session<Frame>;
}

/** Start both, and let the client's handler hear what the server sends. */
export function startPair<State, Info>(
  handler: Handler<State, Info>,
  request: Partial<SessionRequest> = {},
  clientHandler: Handler<undefined, Frame> = listener,
): Pair<Info> {
  const [near, far] = createMemoryTransports();
  const common = { handlerOpts: undefined, logger: silent };
  const asked: SessionRequest = { method: 'GET', path: '/', headers: new HeaderMap(), ...request };
  const session = startSession<State, Info, unknown>({
    ...common,
    role: 'server',
    transport: near,
    handler,
    request: asked,
  });
  const client = startSession({ ...common, role: 'client', transport: far, handler: clientHandler, request: asked });
  session.send({ type: 'activate' });
  client.send({ type: 'activate' });
  return { session, client };
}

/** A session whose handler takes whatever comes. */
export const startQuiet = (request: Partial<SessionRequest> = {}): Session<Frame> =>
  startPair(listener, request).session;

/** Take in many sessions, whose peers say nothing. */
export function crowd(server: TestServer, count: number): Session<Frame>[] {
  const request: SessionRequest = { method: 'GET', path: '/', headers: new HeaderMap() };
  return Array.from({ length: count }, () => {
    const [transport] = createMemoryTransports();
    const options = { role: 'server', transport, handler: listener, handlerOpts: undefined, request } as const;
    const session = server.add(startSession<undefined, Frame, unknown>({ ...options, logger: silent }));
    session.send({ type: 'activate' });
    return session;
  });
}

/** A server, as the inspector knows one: a supervisor of sessions. */
export interface TestServer extends WatchedServer {
  readonly sessions: DynamicSupervisor<Session<never>>;
  /** Take in a session. */
  add<Info>(session: Session<Info>): Session<Info>;
}

/** A server without sessions. */
export function createServer(): TestServer {
  const sessions = startDynamicSupervisor<Session<never>>({ logger: silent });
  return {
    sessions,
    add: (session) => sessions.startChild(() => session),
    getSnapshot: () => sessions.getSnapshot(),
    subscribe: (observer) => sessions.subscribe(observer),
    stop: () => sessions.stop(),
  };
}

/** Sources with one server, `main`, unless there are others. */
export function sourcesOf(parts: {
  readonly servers?: Readonly<Record<string, WatchedServer>>;
  readonly supervisors?: Sources['supervisors'];
  readonly groups?: Readonly<Record<string, Iterable<object>>>;
}): Sources {
  const { servers = {}, supervisors = [], groups = {} } = parts;
  return { servers: new Map(Object.entries(servers)), supervisors, groups: new Map(Object.entries(groups)) };
}

/** Resolves when everything that is under way in memory has arrived and been dealt with. */
export async function quiet(): Promise<void> {
  for (let round = 0; round < 5; round++) await setImmediate();
}
