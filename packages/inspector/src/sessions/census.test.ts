import { createGroup, join, leave } from '@genws/actor';
import { send } from '@genws/session';
import { type Frame, text } from 'genws';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SessionRow } from '../protocol.ts';
import { createServer, crowd, hideAll, quiet, sourcesOf, startQuiet } from '../session.fixture.ts';
import { Census } from './census.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** A census of a server and its groups, and what it finds. */
function begin(groups: Readonly<Record<string, Iterable<object>>> = {}) {
  const server = createServer();
  const census = new Census(sourcesOf({ servers: { main: server }, groups }), hideAll);
  const changed: SessionRow[] = [];
  const gone: string[] = [];
  const onDown = server.sessions.onDown.bind(server.sessions);
  const hearing = new Set<unknown>();
  vi.spyOn(server.sessions, 'onDown').mockImplementation((listener) => {
    hearing.add(listener);
    const stop = onDown(listener);
    return () => {
      hearing.delete(listener);
      stop();
    };
  });
  const listen = () => census.listen({ changed: (row) => changed.push(row), gone: (id) => gone.push(id) });
  return { server, census, changed, gone, hearing, listen };
}

/** Let it look round so many times; the first time it only finds out who is there. */
const look = (times = 1): void => void vi.advanceTimersByTime(250 * times);

describe('a census', () => {
  it('finds every session, and then those that have changed', async () => {
    const { server, changed, listen } = begin();
    const [first, second] = [server.add(startQuiet()), server.add(startQuiet())];
    listen();
    look();
    expect(changed.splice(0).map(({ id, server, messagesOut }) => [id, server, messagesOut])).toEqual([
      [first.id, 'main', 0],
      [second.id, 'main', 0],
    ]);
    look(3);
    expect(changed).toEqual([]);
    send(second, text('hello'));
    await quiet();
    look();
    expect(changed.splice(0).map(({ id, messagesOut }) => [id, messagesOut])).toEqual([[second.id, 1]]);
  });

  it('meets who comes, and hears of who goes at once', async () => {
    const { server, changed, gone, census, listen } = begin();
    listen();
    look();
    const session = server.add(startQuiet());
    look(2);
    expect(changed.map(({ id }) => id)).toEqual([session.id]);
    session.stop();
    expect(gone).toEqual([session.id]);
    look(2);
    expect([changed.length, [...census.rows]]).toEqual([1, []]);
  });

  it('knows in which groups a session is', async () => {
    const [red, blue] = [createGroup<Frame>(), createGroup<Frame>()];
    const { server, changed, listen } = begin({ red, blue });
    const session = server.add(startQuiet());
    join(red, session);
    join(blue, session);
    listen();
    look();
    expect(changed.splice(0).map(({ groups }) => groups)).toEqual([['red', 'blue']]);
    leave(red, session);
    look(2);
    expect(changed.splice(0).map(({ groups }) => groups)).toEqual([['blue']]);
    leave(blue, session);
    look(2);
    expect(changed.map(({ groups }) => groups)).toEqual([[]]);
  });

  it('looks at each session four times a second', () => {
    const { server, listen } = begin();
    const session = server.add(startQuiet());
    const looks = vi.spyOn(session, 'statistics', 'get');
    listen();
    look(4);
    expect(looks).toHaveBeenCalledTimes(4);
  });

  it('J13: looks at 400 sessions at a time, however many there are, and in the end at all', () => {
    const { server, changed, listen } = begin();
    crowd(server, 900);
    listen();
    const found = [1, 2, 3, 4].map(() => {
      vi.advanceTimersByTime(50);
      return changed.splice(0).length;
    });
    expect(found).toEqual([400, 400, 100, 0]);
  });

  it('counts what passes through sessions, from when it first met each', async () => {
    const { server, census, listen } = begin();
    const session = server.add(startQuiet());
    send(session, text('before'));
    await quiet();
    listen();
    look();
    expect(census.traffic).toEqual({ messagesIn: 0, messagesOut: 0 });
    send(session, [text('one'), text('two')]);
    await quiet();
    look();
    expect(census.traffic).toEqual({ messagesIn: 0, messagesOut: 2 });
  });
});

describe('a census that nobody listens to', () => {
  it('does nothing: it has no timer, hears of nobody and knows nobody', () => {
    const { server, census, changed, gone, hearing, listen } = begin();
    const session = server.add(startQuiet());
    look();
    expect([vi.getTimerCount(), changed.length]).toEqual([0, 0]);
    const ends = [listen(), listen()];
    look();
    expect([vi.getTimerCount(), hearing.size, changed.length]).toEqual([1, 1, 2]);
    ends[0]?.();
    expect(vi.getTimerCount()).toBe(1);
    ends[1]?.();
    expect([vi.getTimerCount(), hearing.size, [...census.rows]]).toEqual([0, 0, []]);
    session.stop();
    look();
    expect([gone, changed.length]).toEqual([[], 2]);
  });

  it('begins anew with who listens next', () => {
    const { server, changed, listen } = begin();
    server.add(startQuiet());
    listen()();
    listen();
    look();
    expect(changed).toHaveLength(1);
  });

  it('ends once, even if it is told to twice', () => {
    const { listen } = begin();
    const [one, other] = [listen(), listen()];
    one();
    one();
    expect(vi.getTimerCount()).toBe(1);
    other();
    other();
    expect(vi.getTimerCount()).toBe(0);
  });
});
