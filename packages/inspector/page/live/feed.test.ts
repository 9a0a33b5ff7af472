import { beforeEach, describe, expect, it } from 'vitest';
import type { PageMessage, View } from '../../src/protocol.ts';
import { Feed } from './feed.ts';

const hello = { type: 'hello', title: 't', servers: [], chart: { states: [], transitions: [] } } as const;
const update = { type: 'update', at: 0 } as const;

let sent: PageMessage[];
let heard: string[];
let shown: (() => void)[];
let feed: Feed;

beforeEach(() => {
  sent = [];
  heard = [];
  shown = [];
  feed = new Feed(
    (message) => sent.push(message),
    {
      hello: () => heard.push('hello'),
      watching: (view) => heard.push(`watching ${view}`),
      update: () => heard.push('update'),
      acted: (number, error) => heard.push(`acted ${number} ${error}`),
    },
    (done) => shown.push(done),
  );
});

const watch = (...views: readonly View[]) => feed.watch(new Set(views));
const take = () => sent.splice(0);

describe('what the page says to the process', () => {
  it('begins when the process has said hello: what to attach to, what to watch, and that it is ready', () => {
    watch('sessions', 'runtime');
    feed.attach('7');
    expect(take()).toEqual([]);
    feed.take(hello);
    expect(take()).toEqual([
      { type: 'attach', session: '7' },
      { type: 'watch', view: 'sessions', on: true },
      { type: 'watch', view: 'runtime', on: true },
      { type: 'ready' },
    ]);
    expect(heard).toEqual(['hello', 'watching sessions', 'watching runtime']);
  });

  it('asks for the next update when the last is to be seen, once', () => {
    feed.take(hello);
    take();
    feed.take(update);
    expect(heard).toContain('update');
    expect(take()).toEqual([]);
    for (const done of shown) done();
    expect(take()).toEqual([{ type: 'ready' }]);
  });

  it('watches what is to be seen, and says only what changes', () => {
    feed.take(hello);
    watch('sessions', 'runtime');
    take();
    watch('tree', 'runtime');
    feed.attach('7');
    feed.attach('7');
    feed.attach(undefined);
    expect(take()).toEqual([
      { type: 'watch', view: 'sessions', on: false },
      { type: 'watch', view: 'tree', on: true },
      { type: 'attach', session: '7' },
      { type: 'attach', session: undefined },
    ]);
  });

  it('says all of it again after a loss', () => {
    feed.take(hello);
    watch('sessions');
    feed.lose();
    watch('sessions', 'runtime');
    feed.attach('7');
    take();
    feed.take(hello);
    expect(take()).toEqual([
      { type: 'attach', session: '7' },
      { type: 'watch', view: 'sessions', on: true },
      { type: 'watch', view: 'runtime', on: true },
      { type: 'ready' },
    ]);
  });

  it('acts by number, and hears the outcome', () => {
    feed.take(hello);
    take();
    feed.act(3, '7', { type: 'kill' });
    feed.take({ type: 'acted', number: 3, error: undefined });
    expect(take()).toEqual([{ type: 'act', number: 3, session: '7', action: { type: 'kill' } }]);
    expect(heard).toContain('acted 3 undefined');
  });
});
