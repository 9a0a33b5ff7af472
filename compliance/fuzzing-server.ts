import type { Case } from './case.ts';
import type { Pace } from './run/pace.ts';
import { type CaseResult, handshakeFailure, runCase } from './run/run-case.ts';
import { Connection } from './wire/connection.ts';
import { Journal } from './wire/journal.ts';
import { Listener, type ListenerOptions, type Visitor } from './wire/listener.ts';
import type { Opened } from './wire/opened.ts';

export interface FuzzingServerOptions extends Omit<ListenerOptions, 'patience'> {
  /** Default 0: the system picks one. */
  readonly port?: number | undefined;
  readonly cases: readonly Case[];
  readonly pace: Pace;
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
  readonly #listener: Listener;
  readonly #results = new Map<string, CaseResult[]>();

  private constructor(options: FuzzingServerOptions) {
    this.#options = options;
    const { pace, tls, http2 } = options;
    this.#listener = new Listener({ tls, http2, patience: pace.patience }, (visitor) => this.#serve(visitor));
  }

  static async listen(options: FuzzingServerOptions): Promise<FuzzingServer> {
    const server = new FuzzingServer(options);
    await server.#listener.listen(options.port);
    return server;
  }

  get url(): string {
    return this.#listener.url;
  }

  /** What is known of a client so far, in the order of the cases. */
  resultsOf(agent: string): readonly CaseResult[] {
    return (this.#results.get(agent) ?? []).filter((result) => result !== undefined);
  }

  close(): void {
    this.#listener.close();
  }

  async #serve(visitor: Visitor): Promise<void> {
    const url = new URL(visitor.target, 'ws://suite');
    if (url.pathname === '/runCase') await this.#runCase(visitor, url.searchParams);
    else await this.#answer(visitor, url);
  }

  async #runCase(visitor: Visitor, query: URLSearchParams): Promise<void> {
    const { cases } = this.#options;
    const played = cases[Number(query.get('case')) - 1];
    if (played === undefined) return visitor.refuse(404);
    const result = await this.#play(played, visitor);
    const agent = query.get('agent') ?? 'unnamed';
    const results = this.#results.get(agent) ?? [];
    results[cases.indexOf(played)] = result;
    this.#results.set(agent, results);
  }

  async #play(played: Case, visitor: Visitor): Promise<CaseResult> {
    let opened: Opened;
    try {
      opened = visitor.accept(played.deflate ?? []);
    } catch (error) {
      visitor.refuse(400);
      return handshakeFailure(played, error instanceof Error ? error.message : String(error));
    }
    return await runCase(played, opened, { role: 'server', pace: this.#options.pace });
  }

  /** Everything but a case: one message perhaps, and a close frame. */
  async #answer(visitor: Visitor, { pathname, searchParams }: URL): Promise<void> {
    const text = await this.#textFor(pathname, searchParams);
    const { socket, handshake } = visitor.accept([]);
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
