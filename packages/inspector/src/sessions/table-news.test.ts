import { describe, expect, it } from 'vitest';
import type { SessionRow } from '../protocol.ts';
import { hideAll, startQuiet } from '../session.fixture.ts';
import { rowOf } from './session-row.ts';
import { TableNews } from './table-news.ts';

const sample = rowOf(startQuiet(), { server: 'main', redact: hideAll });
const row = (id: string, messagesIn = 0): SessionRow => ({ ...sample, id, messagesIn });
const many = (count: number): SessionRow[] => Array.from({ length: count }, (_, index) => row(`s:${index}`));

describe('what a page is told of the table', () => {
  it('is every row at first, and then those that have changed, the latest of each', () => {
    const news = new TableNews();
    news.begin([row('a'), row('b')]);
    expect(news.take(2)).toEqual({ rows: [row('a'), row('b')], gone: [], total: 2 });
    news.changed(row('a', 1));
    news.changed(row('a', 2));
    expect(news.take(2)).toEqual({ rows: [row('a', 2)], gone: [], total: 2 });
    expect(news.take(2)).toBeUndefined();
  });

  it('is how many there are, even if there are none', () => {
    const news = new TableNews();
    news.begin([]);
    expect(news.take(0)).toEqual({ rows: [], gone: [], total: 0 });
    expect(news.take(0)).toBeUndefined();
    expect(news.take(5)).toEqual({ rows: [], gone: [], total: 5 });
  });

  it('is who has gone, if it knew them', () => {
    const news = new TableNews();
    news.begin([row('a')]);
    news.take(1);
    news.changed(row('b'));
    news.gone('a');
    news.gone('b');
    news.gone('never met');
    expect(news.take(0)).toEqual({ rows: [], gone: ['a'], total: 0 });
    expect(news.take(0)).toBeUndefined();
  });

  it('is 2,000 at a time, and in the end all', () => {
    const news = new TableNews();
    news.begin(many(4500));
    const ids = new Set<string>();
    for (const expected of [2000, 2000, 500]) {
      const { rows = [] } = news.take(4500) ?? {};
      expect(rows).toHaveLength(expected);
      for (const { id } of rows) ids.add(id);
    }
    expect([ids.size, news.take(4500)]).toEqual([4500, undefined]);
    for (const id of ids) news.gone(id);
    expect([1, 2, 3].map(() => news.take(0)?.gone.length)).toEqual([2000, 2000, 500]);
  });

  it('J13: does not grow while a page asks for nothing, however many come and go', () => {
    const news = new TableNews();
    news.begin([row('a')]);
    news.take(1);
    for (let index = 0; index < 10_000; index++) {
      news.changed(row(`x${index}`));
      news.gone(`x${index}`);
    }
    expect(news.take(2)).toEqual({ rows: [], gone: [], total: 2 });
  });

  it('is everything again when it begins anew, and nothing after the end', () => {
    const news = new TableNews();
    news.begin([row('a')]);
    news.take(1);
    news.gone('a');
    news.begin([row('b')]);
    expect(news.take(1)).toEqual({ rows: [row('b')], gone: [], total: 1 });
    news.changed(row('c'));
    news.end();
    news.gone('b');
    expect(news.take(0)).toEqual({ rows: [], gone: [], total: 0 });
  });
});
