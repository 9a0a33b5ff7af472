import type { Case } from '../case.ts';
import type { Behavior } from '../verdict.ts';
import { Connection } from '../wire/connection.ts';
import type { Handshake } from '../wire/handshake.ts';
import { Journal, type JournalEntry } from '../wire/journal.ts';
import type { Opened } from '../wire/opened.ts';
import { CaseRun } from './case-run.ts';
import { type ClosingVerdict, judgeClosing } from './judge-closing.ts';
import type { Pace } from './pace.ts';

/** What came of a case. */
export interface CaseResult extends ClosingVerdict {
  readonly id: string;
  readonly behavior: Behavior;
  /** What has happened that the behaviour is judged by, in words. */
  readonly seen: readonly string[];
  /** ms. */
  readonly duration: number;
  /** The status code of the peer's close frame. */
  readonly remoteCloseCode: number | null;
  /** The heads of the handshake, ours and the peer's. */
  readonly handshake: Pick<Handshake, 'request' | 'response'> | undefined;
  readonly wire: readonly JournalEntry[];
}

/** Play a case with a peer with which the handshake is done, and judge it. */
export async function runCase(
  chosen: Case,
  { socket, handshake }: Opened,
  { role, pace }: { readonly role: 'client' | 'server'; readonly pace: Pace },
): Promise<CaseResult> {
  const { agreement, rest, request, response } = handshake;
  const journal = new Journal();
  const connection = new Connection(socket, { role, agreement, rest, journal });
  const played = chosen.deflate !== undefined && agreement === undefined ? { ...chosen, ...declined } : chosen;
  const run = new CaseRun(played, connection, pace);
  await run.play();
  connection.dispose();
  return {
    id: played.id,
    behavior: run.trace.behavior,
    seen: run.trace.seen,
    ...judgeClosing(played.closing, connection),
    duration: Math.round(journal.elapsed),
    remoteCloseCode: connection.peerClose?.code ?? null,
    handshake: { request, response },
    wire: journal.entries,
  };
}

/** What is left of a case about an extension that the peer has declined: a closing handshake. */
const declined = {
  steps: [],
  outcomes: [{ behavior: 'UNIMPLEMENTED', trace: [] }],
  closing: { by: 'us', codes: [1000] },
} as const;

/** The result of a case that did not get as far as a WebSocket. */
export const handshakeFailure = ({ id }: Case, reason: string): CaseResult => ({
  id,
  behavior: 'FAILED',
  behaviorClose: 'FAILED',
  resultClose: 'There was no connection to close.',
  seen: [reason],
  duration: 0,
  remoteCloseCode: null,
  handshake: undefined,
  wire: [],
});
