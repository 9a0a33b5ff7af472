import type { SessionRow } from '../../src/protocol.ts';
import { formatBytes, formatCount, formatDuration } from '../text/format.ts';
import type { SessionEntry } from './session-entry.ts';
import type { SortKey } from './sort-key.ts';

/** A column of the table of sessions. */
export interface Column {
  readonly id: ColumnId;
  readonly label: string;
  /** What the label is short for. */
  readonly meaning: string;
  /** Px; what is left over goes to the columns of texts. */
  readonly width: number;
  readonly numeric: boolean;
  /** Sorts with the greatest first when chosen. */
  readonly greatestFirst: boolean;
  /** Changes by itself, without news of the session. */
  readonly fades: boolean;
  readonly value: (entry: SessionEntry, now: number) => SortKey;
  readonly text: (row: SessionRow, now: number) => string;
}

export type ColumnId =
  | 'state'
  | 'id'
  | 'peer'
  | 'path'
  | 'transport'
  | 'subprotocol'
  | 'compressed'
  | 'messagesIn'
  | 'messagesOut'
  | 'messageRate'
  | 'bytesIn'
  | 'bytesOut'
  | 'byteRate'
  | 'mailbox'
  | 'buffered'
  | 'uptime'
  | 'groups'
  | 'handler'
  | 'server';

const stateOrder = { ready_wait: 0, open: 1, closing: 2, closed: 3 } as const;

function texts(id: ColumnId, label: string, width: number, value: (row: SessionRow) => string | undefined): Column {
  return {
    id,
    label,
    meaning: label,
    width,
    numeric: false,
    greatestFirst: false,
    fades: false,
    value: ({ row }) => value(row) || undefined,
    text: (row) => value(row) ?? '',
  };
}

function numbers(
  id: ColumnId,
  label: string,
  meaning: string,
  width: number,
  value: (row: SessionRow) => number,
  format: (value: number) => string,
): Column {
  return {
    id,
    label,
    meaning,
    width,
    numeric: true,
    greatestFirst: true,
    fades: false,
    value: ({ row }) => value(row),
    text: (row) => format(value(row)),
  };
}

function rates(id: ColumnId, label: string, meaning: string, both: 'messages' | 'bytes'): Column {
  return {
    id,
    label,
    meaning,
    width: 80,
    numeric: false,
    greatestFirst: true,
    fades: true,
    value: ({ rates }, now) => rates.recent(`${both}In`, now) + rates.recent(`${both}Out`, now),
    text: () => '',
  };
}

/** All of them, as they stand from left to right. */
export const columns: readonly Column[] = [
  {
    ...texts('state', 'State', 98, (row) => (row.suspended ? 'suspended' : row.state)),
    value: ({ row }) => stateOrder[row.state] + (row.suspended ? 0.5 : 0),
  },
  texts('id', 'Id', 66, (row) => row.id),
  texts('peer', 'Peer', 146, (row) => row.peer),
  texts('path', 'Path', 84, (row) => row.path),
  numbers('messagesIn', 'Msgs in', 'Messages in', 66, (row) => row.messagesIn, formatCount),
  numbers('messagesOut', 'Msgs out', 'Messages out', 68, (row) => row.messagesOut, formatCount),
  rates('messageRate', 'Msg/s', 'Messages a second, in above and out below, over the last minute', 'messages'),
  numbers('bytesIn', 'Bytes in', 'Bytes in', 70, (row) => row.bytesIn, formatBytes),
  numbers('bytesOut', 'Bytes out', 'Bytes out', 72, (row) => row.bytesOut, formatBytes),
  rates('byteRate', 'B/s', 'Bytes a second, in above and out below, over the last minute', 'bytes'),
  numbers('mailbox', 'Mailbox', 'Messages waiting for the handler', 64, (row) => row.mailbox, formatCount),
  numbers('buffered', 'Buffered', 'Bytes waiting to be sent', 70, (row) => row.buffered, formatBytes),
  {
    ...numbers('uptime', 'Up', 'Uptime', 72, (row) => -row.since, String),
    text: (row, now) => formatDuration(now - row.since),
  },
  texts('transport', 'Via', 42, (row) => row.transport),
  texts('subprotocol', 'Subprotocol', 86, (row) => row.subprotocol),
  texts('compressed', 'Deflate', 60, (row) => (row.compressed ? 'yes' : undefined)),
  texts('groups', 'Groups', 76, (row) => row.groups.join(', ')),
  texts('handler', 'Handler', 68, (row) => row.handler),
  texts('server', 'Server', 56, (row) => row.server),
];

const byId: ReadonlyMap<string, Column> = new Map(columns.map((column) => [column.id, column]));

/** A column by its id; the table is not sorted by what does not exist. */
export function columnOf(id: string): Column | undefined {
  return byId.get(id);
}

export interface Sorting {
  readonly column: ColumnId;
  readonly direction: 1 | -1;
}

/** Sorting by a column: again by the same turns it round. */
export function sortedBy(current: Sorting, id: ColumnId): Sorting {
  if (current.column === id) return { column: id, direction: current.direction === 1 ? -1 : 1 };
  return { column: id, direction: columnOf(id)?.greatestFirst ? -1 : 1 };
}
