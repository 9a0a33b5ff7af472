import { describePeer, processInfo, type Session } from '@genws/session';
import type { SessionRow } from '../protocol.ts';
import { plainOf, type Redact } from '../values/plain.ts';

const none: readonly string[] = [];

/** Characters of a path. */
const longestPath = 200;

/** What a row is made from, beside the session. */
export interface RowSource {
  /** The server it belongs to. */
  readonly server: string;
  readonly groups?: readonly string[] | undefined;
  readonly redact: Redact;
  /** The row that there was before. */
  readonly before?: SessionRow | undefined;
}

/** A session as a row of the table. */
export function rowOf(session: Session<never>, { server, groups = none, redact, before }: RowSource): SessionRow {
  const { uptime, peer, dropped: _, ...info } = processInfo(session);
  const { path, subprotocol, compression } = session.request;
  return {
    ...info,
    server,
    peer: describePeer(peer),
    path: before === undefined ? path && shownPath(path, redact) : before.path,
    suspended: session.getSnapshot().context.suspended,
    subprotocol,
    compressed: compression !== undefined,
    since: Math.round((Date.now() - uptime) / 1000) * 1000,
    groups,
  };
}

function shownPath(target: string, redact: Redact): string {
  const [path = '', ...query] = target.split('?');
  if (query.length === 0) return cut(path);
  const shown = plainOf(query.join('?'), 'query', redact);
  return cut(`${path}?${shown.type === 'text' ? shown.value : '…'}`);
}

const cut = (path: string): string => (path.length > longestPath ? `${path.slice(0, longestPath)}…` : path);

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
