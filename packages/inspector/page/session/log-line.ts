import type { LogEntry } from '../../src/protocol.ts';
import { formatBytes, formatExactTime, formatMilliseconds } from '../text/format.ts';
import { plainText } from '../text/plain-text.ts';
import { visibleText } from '../text/visible-text.ts';
import type { LogItem } from './log-buffer.ts';

export const logKinds = ['in', 'out', 'event', 'call', 'timer', 'state'] as const satisfies readonly LogEntry['kind'][];

/** The texts of lines, worked out when they are first wanted: the same lines are looked through again and again. */
const texts = new WeakMap<LogItem, string>();

/** What a line says beyond its kind, as one text. */
function content({ name, size, duration, failed, value }: LogEntry): string {
  const parts = [visibleText(name)];
  if (size !== undefined) parts.push(formatBytes(size));
  if (duration !== undefined) parts.push(formatMilliseconds(duration));
  if (failed) parts.push('failed');
  if (value !== undefined) parts.push(plainText(value));
  return parts.join('  ');
}

/** A line as text, to be searched and copied: `14:03:22.071  in     text  5 B  "hello"`. */
export function logLine(item: LogItem): string {
  let text = texts.get(item);
  if (text === undefined) {
    text = item.entry
      ? `${formatExactTime(item.entry.at)}  ${item.entry.kind.padEnd(5)}  ${content(item.entry)}`
      : leftOut(item.lost);
    texts.set(item, text);
  }
  return text;
}

/** How the log says that there was more. */
export function leftOut(lost: number): string {
  return `${lost.toLocaleString('en')} left out`;
}

/** Which lines are shown. */
export interface LogFilter {
  readonly hidden: ReadonlySet<LogEntry['kind']>;
  readonly text: string;
}

/** The lines that a filter lets through. Where lines are missing is always said. */
export function filterLog(items: readonly LogItem[], { hidden, text }: LogFilter): readonly LogItem[] {
  if (hidden.size === 0 && text === '') return items;
  const wanted = text.toLowerCase();
  return items.filter(
    (item) =>
      item.entry === undefined ||
      (!hidden.has(item.entry.kind) && (wanted === '' || logLine(item).toLowerCase().includes(wanted))),
  );
}
