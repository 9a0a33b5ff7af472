import type { Report, ReportLevel } from '@genws/actor';
import { CloseCode, type CloseFrame, describeViolation, violations } from '@genws/protocol';
import type { SessionEvent } from './event.ts';
import type { SessionErrorKind, SessionExit } from './reason.ts';
import { describePeer, type PeerAddress } from './transport.ts';

const kinds = new Map<number, SessionErrorKind>([
  [CloseCode.invalidPayload, 'badEncoding'],
  [CloseCode.messageTooBig, 'tooBig'],
  [CloseCode.policyViolation, 'policy'],
]);

/** Why a session ends that this event ends. */
export function exitFor(event: SessionEvent): SessionExit {
  switch (event.type) {
    case 'close':
      return event.exit ?? { type: 'normal' };
    case 'stop':
      return { type: 'shutdown', reason: event.reason };
    case 'handler.stopped':
      return { type: 'stop', reason: event.reason };
    case 'handler.closed':
      return { type: 'stop', reason: event.frame };
    case 'handler.crashed':
    case 'hook.crashed':
      return { type: 'crash', callback: event.callback, error: event.error };
    case 'peer.closed': {
      const { code, reason } = event.frame;
      return code === undefined ? { type: 'remote' } : { type: 'remote', code, reason: reason ?? '' };
    }
    case 'peer.violated': {
      const { violation } = event;
      return { type: 'error', error: kinds.get(violations[violation.code].closeCode) ?? 'badFrame', violation };
    }
    case 'peer.stalled':
      return { type: 'error', error: 'slowConsumer' };
    case 'mailbox.overflowed':
      return { type: 'error', error: 'mailboxFull' };
    case 'transport.ended':
    case 'transport.closed':
      return { type: 'error', error: 'closed' };
    case 'transport.error':
      return { type: 'transportError', cause: event.error };
    case 'timeout.silent':
      return { type: 'timeout', timeout: 'idle' };
    case 'timeout.unanswered':
      return { type: 'timeout', timeout: 'heartbeat' };
    case 'timeout.init':
      return { type: 'timeout', timeout: 'init' };
    case 'timeout.close':
      return { type: 'timeout', timeout: 'close' };
    default:
      return { type: 'normal' };
  }
}

/** The close frame that tells the peer of this event (RFC 6455 §5.5.1, §7.4.1). */
export function closeFrameFor(event: SessionEvent): CloseFrame {
  switch (event.type) {
    case 'close':
    case 'handler.closed':
      return event.frame;
    case 'handler.stopped':
      return { type: 'close', code: CloseCode.normal };
    case 'handler.crashed':
    case 'hook.crashed':
      return { type: 'close', code: CloseCode.internalError, reason: 'internal error' };
    case 'peer.closed': {
      const { code } = event.frame;
      return code === undefined ? { type: 'close' } : { type: 'close', code };
    }
    case 'peer.violated': {
      const { closeCode, text } = violations[event.violation.code];
      return { type: 'close', code: closeCode, reason: text };
    }
    case 'peer.stalled':
      return { type: 'close', code: CloseCode.tryAgainLater, reason: 'slow consumer' };
    case 'mailbox.overflowed':
      return { type: 'close', code: CloseCode.tryAgainLater, reason: 'mailbox full' };
    case 'timeout.silent':
      return { type: 'close', code: CloseCode.goingAway, reason: 'idle timeout' };
    case 'timeout.unanswered':
      return { type: 'close', code: CloseCode.goingAway, reason: 'heartbeat timeout' };
    case 'timeout.init':
      return { type: 'close', code: CloseCode.internalError, reason: 'init timeout' };
    default:
      return { type: 'close', code: CloseCode.goingAway };
  }
}

/** A peer that vanishes is everyday; one that breaks the protocol is worth a line; a limit of ours is worth a look. */
const levels = new Map<SessionEvent['type'], ReportLevel>([
  ['transport.error', 'debug'],
  ['peer.violated', 'info'],
]);

/** The report of an event that has ended a session, if anybody should know. */
export function endingReport(
  event: SessionEvent,
  { id, peer }: { readonly id: string; readonly peer: PeerAddress | undefined },
): Report | undefined {
  const text = reportText(event);
  if (text === undefined) return undefined;
  const fields = { session: id, peer: describePeer(peer) };
  return { level: levels.get(event.type) ?? 'warn', event: `session.${event.type}`, text, fields };
}

/** What is worth a line in the log: what a peer did wrong, and what ran into a limit. */
function reportText(event: SessionEvent): string | undefined {
  switch (event.type) {
    case 'peer.violated':
      return describeViolation(event.violation);
    case 'transport.error':
      return event.error.message;
    case 'peer.stalled':
      return 'the peer does not read: maxBuffered reached';
    case 'mailbox.overflowed':
      return 'the handler is too slow: maxMailbox reached';
    case 'timeout.init':
      return 'init did not settle in time';
    default:
      return undefined;
  }
}
