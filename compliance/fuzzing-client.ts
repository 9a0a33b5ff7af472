import type { Case } from './case.ts';
import type { Pace } from './run/pace.ts';
import { type CaseResult, handshakeFailure, runCase } from './run/run-case.ts';
import { type Dialer, Http1Dialer, Http2Dialer } from './wire/dialer.ts';
import type { Opened } from './wire/opened.ts';

export interface FuzzingClientOptions {
  /** Of the server under test: `ws:` or `wss:`. Its certificate may be anybody's. */
  readonly url: URL;
  /**
   * Over HTTP/2 (RFC 8441), a stream of one connection for each case; without TLS by prior knowledge. Default: HTTP/1.1.
   */
  readonly http2?: boolean | undefined;
  readonly cases: readonly Case[];
  readonly pace: Pace;
  /** Cases at the same time. */
  readonly concurrency: number;
}

/** Test a server. Results are in the order of the cases. */
export async function fuzzServer({
  url,
  http2,
  cases,
  pace,
  concurrency,
}: FuzzingClientOptions): Promise<CaseResult[]> {
  using dialer = http2 ? new Http2Dialer(url) : new Http1Dialer(url);
  const results: CaseResult[] = [];
  const queue = cases.entries();
  const work = async (): Promise<void> => {
    for (const [at, played] of queue) results[at] = await playAgainst(played, dialer, pace);
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return results;
}

async function playAgainst(played: Case, dialer: Dialer, pace: Pace): Promise<CaseResult> {
  let opened: Opened;
  try {
    opened = await dialer.open(played.deflate ?? [], pace.patience);
  } catch (error) {
    return handshakeFailure(played, error instanceof Error ? error.message : String(error));
  }
  return await runCase(played, opened, { role: 'client', pace });
}
