import { describe, expect, it } from 'vitest';
import { columnOf, columns, sortedBy } from './column.ts';
import { SessionEntry } from './session-entry.ts';
import { sessionRow } from './session-row.fixture.ts';

describe('the columns of the table', () => {
  it('are each known by an id, with a text for every session', () => {
    const row = sessionRow('7', { groups: ['a', 'b'], compressed: true, suspended: true, since: 0, bytesIn: 1500 });
    const texts = new Map(columns.map(({ id, text }) => [id, text(row, 61_000)]));
    expect(texts.size).toBe(columns.length);
    expect(Object.fromEntries(texts)).toMatchObject({
      ...{ id: '7', groups: 'a, b', compressed: 'yes', state: 'suspended', uptime: '1m 01s', bytesIn: '1.5 kB' },
      ...{ subprotocol: '', mailbox: '0' },
    });
    expect(columnOf('elsewhere')).toBeUndefined();
  });

  it('are sorted by what they mean, not by how it is written', () => {
    const value = (id: string, parts: Parameters<typeof sessionRow>[1]) =>
      columnOf(id)?.value(new SessionEntry(sessionRow('7', parts), 0, 0), 0);
    expect(value('uptime', { since: 5 })).toBe(-5);
    expect(value('state', { state: 'closing' })).toBe(2);
    expect(value('subprotocol', {})).toBeUndefined();
    expect(value('groups', { groups: [] })).toBeUndefined();
  });

  it('turn round when sorted by again, and begin with what one looks for', () => {
    const byPeer = sortedBy({ column: 'uptime', direction: -1 }, 'peer');
    expect(byPeer).toEqual({ column: 'peer', direction: 1 });
    expect(sortedBy(byPeer, 'peer')).toEqual({ column: 'peer', direction: -1 });
    expect(sortedBy(byPeer, 'bytesIn')).toEqual({ column: 'bytesIn', direction: -1 });
  });
});
