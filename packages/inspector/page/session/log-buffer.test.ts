import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../src/protocol.ts';
import { keptLines, LogBuffer } from './log-buffer.ts';

const entry = (at: number): LogEntry => ({ at, kind: 'event', name: 'info' });

describe('the log', () => {
  it('keeps the latest thousand lines', () => {
    const log = new LogBuffer();
    for (let batch = 0; batch < 30; batch++) {
      log.add({ entries: Array.from({ length: 100 }, (_, index) => entry(batch * 100 + index)), lost: 0 });
    }
    expect(log.items).toHaveLength(keptLines);
    expect(log.items[0]?.entry?.at).toBe(2000);
    expect(log.items.at(-1)?.number).toBe(2999);
  });

  it('says where lines are missing, before those that came after', () => {
    const log = new LogBuffer();
    log.add({ entries: [entry(1)], lost: 0 });
    log.add({ entries: [entry(2)], lost: 17 });
    expect(log.items.map(({ entry, lost }) => entry?.at ?? { lost })).toEqual([1, { lost: 17 }, 2]);
  });

  it('stays the same list when nothing has come', () => {
    const log = new LogBuffer();
    log.add({ entries: [entry(1)], lost: 0 });
    const { items } = log;
    log.add({ entries: [], lost: 0 });
    expect(log.items).toBe(items);
    log.clear();
    expect(log.items).toEqual([]);
  });
});
