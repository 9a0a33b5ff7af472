import { processInfo, type Session } from '@genws/session';
import type { SessionRow } from './protocol.ts';

const none: readonly string[] = [];

/** A session as a row of the table. */
export function rowOf(session: Session<never>, server: string, groups: readonly string[] = none): SessionRow {
  const { uptime, peer, dropped: _, ...info } = processInfo(session);
  const { path, subprotocol, compression } = session.request;
  return {
    ...info,
    server,
    peer: peer && `${peer.address}:${peer.port}`,
    path,
    suspended: session.getSnapshot().context.suspended,
    subprotocol,
    compressed: compression !== undefined,
    since: Math.round((Date.now() - uptime) / 1000) * 1000,
    groups,
  };
}

/** Whether the table would look the same. */
export function looksTheSame(one: SessionRow, other: SessionRow): boolean {
  return (
    one.state === other.state &&
    one.messagesIn === other.messagesIn &&
    one.messagesOut === other.messagesOut &&
    one.bytesIn === other.bytesIn &&
    one.bytesOut === other.bytesOut &&
    one.mailbox === other.mailbox &&
    one.buffered === other.buffered &&
    one.memory === other.memory &&
    one.suspended === other.suspended &&
    one.handler === other.handler &&
    one.groups.join() === other.groups.join()
  );
}
