import { type CloseFrame, describeIllegalFrame } from '@genws/protocol';
import type { OutboundFrame } from './command.ts';
import type { SendOutcome } from './event.ts';
import type { SessionRef } from './session-ref.ts';

/**
 * Send a frame, or several in order. A close frame among them begins the closing handshake and ends the list.
 *
 * What leaves in one turn of the event loop leaves in one write. Throws `TypeError` for what is no frame, before
 * anything is sent.
 *
 * @returns what became of them; `closed` and `congested` frames are not sent
 */
export function send(session: SessionRef<never>, frames: OutboundFrame | readonly OutboundFrame[]): SendOutcome {
  const list = isList(frames) ? frames : [frames];
  for (const frame of list) {
    const illegal = describeIllegalFrame(frame);
    if (illegal !== undefined) throw new TypeError(illegal);
  }
  if (session.getSnapshot().status !== 'active') return 'closed';
  const receipt: { outcome: SendOutcome } = { outcome: 'queued' };
  session.send({ type: 'send', frames: list, receipt });
  return receipt.outcome;
}

/**
 * Begin the closing handshake (RFC 6455 §7.1.2); the session ends with reason `normal` when the peer has answered. The
 * first call counts. A code that may not be sent becomes 1002, a reason is cut to 123 bytes.
 *
 * Throws `TypeError` when the code is no number or the reason no string.
 *
 * @param code default 1000
 */
export function close(session: SessionRef<never>, code = 1000, reason = ''): void {
  const frame: CloseFrame = { type: 'close', code, reason };
  const illegal = describeIllegalFrame(frame);
  if (illegal !== undefined) throw new TypeError(illegal);
  session.send({ type: 'close', frame });
}

/**
 * End a session now, with reason `shutdown`: the peer gets 1001 and its answer is not waited for. A session that is
 * closing already loses its connection at once.
 *
 * @param reason what `terminate` is told
 */
export function stop(session: SessionRef<never>, reason: unknown = undefined): void {
  session.send({ type: 'stop', reason });
}

const isList = (frames: OutboundFrame | readonly OutboundFrame[]): frames is readonly OutboundFrame[] =>
  Array.isArray(frames);
