import { deliver, join } from '@genws/actor';
import { send, stop, suspend } from '@genws/session';
import { text } from 'genws';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { begin, openPage } from '../page.fixture.ts';
import type { ProcessMessage } from '../protocol.ts';
import { crowd, quiet, startQuiet } from '../session.fixture.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});

afterEach(() => {
  vi.useRealTimers();
});

const typesOf = (messages: readonly ProcessMessage[]): string[] => messages.map(({ type }) => type);

describe('a page', () => {
  it('is greeted with what does not change: the title, the servers, the chart of a session', async () => {
    const { page, all } = await begin();
    expect(page.told).toEqual([
      { type: 'hello', title: 'test', servers: ['main'], chart: JSON.parse(JSON.stringify(all.chart)) },
    ]);
  });

  it('is told nothing before it says that it is ready', async () => {
    const { page, session } = await begin();
    page.told.length = 0;
    page.watch('sessions', 'tree', 'groups', 'runtime');
    page.say({ type: 'attach', session: session.id });
    await page.pass(12);
    expect(page.told).toEqual([]);
  });

  it('is told nothing that it does not watch', async () => {
    const { page } = await begin();
    page.told.length = 0;
    expect(await page.updates()).toEqual([]);
    page.watch('groups');
    const [update] = await page.updates();
    expect(Object.keys(update ?? {})).toEqual(['type', 'at', 'groups']);
  });

  it('gets one update for each time that it is ready', async () => {
    const { page, session } = await begin();
    page.watch('sessions', 'runtime', 'tree', 'groups');
    expect(await page.updates()).toHaveLength(1);
    for (let turn = 0; turn < 8; turn++) {
      send(session, text('news'));
      await page.pass();
    }
    expect(page.told).toEqual([]);
    expect(await page.updates()).toHaveLength(1);
  });

  it('that is slow is told once of what has changed meanwhile, as it is now', async () => {
    const { page, session } = await begin();
    page.watch('sessions');
    await page.pass();
    expect((await page.updates())[0]?.sessions).toMatchObject({ rows: [{ id: session.id }], gone: [], total: 1 });
    for (let turn = 0; turn < 8; turn++) {
      send(session, text('news'));
      await page.pass();
    }
    expect((await page.updates())[0]?.sessions).toMatchObject({ rows: [{ id: session.id, messagesOut: 8 }], total: 1 });
    expect(await page.updates()).toEqual([]);
  });

  it('is told once who has gone', async () => {
    const { page, session } = await begin();
    page.watch('sessions');
    await page.pass();
    await page.updates();
    session.stop();
    expect((await page.updates())[0]?.sessions).toEqual({ rows: [], gone: [session.id], total: 0 });
    expect(await page.updates()).toEqual([]);
  });

  it('is told everything again when it begins to watch again', async () => {
    const { page, session } = await begin();
    page.watch('sessions');
    await page.pass();
    await page.updates();
    page.say({ type: 'watch', view: 'sessions', on: false });
    send(session, text('news'));
    expect(await page.updates()).toEqual([]);
    page.watch('sessions');
    await page.pass();
    const updates = await page.updates();
    expect(updates.at(-1)?.sessions).toMatchObject({ rows: [{ id: session.id, messagesOut: 1 }] });
  });

  it('that comes second is told at once what the first has found out', async () => {
    const { page, all, session } = await begin();
    page.watch('sessions');
    await page.pass();
    const second = await openPage(all);
    second.told.length = 0;
    second.watch('sessions');
    second.say({ type: 'ready' });
    await quiet();
    vi.advanceTimersByTime(249);
    await quiet();
    vi.advanceTimersByTime(1);
    await quiet();
    expect(second.told).toMatchObject([{ sessions: { rows: [{ id: session.id }] } }]);
  });

  it('J13: that watches many sessions gets 2,000 rows at a time', async () => {
    const { page, server } = await begin();
    crowd(server, 4999);
    page.watch('sessions');
    await page.pass(5);
    const found: (number | undefined)[] = [];
    for (let turn = 0; turn < 3; turn++) found.push((await page.updates())[0]?.sessions?.rows.length);
    expect(found).toEqual([2000, 2000, 1000]);
    expect(await page.updates()).toEqual([]);
  });

  it('J13: that says that it is ready and does not read is told no more once a mebibyte waits', async () => {
    const { page, server } = await begin();
    crowd(server, 4000);
    await suspend(page.client);
    for (let turn = 0; turn < 20; turn++) {
      page.watch('sessions');
      page.say({ type: 'ready' });
      await page.pass(5);
    }
    expect(page.session.buffered).toBeGreaterThan(2 ** 20);
    expect(page.session.buffered).toBeLessThan(2 * 2 ** 20);
    expect(page.session.state).toBe('open');
  });

  it('is told the trees when they have changed, and crashes once', async () => {
    const { page, session, server, all } = await begin();
    page.watch('tree');
    const crash = (event: string) => deliver(() => {}, { level: 'error', event, text: 'too bad' });
    crash('first');
    const [first] = await page.updates();
    expect(first?.tree).toMatchObject({
      roots: [{ name: 'main', children: [{ children: [{ id: session.id, kind: 'session' }] }] }],
      crashes: [{ event: 'first' }],
    });
    expect(await page.updates()).toEqual([]);
    crash('second');
    expect((await page.updates())[0]?.tree?.crashes).toMatchObject([{ event: 'second' }]);
    server.add(startQuiet());
    const [third] = await page.updates();
    expect([third?.tree?.roots[0]?.children[0]?.count, third?.tree?.crashes]).toEqual([2, []]);
    page.watch('tree');
    expect((await page.updates())[0]?.tree?.crashes).toHaveLength(2);
    all.history.stop();
  });

  it('is told of groups how many are in them, and 200 of these', async () => {
    const { page, server, group, session } = await begin();
    page.watch('groups');
    join(group, session);
    expect((await page.updates())[0]?.groups).toEqual([{ name: 'all', size: 1, members: [session.id] }]);
    for (const member of crowd(server, 300)) join(group, member);
    const [row] = (await page.updates())[0]?.groups ?? [];
    expect([row?.size, row?.members.length]).toEqual([301, 200]);
  });

  it('is told how the process is', async () => {
    const { page } = await begin();
    page.watch('runtime');
    expect((await page.updates())[0]?.runtime).toMatchObject({ sessions: 1, heap: expect.any(Number) });
    page.say({ type: 'watch', view: 'runtime', on: false });
    expect(await page.updates()).toEqual([]);
  });
});

