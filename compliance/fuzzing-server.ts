import { type AddressInfo, createServer, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import type { Case } from './case.ts';
import type { Pace } from './run/pace.ts';
import { type CaseResult, handshakeFailure, runCase } from './run/run-case.ts';
import { Connection } from './wire/connection.ts';
import { type Handshake, shakeHandsAsServer } from './wire/handshake.ts';
import { type HttpHead, readHead } from './wire/http-head.ts';
import { Journal } from './wire/journal.ts';

export interface FuzzingServerOptions {
  readonly cases: readonly Case[];
  readonly pace: Pace;
  /** Default 0: the system picks one. */
  readonly port?: number | undefined;
  /** Serve `wss:` with this. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
  /** Called when a client has asked for its reports; it waits until they are written. */
  readonly onReports?: ((agent: string, results: readonly CaseResult[]) => Promise<void> | void) | undefined;
}

const textFrame = (text: string) => ({ fin: true, rsv: 0, opcode: 1, payload: Buffer.from(text) });
const normalClose = { fin: true, rsv: 0, opcode: 8, payload: Buffer.of(0x03, 0xe8) };

/**
 * Tests clients, at the reference suite's URLs, with cases counted from 1:
 *
 * - `/getCaseCount` sends how many cases there are.
 * - `/getCaseInfo?case=N` sends `{ id, description }`.
 * - `/runCase?case=N&agent=A` plays a case.
 * - `/getCaseStatus?case=N&agent=A` sends `{ behavior }`.
 * - `/updateReports?agent=A` has the reports written.
 *
 * All but `/runCase` end with a close frame of the server.
 */
export class FuzzingServer {
  readonly #options: FuzzingServerOptions;
  readonly #server: Server;
  readonly #results = new Map<string, CaseResult[]>();

  private constructor(options: FuzzingServerOptions) {
    this.#options = options;
    const serve = (socket: Duplex): void => void this.#serve(socket);
    this.#server =
      options.tls === undefined
        ? createServer({ noDelay: true }, serve)
        : createTlsServer({ ...options.tls, noDelay: true }, serve);
  }

  static async listen(options: FuzzingServerOptions): Promise<FuzzingServer> {
    const server = new FuzzingServer(options);
    const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
    server.#server.once('error', reject).listen(options.port ?? 0, 'localhost', resolve);
    await listening;
    return server;
  }

  get url(): string {
    const address: AddressInfo | string | null = this.#server.address();
    const port = typeof address === 'object' ? address?.port : address;
    return `${this.#options.tls === undefined ? 'ws' : 'wss'}://localhost:${port}`;
  }

  /** What is known of a client so far, in the order of the cases. */
  resultsOf(agent: string): readonly CaseResult[] {
    return (this.#results.get(agent) ?? []).filter((result) => result !== undefined);
  }

  close(): void {
    this.#server.close();
  }

  async #serve(socket: Duplex): Promise<void> {
    socket.on('error', () => {}); // whoever reads hears of it
    try {
      const request = await readHead(socket, this.#options.pace.patience);
      const url = new URL(request.startLine.split(' ')[1] ?? '', 'ws://suite');
      if (url.pathname === '/runCase') await this.#runCase(socket, request, url.searchParams);
      else await this.#answer(socket, request, url);
    } catch {
      socket.destroy();
    }
  }

  async #runCase(socket: Duplex, request: HttpHead, query: URLSearchParams): Promise<void> {
    const { cases, pace } = this.#options;
    const played = cases[Number(query.get('case')) - 1];
    if (played === undefined) return void socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
    const result = await this.#play(played, socket, request, pace);
    const agent = query.get('agent') ?? 'unnamed';
    const results = this.#results.get(agent) ?? [];
    results[cases.indexOf(played)] = result;
    this.#results.set(agent, results);
  }

  async #play(played: Case, socket: Duplex, request: HttpHead, pace: Pace): Promise<CaseResult> {
    let handshake: Handshake;
    try {
      handshake = shakeHandsAsServer(socket, request, played.deflate ?? []);
    } catch (error) {
      socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
      return handshakeFailure(played, error instanceof Error ? error.message : String(error));
    }
    return await runCase(played, socket, { role: 'server', handshake, pace });
  }

  /** Everything but a case: one message perhaps, and a close frame. */
  async #answer(socket: Duplex, request: HttpHead, { pathname, searchParams }: URL): Promise<void> {
    const text = await this.#textFor(pathname, searchParams);
    const handshake = shakeHandsAsServer(socket, request, []);
    const connection = new Connection(socket, { role: 'server', ...handshake, journal: new Journal() });
    const frames = text === undefined ? [normalClose] : [textFrame(text), normalClose];
    await connection.send(frames, 'together');
    const patience = setTimeout(() => connection.drop('destroy'), this.#options.pace.patience);
    while (!connection.over) await connection.changed;
    clearTimeout(patience);
    connection.drop('end');
  }

  async #textFor(path: string, query: URLSearchParams): Promise<string | undefined> {
    const { cases, onReports } = this.#options;
    const played = cases[Number(query.get('case')) - 1];
    const agent = query.get('agent') ?? 'unnamed';
    switch (path) {
      case '/getCaseCount':
        return String(cases.length);
      case '/getCaseInfo':
        return JSON.stringify({ id: played?.id, description: played?.title });
      case '/getCaseStatus': {
        const result = this.resultsOf(agent).find(({ id }) => id === played?.id);
        return JSON.stringify({ behavior: result?.behavior ?? null });
      }
      case '/updateReports':
        await onReports?.(agent, this.resultsOf(agent));
        return undefined;
      default:
        return undefined;
    }
  }
}
