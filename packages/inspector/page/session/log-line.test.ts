import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../src/protocol.ts';
import { filterLog, logLine } from './log-line.ts';

const at = new Date(2026, 0, 2, 3, 4, 5, 67).getTime();
const item = (number: number, entry: Partial<LogEntry>) =>
  ({ number, entry: { at, kind: 'event', name: 'info', ...entry } }) as const;

const lines = [
  item(0, { kind: 'in', name: 'text', size: 5, value: { type: 'text', value: 'Hello\u0000' } }),
  item(1, { kind: 'call', name: 'handleIn', duration: 0.12, failed: true }),
  { number: 2, lost: 1200 } as const,
  item(3, { kind: 'state', name: 'closing.handshake' }),
];

describe('a line of the log', () => {
  it('is a line of text, without anything unseen in it', () => {
    expect(lines.map(logLine)).toEqual([
      '03:04:05.067  in     text  5 B  "Hello␀"',
      '03:04:05.067  call   handleIn  0.12 ms  failed',
      '1,200 left out',
      '03:04:05.067  state  closing.handshake',
    ]);
  });

  it('is found by kind and by text, and what is missing is not hidden', () => {
    const numbers = (hidden: readonly LogEntry['kind'][], text: string) =>
      filterLog(lines, { hidden: new Set(hidden), text }).map(({ number }) => number);
    expect(numbers([], '')).toEqual([0, 1, 2, 3]);
    expect(numbers(['in', 'call'], '')).toEqual([2, 3]);
    expect(numbers([], 'HELLO')).toEqual([0, 2]);
    expect(numbers(['in'], 'hello')).toEqual([2]);
  });
});
