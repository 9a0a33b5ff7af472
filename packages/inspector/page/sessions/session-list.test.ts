import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SessionRow } from '../../src/protocol.ts';
import { columns } from './column.ts';
import { SessionList } from './session-list.ts';
import { sessionRow } from './session-row.fixture.ts';

const at = 1_700_000_100_000;
const ids = (list: SessionList) => list.shown.map(({ row }) => row.id);

function listOf(...rows: readonly SessionRow[]): SessionList {
  const list = new SessionList();
  list.beginWatch();
  list.apply({ rows, gone: [], total: rows.length }, at);
  return list;
}

describe('the list of sessions', () => {
  it('begins with the longest there, and takes in what is new, what has changed and what is gone', () => {
    const list = listOf(sessionRow('b', { since: 20 }), sessionRow('a', { since: 10 }));
    expect(ids(list)).toEqual(['a', 'b']);
    list.apply({ rows: [sessionRow('c', { since: 15 })], gone: ['a'], total: 2 }, at);
    expect(ids(list)).toEqual(['c', 'b']);
    expect(list.total).toBe(2);
    expect(list.find('a')).toBeUndefined();
  });

  it('keeps rows in order that change while it is sorted by what changes', () => {
    const list = listOf(sessionRow('a', { mailbox: 1 }), sessionRow('b', { mailbox: 3 }), sessionRow('c'));
    list.sortBy({ column: 'mailbox', direction: -1 }, at);
    expect(ids(list)).toEqual(['b', 'a', 'c']);
    list.apply({ rows: [sessionRow('c', { mailbox: 2 })], gone: [], total: 3 }, at);
    expect(ids(list)).toEqual(['b', 'c', 'a']);
  });

  it('sorts by rates that fade without news', () => {
    const list = listOf(sessionRow('a'), sessionRow('b'));
    list.sortBy({ column: 'messageRate', direction: -1 }, at);
    list.apply({ rows: [sessionRow('b', { messagesIn: 5 })], gone: [], total: 2 }, at + 900);
    list.fade(at + 1500);
    expect(ids(list)).toEqual(['b', 'a']);
    list.fade(at + 60_000);
    expect(ids(list)).toEqual(['a', 'b']);
  });

  it('filters what is there and what comes', () => {
    const list = listOf(sessionRow('a', { path: '/chat' }), sessionRow('b', { path: '/echo' }));
    list.filterBy('echo /e');
    expect(ids(list)).toEqual(['b']);
    const changed = [sessionRow('a', { path: '/echo' }), sessionRow('b', { path: '/other' })];
    list.apply({ rows: changed, gone: [], total: 2 }, at);
    expect(ids(list)).toEqual(['a']);
    list.filterBy('');
    expect(ids(list)).toEqual(['a', 'b']);
  });

  it('counts the states of all, also of those that are filtered out', () => {
    const list = listOf(sessionRow('a', { suspended: true }), sessionRow('b', { state: 'closing' }), sessionRow('c'));
    list.filterBy('nothing');
    expect(list.counts).toEqual({ ready_wait: 0, open: 2, closing: 1, closed: 0, suspended: 1 });
  });

  it('drops after a reconnect what is not told of any more, when all has been told', () => {
    const list = listOf(sessionRow('a'), sessionRow('b'), sessionRow('c'));
    list.beginWatch();
    list.apply({ rows: [sessionRow('b')], gone: [], total: 2 }, at);
    expect(ids(list)).toEqual(['a', 'b', 'c']);
    list.apply({ rows: [sessionRow('d')], gone: [], total: 2 }, at);
    expect(ids(list)).toEqual(['b', 'd']);
  });

  it('keeps after a pause what is not told of again, when the process tells only what has changed', () => {
    const list = listOf(sessionRow('a'), sessionRow('b'), sessionRow('c'));
    list.beginWatch();
    list.apply({ rows: [sessionRow('b', { mailbox: 1 })], gone: ['c'], total: 2 }, at);
    expect(ids(list)).toEqual(['a', 'b']);
  });

  it('does not take what was counted while nobody watched for a rate', () => {
    const list = listOf(sessionRow('a'));
    list.beginWatch();
    list.apply({ rows: [sessionRow('a', { messagesIn: 1_000_000 })], gone: [], total: 1 }, at + 5000);
    expect(list.find('a')?.rates.recent('messagesIn', at + 6000)).toBe(0);
  });

  it('is, after any updates, what sorting and filtering everything at once would make of it', () => {
    const row = fc.record({
      id: fc.integer({ min: 0, max: 12 }).map(String),
      mailbox: fc.integer({ min: 0, max: 3 }),
      path: fc.constantFrom('/a', '/b', undefined),
      groups: fc.subarray(['x', 'y']),
    });
    const update = fc.record({ rows: fc.array(row), gone: fc.array(fc.integer({ min: 0, max: 12 }).map(String)) });
    const sorting = fc.record({
      column: fc.constantFrom(...columns.map(({ id }) => id)),
      direction: fc.constantFrom(1 as const, -1 as const),
    });
    fc.assert(
      fc.property(sorting, fc.constantFrom('', 'x', '/a'), fc.array(update), (sorting, filter, updates) => {
        const list = new SessionList();
        list.sortBy(sorting, at);
        list.filterBy(filter);
        const known = new Map<string, SessionRow>();
        for (const { rows, gone } of updates) {
          const distinct = rows.map(({ id, ...parts }) => sessionRow(id, parts));
          for (const row of distinct) known.set(row.id, row);
          for (const id of gone) known.delete(id);
          list.apply({ rows: distinct, gone, total: known.size }, at);
        }
        const incremental = ids(list);
        list.sortBy(sorting, at);
        list.filterBy(filter);
        expect(incremental).toEqual(ids(list));
        expect(list.shown.map(({ row }) => row)).toEqual(list.shown.map(({ row }) => known.get(row.id)));
      }),
    );
  });
});
