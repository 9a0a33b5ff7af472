import { type Column, columns } from '../../sessions/column.ts';
import type { SessionEntry } from '../../sessions/session-entry.ts';
import { visibleText } from '../../text/visible-text.ts';
import { markOf, StateMark } from '../state-mark.tsx';
import { rowAttributes, type SessionRowProps } from './row-attributes.ts';
import { Sparkline } from './sparkline.tsx';

/** A session as a row of the table. */
export function SessionLine(props: SessionRowProps) {
  const { entry, now } = props;
  return (
    <tr class="line" {...rowAttributes(props)}>
      {columns.map((column) => (
        <Cell key={column.id} column={column} entry={entry} now={now} />
      ))}
    </tr>
  );
}

interface CellProps {
  readonly column: Column;
  readonly entry: SessionEntry;
  readonly now: number;
}

function Cell({ column: { id, text, numeric }, entry, now }: CellProps) {
  if (id === 'state') {
    return (
      <td data-column={id}>
        <StateMark mark={markOf(entry.row)} />
      </td>
    );
  }
  if (id === 'messageRate' || id === 'byteRate') {
    return (
      <td data-column={id}>
        <Sparkline rates={entry.rates} of={id === 'messageRate' ? 'messages' : 'bytes'} now={now} />
      </td>
    );
  }
  const shown = visibleText(text(entry.row, now));
  return (
    <td
      data-column={id}
      data-numeric={numeric}
      data-zero={numeric && /^0\b/.test(shown)}
      title={numeric || shown === '' ? undefined : shown}
    >
      {shown}
    </td>
  );
}
