import {
  defineHandler,
  type Handler,
  listen,
  type Report,
  type Server,
  type SessionRef,
  type UpgradeOptions,
} from 'genws';
import { Inbox } from './inbox.ts';
import { ManualClock } from './manual-clock.ts';
import { closeFrame, openRaw, openWebSocket, type RequestOverrides, upgradeRequest } from './raw-client.ts';
import type { RawConnection } from './raw-connection.ts';
import { fromClient, type RawFrame } from './raw-frame.ts';
import { plainFrame } from './raw-peer.ts';
import { recordReports } from './recording.ts';
import { listenWith } from './serving.ts';

/** A handler's server, whose sessions keep a time that passes only when the test says so. */
export interface ServedOptions<State, Info> extends UpgradeOptions<State, Info, unknown> {
  /** Over TLS. */
  readonly secure: boolean;
}

/** A raw client of a server, and its session there. */
export class Visitor implements Disposable {
  readonly connection: RawConnection;
  readonly session: SessionRef;

  constructor(connection: RawConnection, session: SessionRef) {
    this.connection = connection;
    this.session = session;
  }

  /** Send frames, one write for all of them. */
  send(...frames: readonly RawFrame[]): Promise<void> {
    return this.connection.write(Buffer.concat(frames.map(fromClient)));
  }

  /** Send text messages, one write for all of them. */
  say(...texts: readonly string[]): Promise<void> {
    return this.send(...texts.map((payload) => ({ opcode: 1, payload })));
  }

  /** Send a close frame; a bare one without a code. */
  close(code?: number, reason?: string): Promise<void> {
    return code === undefined ? this.send({ opcode: 8 }) : this.connection.write(closeFrame(code, reason));
  }

  /** The next frame, in plain form. */
  async next(): Promise<string> {
    return plainFrame(await this.connection.frame());
  }

  /** The next `count` frames, in plain form. */
  async take(count: number): Promise<string[]> {
    const taken: string[] = [];
    while (taken.length < count) taken.push(await this.next());
    return taken;
  }

  /** Answer the close frame that has come, and see that the server then ends the connection. */
  async leave(): Promise<void> {
    await this.close(1000);
    const rest = await this.connection.rest();
    if (rest.length > 0) throw new Error(`more came after the close frame: ${rest.toString('hex')}`);
    await this.connection.closed;
  }

  [Symbol.dispose](): void {
    this.connection[Symbol.dispose]();
  }
}

/** A running server, and what a test holds of it. */
export class Served<Info> implements AsyncDisposable {
  readonly server: Server<Info>;
  readonly clock: ManualClock;
  readonly reports: Report[];
  readonly #secure: boolean;
  readonly #sessions: Inbox<SessionRef>;

  constructor(parts: {
    readonly server: Server<Info>;
    readonly clock: ManualClock;
    readonly reports: Report[];
    readonly secure: boolean;
    readonly sessions: Inbox<SessionRef>;
  }) {
    this.server = parts.server;
    this.clock = parts.clock;
    this.reports = parts.reports;
    this.#secure = parts.secure;
    this.#sessions = parts.sessions;
  }

  get where() {
    return { port: this.server.port, secure: this.#secure };
  }

  /** Open a WebSocket. One at a time: sessions are told apart by their order. */
  async visit(request: RequestOverrides = {}): Promise<Visitor> {
    return new Visitor(await openWebSocket(this.where, request), await this.#sessions.next());
  }

  /** Open a WebSocket with frames in the packet of the request; the answer to the request has been read. */
  async visitWith(frames: readonly RawFrame[], request: RequestOverrides = {}): Promise<Visitor> {
    const connection = await openRaw(this.where);
    await connection.write(Buffer.concat([Buffer.from(upgradeRequest(request)), ...frames.map(fromClient)]));
    const { startLine } = await connection.head();
    if (!startLine.startsWith('HTTP/1.1 101 ')) throw new Error(`no WebSocket: ${startLine}`);
    return new Visitor(connection, await this.#sessions.next());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server.stop({ deadline: 0 });
  }
}

/** Serve a handler on a free port of the local machine. */
export async function serve<State, Info = unknown>({
  secure,
  handler,
  ...options
}: ServedOptions<State, Info>): Promise<Served<Info>> {
  const { logger, reports } = recordReports();
  const clock = new ManualClock();
  const sessions = new Inbox<SessionRef>();
  const counted: Handler<State, Info> = defineHandler<State, Info>({
    ...handler,
    init(request, opts, self) {
      sessions.push(self);
      return handler.init(request, opts, self);
    },
  });
  const server = await listen<State, Info, unknown>({
    ...(await listenWith(secure)),
    logger,
    clock,
    ...options,
    handler: counted,
  });
  return new Served({ server, clock, reports, secure, sessions });
}
