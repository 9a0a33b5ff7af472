import {
  connect,
  type DeflateOptions,
  type Handler,
  listen,
  type Server,
  type Session,
  type SessionExit,
  type SessionSettings,
  stop,
} from 'genws';
import { certificate } from './certificate.ts';
import { startFakeServer } from './fake-server.ts';
import { roles } from './memory-session.ts';
import { serveAnswer } from './negotiation.ts';
import { openRaw, upgradeRequest } from './raw-client.ts';
import type { RawConnection, WireFrame } from './raw-connection.ts';
import { type RawFrame, rawFrame, someKey } from './raw-frame.ts';
import { plainFrame } from './raw-peer.ts';
import { roundTrip } from './round-trip.ts';
import { listenWith, schemes } from './serving.ts';

type Role = (typeof roles)[number];

/** Our side and the scheme, for `describe.each`. */
export const sides = roles.flatMap((role) => schemes.map(({ scheme, secure }) => ({ role, scheme, secure })));

export interface SocketOptions<State, Info> extends SessionSettings {
  /** Our side; the raw peer plays the other. */
  readonly role: Role;
  readonly secure?: boolean;
  readonly handler: Handler<State, Info>;
  /** Whether compression is wanted on our side, and how. */
  readonly compress?: DeflateOptions | undefined;
  /** The extensions that the peer offers, or answers with when it is the server. */
  readonly extensions?: readonly string[];
  /** Lays a way to the server's port: the port to connect to. Default: no detour. */
  readonly detour?: (port: number) => Promise<number>;
}

/** The two ends of a connection over a real socket. */
export interface Ends<Info> {
  /** Our side. */
  readonly role: Role;
  readonly connection: RawConnection;
  readonly session: Session<Info>;
  /** The extensions that were agreed on. */
  readonly agreed: string | undefined;
  readonly stop: () => Promise<void>;
}

/** The raw peer of a session of ours, over a real socket: it answers nothing. */
export class SocketPeer<Info> implements AsyncDisposable {
  readonly connection: RawConnection;
  readonly session: Session<Info>;
  readonly #masks: boolean;
  readonly #stop: () => Promise<void>;

  constructor({ role, connection, session, stop }: Ends<Info>) {
    this.connection = connection;
    this.session = session;
    this.#masks = role === 'server';
    this.#stop = stop;
  }

  /** A frame as this peer sends it. */
  encode(frame: RawFrame): Buffer {
    return rawFrame(this.#masks ? { key: someKey, ...frame } : frame);
  }

  /** Send frames as they are, in one write. */
  send(...frames: readonly RawFrame[]): Promise<void> {
    return this.connection.write(Buffer.concat(frames.map((frame) => this.encode(frame))));
  }

  /** Send messages, in one write: strings as text, bytes as binary. */
  async say(...messages: readonly (string | Uint8Array)[]): Promise<void> {
    await this.send(...messages.map((payload) => ({ opcode: typeof payload === 'string' ? 1 : 2, payload })));
  }

  /** Do not read from here on. */
  pause(): void {
    this.connection.socket.pause();
  }

  /** Read on. */
  resume(): void {
    this.connection.socket.resume();
  }

  /** Resolves when what was written has gone where it can, and this process has had the time to read it. */
  async settled(): Promise<void> {
    const { socket } = this.connection;
    let before = -1;
    while (socket.writableLength !== before) {
      before = socket.writableLength;
      await roundTrip();
    }
  }

  /** The next frame. */
  read(): Promise<WireFrame> {
    return this.connection.frame();
  }

  /** The same in plain form: `text hello`, `close 1000 bye`. */
  async hear(): Promise<string> {
    return plainFrame(await this.read());
  }

  /** The next `count` frames in plain form. */
  async hearAll(count: number): Promise<string[]> {
    const heard: string[] = [];
    while (heard.length < count) heard.push(await this.hear());
    return heard;
  }

  /** The code of the close frame that has to come next, and why the session has ended. */
  async ending(): Promise<{ readonly code: number | undefined; readonly exit: SessionExit }> {
    const code = await this.connection.closeCode();
    this.connection.end();
    return { code, exit: await this.session.exited() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.connection[Symbol.dispose]();
    await this.#stop();
  }
}

/** Connect a session of ours and a raw peer. */
export const openSocket = async <State, Info>(options: SocketOptions<State, Info>): Promise<SocketPeer<Info>> =>
  new SocketPeer(await openEnds(options));

/** The same for who has a peer of another kind. */
export const openEnds = <State, Info>(options: SocketOptions<State, Info>): Promise<Ends<Info>> =>
  options.role === 'server' ? beServed(options) : beCalled(options);

const silent = (): void => {};
const direct = async (port: number): Promise<number> => port;

async function beServed<State, Info>({
  secure = false,
  extensions,
  detour = direct,
  ...options
}: SocketOptions<State, Info>): Promise<Ends<Info>> {
  const server: Server<Info> = await listen({ logger: silent, ...(await listenWith(secure)), ...options });
  const connection = await openRaw({ port: await detour(server.port), secure });
  await connection.write(upgradeRequest({ headers: { 'Sec-WebSocket-Extensions': extensions } }));
  const agreed = (await connection.head()).headers.get('sec-websocket-extensions');
  const [session] = server.sessions.children();
  if (session === undefined) throw new Error('no session has begun');
  return { role: 'server', connection, session, agreed, stop: () => server.stop({ deadline: 0 }) };
}

async function beCalled<State, Info>({
  secure = false,
  extensions = [],
  detour = direct,
  ...options
}: SocketOptions<State, Info>): Promise<Ends<Info>> {
  const server = await startFakeServer({ secure });
  const tls = { ca: (await certificate()).cert };
  const url = new URL(server.url);
  url.port = `${await detour(server.port)}`;
  const connecting = connect(url, { logger: silent, ...options, tls });
  const [{ peer: connection }, session] = await Promise.all([serveAnswer(server, extensions), connecting]);
  const end = async (): Promise<void> => {
    await server[Symbol.asyncDispose]();
    stop(session); // who does not read does not hear of it
    await session.exited();
  };
  const agreed = extensions.length === 0 ? undefined : extensions.join(', ');
  return { role: 'client', connection, session, agreed, stop: end };
}
