import { channel } from 'node:diagnostics_channel';
import { type Report, reportChannel } from '@genws/actor';
import { afterEach, describe, expect, it } from 'vitest';
import { hideAll, showAll } from '../session.fixture.ts';
import { History } from './history.ts';

const reports = channel(reportChannel);
const publish = (report: unknown): void => reports.publish(report);

const error = new TypeError('password hunter2 is wrong');

const crash = (particulars: Partial<Report> = {}): Report => ({
  level: 'error',
  event: 'session.crashed',
  text: `handleIn failed: ${error.message}`,
  error,
  fields: { session: 's:1', peer: undefined, callback: 'handleIn' },
  ...particulars,
});

describe('the history', () => {
  let history = new History(showAll);
  history.stop();

  afterEach(() => history.stop());

  it('keeps crashes with what was thrown, where that may be seen', () => {
    history = new History(showAll);
    publish(crash());
    expect(history.since(0)).toEqual([
      { at: expect.any(Number), event: 'session.crashed', text: crash().text, stack: error.stack },
    ]);
  });

  it('J14: keeps of errors by default what they were and whose, neither their text nor their stack', () => {
    history = new History(hideAll);
    publish(crash());
    publish(crash({ event: 'supervisor.childCrashed', error: { password: 'hunter2' }, fields: { child: 'db' } }));
    const [one, other] = history.since(0);
    expect(one).toMatchObject({ text: 'session=s:1 callback=handleIn', stack: 'TypeError' });
    expect(other).toMatchObject({ event: 'supervisor.childCrashed', text: 'child=db', stack: 'Object' });
    expect(JSON.stringify(history.since(0))).not.toContain('hunter2');
  });

  it('keeps exactly what a hook lets through', () => {
    history = new History((value, place) => (place === 'error' && typeof value === 'string' ? 'a crash' : undefined));
    publish(crash());
    expect(history.since(0)).toMatchObject([{ text: 'a crash', stack: 'undefined' }]);
  });

  it('keeps reports of what went wrong without an error as they are', () => {
    history = new History(hideAll);
    publish({ level: 'error', event: 'supervisor.escalated', text: 'db was restarted too often' });
    expect(history.since(0)).toMatchObject([{ text: 'db was restarted too often', stack: undefined }]);
  });

  it('takes for a crash what is an error, and a child that ended as it should not have', () => {
    history = new History(showAll);
    for (const level of ['debug', 'info', 'warn'] as const) publish(crash({ level }));
    publish(crash({ level: 'warn', event: 'supervisor.childCrashed' }));
    publish(crash());
    expect(history.since(0).map(({ event }) => event)).toEqual(['supervisor.childCrashed', 'session.crashed']);
    publish('no report');
    publish(undefined);
    expect(history.count).toBe(2);
  });

  it('tells what is new since somebody looked last, and forgets all but the latest 100', () => {
    history = new History(showAll);
    publish(crash({ event: 'first' }));
    publish(crash({ event: 'second' }));
    expect(history.since(1).map(({ event }) => event)).toEqual(['second']);
    expect(history.since(2)).toEqual([]);
    for (let count = 0; count < 300; count++) publish(crash({ event: `later ${count}` }));
    expect([history.count, history.since(0).length, history.since(2).length]).toEqual([302, 100, 100]);
    expect(history.since(0)[0]?.event).toBe('later 200');
    expect(history.since(301).map(({ event }) => event)).toEqual(['later 299']);
  });

  it('J13: cuts what is long', () => {
    history = new History(showAll);
    publish(crash({ text: 'x'.repeat(1_000_000), fields: { child: 'y'.repeat(100_000) } }));
    publish(crash({ text: 'x'.repeat(1_000_000), error: undefined }));
    expect(JSON.stringify(history.since(0)).length).toBeLessThan(10_000);
  });

  it('counts restarts for each child of each supervisor', () => {
    history = new History(showAll);
    const restarted = (supervisor: string, child: string): void =>
      publish({ level: 'info', event: 'supervisor.restarted', text: '', fields: { supervisor, child } });
    restarted('app', 'db');
    restarted('app', 'db');
    restarted('app', 'web');
    restarted('inner', 'db');
    restarted('a/b', 'c');
    expect(
      [
        ['app', 'db'],
        ['app', 'web'],
        ['inner', 'db'],
        ['a/b', 'c'],
        ['a', 'b/c'],
        ['app', 'x'],
      ].map(([supervisor = '', child = '']) => history.restartsOf(supervisor, child)),
    ).toEqual([2, 1, 1, 1, 0, 0]);
    expect(history.count).toBe(0);
  });

  it('hears of nothing after its end', () => {
    history = new History(showAll);
    expect(reports.hasSubscribers).toBe(true);
    history.stop();
    publish(crash());
    expect([history.count, reports.hasSubscribers]).toEqual([0, false]);
  });
});