describe('a session that a page is attached to', () => {
  it('is told of as it was, and then as it changes, with what happens to it', async () => {
    const { page, session } = await begin();
    page.say({ type: 'attach', session: session.id });
    const [first, ...more] = await page.updates();
    expect([first?.detail, more]).toMatchObject([{ id: session.id, active: ['open'] }, []]);
    expect((await page.updates())[0]?.detail).toMatchObject({ state: { type: 'word', value: 'undefined' } });
    send(session, text('hello'));
    const [second] = await page.updates();
    expect(second?.log).toMatchObject({ entries: [{ kind: 'out', name: 'text', size: 5 }], lost: 0 });
    expect(second?.detail).toBeUndefined();
    expect(await page.updates()).toEqual([]);
  });

  it('is another when it attaches to another, and none when there is none, or it has gone', async () => {
    const { page, session, server } = await begin();
    const other = server.add(startQuiet());
    page.say({ type: 'attach', session: session.id });
    page.say({ type: 'attach', session: other.id });
    expect((await page.updates())[0]?.detail?.id).toBe(other.id);
    await page.updates();
    page.say({ type: 'attach', session: undefined });
    send(other, text('hello'));
    expect(await page.updates()).toEqual([]);
    page.say({ type: 'attach', session: 'nobody' });
    expect(await page.updates()).toEqual([]);
    for (const { system } of [session, other]) expect(Reflect.get(system, 'inspected')).toBe(false);
  });

  it('J13: is told of no more than 200 entries at a time, however long the page takes', async () => {
    const { page, session } = await begin();
    page.say({ type: 'attach', session: session.id });
    await page.updates();
    await page.updates();
    for (let count = 0; count < 1000; count++) send(session, text('news'));
    const [{ log } = {}] = await page.updates();
    expect([log?.entries.length, log?.lost]).toEqual([200, 800]);
  });
});

describe('a page that does not behave', () => {
  it.each(['{', '{"type":"explode"}', '[]', ''])('is closed with 1008: %j', async (message) => {
    const { page } = await begin();
    page.say(message);
    expect(await page.client.exited()).toEqual({ type: 'remote', code: 1008, reason: 'no message of the page' });
  });
});

describe('a page that has gone', () => {
  it.each(['says goodbye', 'vanishes'])('leaves no timer, no trace and nobody who listens: it %s', async (way) => {
    const { page, session, all, group } = await begin();
    join(group, session);
    page.watch('sessions', 'tree', 'groups', 'runtime');
    page.say({ type: 'attach', session: session.id });
    await page.updates();
    await page.updates();
    expect(vi.getTimerCount()).toBe(2);
    expect(Reflect.get(session.system, 'inspected')).toBe(true);
    if (way === 'vanishes') page.client.stop();
    else stop(page.client);
    await page.session.exited();
    await quiet();
    expect([vi.getTimerCount(), [...all.census.rows]]).toEqual([0, []]);
    expect(Reflect.get(session.system, 'inspected')).toBe(false);
  });
});

describe('pages', () => {
  it('are told the same each, at their own pace', async () => {
    const { page, all, session } = await begin();
    const second = await openPage(all);
    for (const one of [page, second]) one.watch('sessions');
    await page.pass();
    await page.updates();
    expect(typesOf(second.told)).toEqual(['hello']);
    send(session, text('news'));
    await page.pass();
    const [mine, theirs] = [await page.updates(), await second.updates()];
    expect(mine.map(({ sessions }) => sessions?.rows)).toEqual(theirs.map(({ sessions }) => sessions?.rows));
  });
});
