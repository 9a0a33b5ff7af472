import { beforeEach, describe, expect, it } from 'vitest';
import type { LogEntry, PageMessage, SessionDetail, Update } from '../src/protocol.ts';
import { sessionChart } from './chart/chart.fixture.ts';
import { Inspection } from './inspection.ts';
import { sessionRow } from './sessions/session-row.fixture.ts';

let sent: PageMessage[];
let page: Inspection;

beforeEach(() => {
  sent = [];
  page = new Inspection(
    (message) => sent.push(message),
    (done) => done(),
  );
  page.feed.take({ type: 'hello', title: 'chat', servers: ['chat'], chart: sessionChart });
});

const update = (parts: Partial<Update>) => page.feed.take({ type: 'update', at: Date.now(), ...parts });
const told = (...ids: readonly string[]): Partial<Update> => ({
  sessions: { rows: ids.map((id) => sessionRow(id)), gone: [], total: ids.length },
});
const detail = (id: string): SessionDetail => ({ id, active: ['open'], state: undefined, exit: undefined });
const log = (name: string) => ({ entries: [{ at: 0, kind: 'event', name } satisfies LogEntry], lost: 0 });
const logged = () => page.log.value.map(({ entry }) => entry?.name);

describe('what the page knows', () => {
  it('is what it has been told, and it is ready for more after each update', () => {
    const before = page.sessionsVersion.value;
    update({ ...told('a', 'b'), groups: [{ name: 'lobby', size: 1, members: ['a'] }] });
    expect(page.sessions.shown.map(({ row }) => row.id)).toEqual(['a', 'b']);
    expect(page.sessions.complete).toBe(true);
    expect(page.sessionsVersion.value).toBeGreaterThan(before);
    expect(page.groups.value).toHaveLength(1);
    expect(sent).toEqual([{ type: 'ready' }, { type: 'ready' }]);
  });

  it('keeps the chart as it is through a reconnect: it is laid out once', () => {
    const chart = page.hello.value?.chart;
    page.feed.take({ type: 'hello', title: 'again', servers: [], chart: structuredClone(sessionChart) });
    expect(page.hello.value?.title).toBe('again');
    expect(page.hello.value?.chart).toBe(chart);
  });

  it('is of one session in depth: what is still said of the one before is not taken for its own', () => {
    update(told('a', 'b'));
    page.attach('a');
    update({ detail: detail('a'), log: log('of a') });
    expect(logged()).toEqual(['of a']);
    page.attach('b');
    expect(page.watched.value).toMatchObject({ id: 'b', row: { id: 'b' }, detail: undefined });
    update({ detail: detail('a'), log: log('late') });
    update({ log: log('later') });
    expect(logged()).toEqual([]);
    expect(page.watched.value?.detail).toBeUndefined();
    update({ detail: detail('b'), log: log('of b') });
    update({ log: log('more of b') });
    expect(logged()).toEqual(['of b', 'more of b']);
  });

  it('stays when the session ends, and when the connection is lost', () => {
    update(told('a'));
    page.attach('a');
    update({ detail: detail('a'), log: log('of a') });
    update({ sessions: { rows: [], gone: ['a'], total: 0 } });
    page.lose();
    expect(page.watched.value).toMatchObject({ id: 'a', ended: true, row: { id: 'a' } });
    expect(logged()).toEqual(['of a']);
  });

  it('does not grow older while there is no connection', () => {
    page.lose();
    page.now.value = 0;
    page.tick();
    expect(page.now.value).toBe(0);
    page.feed.take({ type: 'hello', title: 'chat', servers: [], chart: sessionChart });
    page.tick();
    expect(page.now.value).toBeGreaterThan(0);
  });

  it('includes how it went what was done from here', () => {
    page.act('a', { type: 'ping' });
    page.act('a', { type: 'kill' });
    page.feed.take({ type: 'acted', number: 1, error: undefined });
    page.lose();
    expect(page.acts.value.map(({ outcome }) => outcome.type)).toEqual(['done', 'failed']);
    expect(sent.slice(-2)).toEqual([
      { type: 'act', number: 1, session: 'a', action: { type: 'ping' } },
      { type: 'act', number: 2, session: 'a', action: { type: 'kill' } },
    ]);
  });

  it('is filtered and sorted as it is wanted', () => {
    update(told('a', 'b'));
    page.filterBy('b');
    expect(page.sessions.shown.map(({ row }) => row.id)).toEqual(['b']);
    page.filterBy('');
    page.sortBy({ column: 'id', direction: -1 });
    expect(page.sessions.shown.map(({ row }) => row.id)).toEqual(['b', 'a']);
  });
});
