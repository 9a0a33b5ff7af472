import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { LogItem } from '../../session/log-buffer.ts';
import { scrollToRow, virtualWindow } from '../../sessions/virtual-window.ts';
import { useSize } from '../size.ts';
import { LogLine } from './log-line.tsx';

/** Px; the style sheet knows it, too. */
const lineHeight = 22;

interface LogLinesProps {
  readonly items: readonly LogItem[];
  readonly selected: number | undefined;
  readonly onSelect: (number: number | undefined) => void;
}

/** The lines. The latest is in sight, unless somebody has scrolled away or chosen one. */
export function LogLines({ items, selected, onSelect }: LogLinesProps) {
  const table = useRef<HTMLTableElement>(null);
  const { height } = useSize(table);
  const scrollTop = useSignal(0);
  /** The line at the top and how much of it is above; `undefined` while the latest is followed. */
  const anchor = useRef<{ readonly number: number; readonly above: number } | undefined>(undefined);

  // Lines come at the end and go at the beginning: what is being read stays where it is.
  useLayoutEffect(() => {
    const { current } = table;
    if (current === null || height === 0) return;
    const held = anchor.current;
    const place = held === undefined ? -1 : items.findIndex(({ number }) => number >= held.number);
    current.scrollTop = held === undefined || place === -1 ? current.scrollHeight : place * lineHeight + held.above;
  }, [items, height]);

  const scrolled = (element: HTMLTableElement) => {
    scrollTop.value = element.scrollTop;
    const following = element.scrollTop + element.clientHeight >= element.scrollHeight - lineHeight / 2;
    const top = items[Math.floor(element.scrollTop / lineHeight)];
    anchor.current =
      following || top === undefined ? undefined : { number: top.number, above: element.scrollTop % lineHeight };
  };

  /** The line with the focus: keys go on from there. */
  const reached = useSignal<number | undefined>(undefined);
  const move = (step: 1 | -1) => {
    const index = items.findIndex(({ number }) => number === reached.peek());
    const next = Math.max(0, Math.min(items.length - 1, index + step));
    const { current } = table;
    if (current === null) return;
    reached.value = items[next]?.number;
    current.scrollTop = scrollToRow(next, lineHeight, current.scrollTop, height);
    scrolled(current);
    wantsFocus.current = true;
  };
  const wantsFocus = useRef(false);
  useLayoutEffect(() => {
    if (!wantsFocus.current) return;
    wantsFocus.current = false;
    table.current?.querySelector<HTMLElement>('tr[tabindex="0"]')?.focus({ preventScroll: true });
  });

  const part = virtualWindow(items.length, lineHeight, scrollTop.value, height);
  const seen = items.slice(part.first, part.end);
  const reachable = seen.find(({ number }) => number === reached.value) ?? seen.findLast(({ entry }) => entry);
  return (
    <div class="log-place">
      <table
        ref={table}
        class="log-lines"
        data-testid="log"
        aria-label="What happens to the session"
        aria-rowcount={items.length}
        onScroll={({ currentTarget }) => scrolled(currentTarget)}
      >
        <tbody style={{ height: `${part.total}px`, paddingTop: `${part.offset}px` }}>
          {seen.map((item) => (
            <LogLine
              key={item.number}
              item={item}
              selected={item.number === selected}
              reachable={item === reachable}
              onReach={(number) => {
                reached.value = number;
              }}
              onMove={move}
              onSelect={(number) => onSelect(number === selected ? undefined : number)}
            />
          ))}
        </tbody>
      </table>
      {items.length === 0 && <p class="nothing quiet">Nothing has happened since you look.</p>}
    </div>
  );
}
