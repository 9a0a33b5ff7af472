import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { scrollToRow, virtualWindow } from '../../sessions/virtual-window.ts';
import { usePage } from '../page-context.ts';
import { hasModifier, isWriting } from '../shortcuts.ts';
import { useSize } from '../size.ts';
import { SessionCard } from './session-card.tsx';
import { SessionLine } from './session-line.tsx';
import { columnTemplate, TableHead, tableWidth } from './table-head.tsx';

/** Px; the style sheet knows them, too. */
const lineHeight = 28;
const cardHeight = 60;
const headHeight = 30;

/** Narrower than this, sessions are cards. */
const narrow = 640;

/** The sessions, of which those that are to be seen are in the document. */
export function SessionTable() {
  const { inspection, navigation } = usePage();
  const table = useRef<HTMLTableElement>(null);
  const size = useSize(table);
  const scrollTop = useSignal(0);
  const cursor = useSignal<string | undefined>(navigation.place.peek().session);
  const wantsFocus = useRef(false);
  inspection.sessionsVersion.value; // drawn anew with the list
  const now = inspection.now.value;
  const { shown, sorting, total } = inspection.sessions;

  const cards = size.width > 0 && size.width < narrow;
  const rowHeight = cards ? cardHeight : lineHeight;
  const height = Math.max(0, size.height - (cards ? 0 : headHeight));
  const part = virtualWindow(shown.length, rowHeight, scrollTop.value, height);

  /** The cursor moves by rows, and keeps to its session when rows move. */
  const move = (to: (index: number, last: number) => number) => {
    const { shown } = inspection.sessions;
    const index = shown.findIndex(({ row }) => row.id === cursor.peek());
    const next = Math.max(0, Math.min(shown.length - 1, to(index, shown.length - 1)));
    const element = table.current;
    const id = shown[next]?.row.id;
    if (element === null || id === undefined) return;
    cursor.value = id;
    element.scrollTop = scrollToRow(next, rowHeight, element.scrollTop, height);
    scrollTop.value = element.scrollTop;
    wantsFocus.current = true;
  };

  const press = (event: KeyboardEvent) => {
    if (event.defaultPrevented || hasModifier(event) || isWriting(event.target)) return;
    const { target } = event;
    // A row that has the focus may leave the document; the keys work on.
    const own = target === document.body || (target instanceof Element && target.closest('tr[data-session]') !== null);
    const page = Math.max(1, Math.floor(height / rowHeight) - 1);
    if (event.key === 'j' || (own && event.key === 'ArrowDown')) move((index) => index + 1);
    else if (event.key === 'k' || (own && event.key === 'ArrowUp')) move((index) => index - 1);
    else if (own && event.key === 'PageDown') move((index) => index + page);
    else if (own && event.key === 'PageUp') move((index) => index - page);
    else if (own && event.key === 'Home') move(() => 0);
    else if (own && event.key === 'End') move((_, last) => last);
    else if (own && event.key === 'Enter' && cursor.peek() !== undefined) navigation.open(cursor.peek() ?? '');
    else return;
    event.preventDefault();
  };
  useLayoutEffect(() => {
    if (!wantsFocus.current) return;
    wantsFocus.current = false;
    table.current?.querySelector<HTMLElement>('tr[data-cursor="true"]')?.focus({ preventScroll: true });
  });
  const latestPress = useRef(press);
  latestPress.current = press;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => latestPress.current(event);
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, []);

  // Who comes back from a session goes on where it is in the table.
  const arrived = useRef(false);
  useLayoutEffect(() => {
    if (arrived.current || height === 0 || inspection.sessions.shown.length === 0) return;
    arrived.current = true;
    if (cursor.peek() !== undefined && document.activeElement === document.body) move((index) => index);
  });

  const open = (id: string) => {
    cursor.value = id;
    navigation.open(id);
  };
  const seen = shown.slice(part.first, part.end);
  const cursorSeen = seen.some(({ row }) => row.id === cursor.value);
  const Line = cards ? SessionCard : SessionLine;
  return (
    <div class="table-place">
      <table
        ref={table}
        class="table"
        data-cards={cards}
        aria-label="Sessions"
        aria-rowcount={shown.length + 1}
        data-testid="sessions"
        style={{ '--columns': columnTemplate, '--table-width': `${tableWidth}px` }}
        onScroll={({ currentTarget }) => {
          scrollTop.value = currentTarget.scrollTop;
        }}
      >
        {!cards && <TableHead sorting={sorting} onSort={(next) => inspection.sortBy(next)} />}
        <tbody style={{ height: `${part.total}px`, paddingTop: `${part.offset}px` }}>
          {seen.map((entry, index) => (
            <Line
              key={entry.row.id}
              entry={entry}
              now={now}
              place={part.first + index}
              cursor={entry.row.id === cursor.value}
              reachable={entry.row.id === cursor.value || (!cursorSeen && index === 0)}
              open={entry.row.id === navigation.place.value.session}
              onReach={(id) => {
                cursor.value = id;
              }}
              onOpen={open}
            />
          ))}
        </tbody>
      </table>
      {shown.length === 0 && <Nothing total={total} />}
    </div>
  );
}

function Nothing({ total }: { readonly total: number }) {
  const { inspection } = usePage();
  const filtered = inspection.filter.value.trim() !== '';
  return (
    <div class="nothing">
      <p>{filtered && total > 0 ? 'No session matches the filter.' : 'No session yet.'}</p>
      <p class="quiet">
        {filtered && total > 0 ? 'Escape in the filter empties it.' : 'They come up here as they connect.'}
      </p>
    </div>
  );
}
