import type { TargetedKeyboardEvent } from 'preact';
import type { LogEntry } from '../../../src/protocol.ts';
import type { LogItem } from '../../session/log-buffer.ts';
import { leftOut } from '../../session/log-line.ts';
import { formatBytes, formatExactTime, formatMilliseconds, formatTime } from '../../text/format.ts';
import { plainText } from '../../text/plain-text.ts';
import { Visible } from '../visible.tsx';

/** Each kind has a sign of its own. */
export const kindSigns: Readonly<Record<LogEntry['kind'], string>> = {
  in: '↓',
  out: '↑',
  event: '•',
  call: 'ƒ',
  timer: '◷',
  state: '◆',
};

interface LogLineProps {
  readonly item: LogItem;
  readonly selected: boolean;
  /** Whether Tab comes here: one line of all. */
  readonly reachable: boolean;
  readonly onReach: (number: number) => void;
  readonly onMove: (step: 1 | -1) => void;
  readonly onSelect: (number: number) => void;
}

type LogKeyEvent = TargetedKeyboardEvent<HTMLTableRowElement>;

/** A line of the log; what more there is to a value is shown when the line is chosen. */
export function LogLine({ item, selected, reachable, onReach, onMove, onSelect }: LogLineProps) {
  const { entry, number } = item;
  if (entry === undefined) {
    return (
      <tr class="log-line lost">
        <td>{leftOut(item.lost)}</td>
      </tr>
    );
  }
  const press = (event: LogKeyEvent) => {
    if (event.key === 'Enter') onSelect(number);
    else if (event.key === 'ArrowDown') onMove(1);
    else if (event.key === 'ArrowUp') onMove(-1);
    else return;
    event.preventDefault();
  };
  const { at, kind, name, size, duration, failed, value } = entry;
  const measure = size === undefined ? duration && formatMilliseconds(duration) : formatBytes(size);
  return (
    <tr
      class="log-line"
      data-kind={kind}
      data-failed={failed ?? false}
      aria-current={selected}
      tabIndex={reachable ? 0 : -1}
      onClick={() => onSelect(number)}
      onFocus={() => onReach(number)}
      onKeyDown={press}
    >
      <td class="log-time">
        {formatTime(at)}
        <span class="fine">{formatExactTime(at).slice(formatTime(at).length)}</span>
      </td>
      <td class="log-kind">
        <span aria-hidden="true">{kindSigns[kind]}</span> <span class="fine">{kind}</span>
      </td>
      <td class="log-name">
        <Visible text={name} />
      </td>
      <td class="log-preview">{value !== undefined && <bdi>{plainText(value, 240)}</bdi>}</td>
      <td class="log-measure">
        {measure}
        {failed && ' failed'}
      </td>
    </tr>
  );
}
