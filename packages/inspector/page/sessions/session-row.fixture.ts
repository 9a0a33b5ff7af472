import type { SessionRow } from '../../src/protocol.ts';

/** A session that has just opened, but for what is said of it. */
export function sessionRow(id: string, parts: Partial<SessionRow> = {}): SessionRow {
  return {
    id,
    server: 'chat',
    peer: '127.0.0.1:50000',
    path: '/chat',
    state: 'open',
    suspended: false,
    transport: 'tcp',
    subprotocol: undefined,
    compressed: false,
    messagesIn: 0,
    messagesOut: 0,
    bytesIn: 0,
    bytesOut: 0,
    mailbox: 0,
    buffered: 0,
    memory: 0,
    since: 1_700_000_000_000,
    groups: [],
    handler: 'echo',
    ...parts,
  };
}
