import { connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { Case } from './case.ts';
import type { Pace } from './run/pace.ts';
import { type CaseResult, handshakeFailure, runCase } from './run/run-case.ts';
import { shakeHandsAsClient } from './wire/handshake.ts';

export interface FuzzingClientOptions {
  /** Of the server under test: `ws:` or `wss:`. Its certificate may be anybody's. */
  readonly url: URL;
  readonly cases: readonly Case[];
  readonly pace: Pace;
  /** Cases at the same time. */
  readonly concurrency: number;
}

/** Test a server. Results are in the order of the cases. */
export async function fuzzServer(options: FuzzingClientOptions): Promise<CaseResult[]> {
  const { cases, concurrency } = options;
  const results: CaseResult[] = [];
  const queue = cases.entries();
  const work = async (): Promise<void> => {
    for (const [at, played] of queue) results[at] = await playAgainst(played, options);
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return results;
}

async function playAgainst(played: Case, { url, pace }: FuzzingClientOptions): Promise<CaseResult> {
  const socket = dial(url);
  try {
    const handshake = await shakeHandsAsClient(socket, url, played.deflate ?? [], pace.patience);
    return await runCase(played, socket, { role: 'client', handshake, pace });
  } catch (error) {
    return handshakeFailure(played, error instanceof Error ? error.message : String(error));
  } finally {
    socket.destroy();
  }
}

function dial({ hostname, port, protocol }: URL): Duplex {
  const secure = protocol === 'wss:';
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const target = { host, port: Number(port) || (secure ? 443 : 80), noDelay: true };
  const socket = secure ? connectTls({ ...target, rejectUnauthorized: false }) : connectTcp(target);
  return socket.on('error', () => {}); // whoever reads hears of it
}
