import { type Closing, noCode } from '../case.ts';
import type { BehaviorClose } from '../verdict.ts';
import type { Connection } from '../wire/connection.ts';

/** What is to be said of a connection's end. */
export interface ClosingVerdict {
  readonly behaviorClose: BehaviorClose;
  /** Why, in words. */
  readonly resultClose: string;
}

/** How a connection has ended. */
export type End = Pick<Connection, 'role' | 'closedBy' | 'droppedBy' | 'peerClose' | 'streamReset'>;

/** Judge the end of a connection (RFC 6455 §7). */
export function judgeClosing(closing: Closing, end: End): ClosingVerdict {
  if (closing.informational) return { behaviorClose: 'INFORMATIONAL', resultClose: describeEnd(end) };
  const fault = faultOf(closing, end);
  return fault ?? { behaviorClose: 'OK', resultClose: describeEnd(end) };
}

function faultOf(closing: Closing, end: End): ClosingVerdict | undefined {
  const { peerClose, droppedBy, role } = end;
  const due = `close ${closing.codes.map((code) => (code === noCode ? 'without code' : code)).join(' or ')}`;
  if (peerClose === undefined && droppedBy === 'peer') {
    if (closing.dropAllowed) return undefined;
    if (closing.by === 'us') return verdict('UNCLEAN', `The connection ended; ${due} was due.`);
    if (end.closedBy === undefined)
      return verdict('NON-STRICT', `The connection ended without a close frame; ${due} was due (§7.1.7).`);
  }
  if (closing.by === 'peer' && end.closedBy !== 'peer')
    return verdict('FAILED', `The peer did not fail the connection; ${due} was due.`);
  if (closing.by === 'us' && end.closedBy === 'peer')
    return verdict('FAILED', `The peer closed first, with ${codeOf(end)}.`);
  if (peerClose === undefined) return verdict('UNCLEAN', `No close frame came back; ${due} was due.`);
  if (!closing.codes.includes(peerClose.code ?? noCode)) {
    const without = peerClose.code === undefined;
    return verdict(without ? 'NON-STRICT' : 'WRONG CODE', `The close frame had ${codeOf(end)}; ${due} was due.`);
  }
  if (end.streamReset)
    return verdict('UNCLEAN', 'The stream was reset after the closing handshake; END_STREAM was due (RFC 8441 §5).');
  if (role === 'client' && droppedBy === 'us') {
    return verdict('FAILED BY CLIENT', 'The server left it to the client to end the connection (§7.1.1).');
  }
  return undefined;
}

const verdict = (behaviorClose: BehaviorClose, resultClose: string): ClosingVerdict => ({ behaviorClose, resultClose });

const codeOf = ({ peerClose }: End): string => (peerClose?.code === undefined ? 'no code' : `code ${peerClose.code}`);

function describeEnd({ closedBy, peerClose, droppedBy }: End): string {
  const who = closedBy === undefined ? 'Nobody closed' : `${closedBy === 'us' ? 'The suite' : 'The peer'} closed first`;
  const code =
    peerClose === undefined ? 'no close frame came' : `the peer’s close frame had ${peerClose.code ?? 'no code'}`;
  return `${who}, ${code}, ${droppedBy === 'us' ? 'the suite' : 'the peer'} ended the connection.`;
}
