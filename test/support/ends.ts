import type { Duplex } from 'node:stream';
import {
  type ConnectOptions,
  connect,
  createMemoryTransports,
  type DeflateOptions,
  type Handler,
  type Session,
  type SessionSettings,
} from 'genws';
import { certificate } from './certificate.ts';
import { startFakeServer, switching } from './fake-server.ts';
import { roles } from './memory-session.ts';
import { serveAnswer } from './negotiation.ts';
import type { RawConnection } from './raw-connection.ts';
import { startRawHttp2Server } from './raw-http2.ts';
import { schemes } from './serving.ts';
import { rawTransport } from './transport-stream.ts';
import { serveOver } from './wire-server.ts';
import { isHttp2, isSecure, type Wire } from './wires.ts';

type Role = (typeof roles)[number];

/** Our side and the scheme, for `describe.each`. */
export const sides = roles.flatMap((role) => schemes.map(({ scheme, secure }) => ({ role, scheme, secure })));

export interface SocketOptions<State, Info> extends SessionSettings {
  /** Our side; the raw peer plays the other. */
  readonly role: Role;
  /** What is between the two. Default: TCP. */
  readonly wire?: Wire;
  /** Over TLS, where no `wire` is given. */
  readonly secure?: boolean;
  readonly handler: Handler<State, Info>;
  /** Whether compression is wanted on our side, and how. */
  readonly compress?: DeflateOptions | undefined;
  /** The extensions that the peer offers, or answers with when it is the server. */
  readonly extensions?: readonly string[];
  /** Lays a way to the server's port: the port to connect to. Default: no detour. In memory there is none. */
  readonly detour?: (port: number) => Promise<number>;
}

/** The two ends of a connection. */
export interface Ends<Info> {
  /** Our side. */
  readonly role: Role;
  readonly connection: RawConnection<Duplex>;
  readonly session: Session<Info>;
  /** The extensions that were agreed on. */
  readonly agreed: string | undefined;
  readonly stop: () => Promise<void>;
}

/** Connect a session of ours, as `listen` and `connect` do, and a raw peer. */
export function openEnds<State, Info>(options: SocketOptions<State, Info>): Promise<Ends<Info>> {
  if (options.wire === 'memory' && options.detour !== undefined) throw new TypeError('there is no way through memory');
  return options.role === 'server' ? beServed(options) : beCalled(options);
}

const silent = (): void => {};
const direct = async (port: number): Promise<number> => port;

async function beServed<State, Info>({
  secure = false,
  wire = secure ? 'tls' : 'tcp',
  extensions,
  detour = direct,
  ...options
}: SocketOptions<State, Info>): Promise<Ends<Info>> {
  const served = await serveOver<State, Info>(wire, { logger: silent, ...options });
  const { server } = served;
  const { connection, agreed } = await served.connect({ extensions, port: await detour(server.port) });
  const [session] = server.sessions.children();
  if (session === undefined) throw new Error('no session has begun');
  return { role: 'server', connection, session, agreed, stop: () => server.stop({ deadline: 0 }) };
}

/** A raw server that a client of ours is to connect to. */
interface Callee extends AsyncDisposable {
  readonly port: number;
  /** Answer the client as it should be. */
  answer(): Promise<RawConnection<Duplex>>;
}

async function beCalled<State, Info>({
  secure = false,
  wire = secure ? 'tls' : 'tcp',
  extensions = [],
  detour = direct,
  ...options
}: SocketOptions<State, Info>): Promise<Ends<Info>> {
  const agreed = extensions.length === 0 ? undefined : extensions.join(', ');
  const settings: ConnectOptions<State, Info, undefined> & { handlerOpts: undefined } = {
    logger: silent,
    ...options,
    handlerOpts: undefined,
  };
  if (wire === 'memory') {
    const [transport, far] = createMemoryTransports();
    const connection = rawTransport(far);
    const connecting = connect('ws://in.memory', { ...settings, transport });
    await connection.write(switching(await connection.head(), ...extensions.map(extensionLine)));
    const session = await connecting;
    const kill = async (): Promise<void> => void session.stop();
    return { role: 'client', connection, session, agreed, stop: kill };
  }
  const callee = await (isHttp2(wire)
    ? startHttp2Callee(isSecure(wire), agreed)
    : startCallee(isSecure(wire), extensions));
  const url = `${isSecure(wire) ? 'wss' : 'ws'}://127.0.0.1:${await detour(callee.port)}`;
  const tls = { ca: (await certificate()).cert };
  const connecting = connect(url, { ...settings, tls, http2: isHttp2(wire) });
  const [connection, session] = await Promise.all([callee.answer(), connecting]);
  const stopBoth = async (): Promise<void> => {
    await callee[Symbol.asyncDispose]();
    session.stop(); // who does not read does not hear that the peer has gone
  };
  return { role: 'client', connection, session, agreed, stop: stopBoth };
}

const extensionLine = (extension: string): string => `Sec-WebSocket-Extensions: ${extension}`;

async function startCallee(secure: boolean, extensions: readonly string[]): Promise<Callee> {
  const server = await startFakeServer({ secure });
  return { ...server, answer: async () => (await serveAnswer(server, extensions)).peer };
}

async function startHttp2Callee(secure: boolean, agreed: string | undefined): Promise<Callee> {
  const server = await startRawHttp2Server(secure);
  const headers = agreed === undefined ? {} : { 'sec-websocket-extensions': agreed };
  return { ...server, answer: async () => (await server.accept(headers)).connection };
}
