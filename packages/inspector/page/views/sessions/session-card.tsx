import { formatCount, formatDuration } from '../../text/format.ts';
import { visibleText } from '../../text/visible-text.ts';
import { markOf, StateMark } from '../state-mark.tsx';
import { rowAttributes, type SessionRowProps } from './row-attributes.ts';
import { Sparkline } from './sparkline.tsx';

/** A session where there is no room for a row: what matters most, on two lines. */
export function SessionCard(props: SessionRowProps) {
  const { entry, now } = props;
  const { row, rates } = entry;
  const where = [row.peer, row.path].filter((text) => text !== undefined).map(visibleText);
  return (
    <tr class="card" {...rowAttributes(props)}>
      <td class="card-who">
        <span class="card-id">
          <StateMark mark={markOf(row)} word={false} />
          <b>{visibleText(row.id)}</b>
          <span class="quiet">{visibleText(row.handler ?? '')}</span>
        </span>
        <span class="card-where">{where.join(' ')}</span>
      </td>
      <td class="card-what">
        <span>
          {formatCount(row.messagesIn)} in, {formatCount(row.messagesOut)} out
        </span>
        <span class="card-rate">
          <Sparkline rates={rates} of="messages" now={now} />
          <span>{formatDuration(now - row.since)}</span>
        </span>
      </td>
    </tr>
  );
}
