import type { TargetedKeyboardEvent } from 'preact';
import type { SessionEntry } from '../../sessions/session-entry.ts';
import { markOf } from '../state-mark.tsx';

/** What a row of the table is told, whatever it looks like. */
export interface SessionRowProps {
  readonly entry: SessionEntry;
  readonly now: number;
  /** Which of the rows it is, from 0. */
  readonly place: number;
  /** Whether it is the row that keys act upon. */
  readonly cursor: boolean;
  /** Whether Tab comes here: one row of all. */
  readonly reachable: boolean;
  readonly open: boolean;
  readonly onReach: (id: string) => void;
  readonly onOpen: (id: string) => void;
}

/** What the rows have in common: how they are found, reached and opened. */
export function rowAttributes({ entry, place, cursor, reachable, open, onReach, onOpen }: SessionRowProps) {
  const { id } = entry.row;
  return {
    'data-session': id,
    'data-cursor': cursor,
    'data-mark': markOf(entry.row),
    'aria-rowindex': place + 2,
    'aria-current': open,
    tabIndex: reachable ? 0 : -1,
    onClick: () => onOpen(id),
    onFocus: () => onReach(id),
    onKeyDown: (event: TargetedKeyboardEvent<HTMLElement>) => {
      if (event.key !== 'Enter') return;
      event.preventDefault();
      onOpen(id);
    },
  };
}
