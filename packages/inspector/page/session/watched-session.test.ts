import { describe, expect, it } from 'vitest';
import type { SessionDetail, Update } from '../../src/protocol.ts';
import { sessionChart } from '../chart/chart.fixture.ts';
import { sessionRow } from '../sessions/session-row.fixture.ts';
import { updateWatched, type WatchedSession, watchedSession } from './watched-session.ts';

const row = sessionRow('7');
const detail = (active: readonly string[], parts: Partial<SessionDetail> = {}): SessionDetail => ({
  id: '7',
  active,
  state: undefined,
  exit: undefined,
  ...parts,
});
const update = (session: WatchedSession, parts: Partial<Update>, now: typeof row | undefined = row) =>
  updateWatched(session, { type: 'update', at: 0, ...parts }, now, sessionChart);
const opened = update(watchedSession('7', undefined), { detail: detail(['open']) });

describe('the session that is looked at', () => {
  it('takes what is said of it, and not what is said of another', () => {
    expect(opened).toEqual({ id: '7', row, detail: detail(['open']), ended: false, taken: undefined });
    expect(update(opened, { detail: detail(['closed'], { id: '8' }) }).detail).toEqual(detail(['open']));
  });

  it('flashes what it has gone through, also in between', () => {
    const state = (name: string) => ({ at: 0, kind: 'state', name }) as const;
    const closed = update(opened, {
      detail: detail(['closed']),
      log: { entries: [state('closing.disconnect'), state('closing.settling'), state('closing.terminating')], lost: 0 },
    });
    expect(closed.taken?.states).toEqual(['closed']);
    expect(closed.taken?.transitions.map((place) => sessionChart.transitions[place]?.to)).toEqual([
      'closing.disconnect',
      'closing.settling',
      'closing.terminating',
      'closed',
    ]);
    expect(update(closed, {}).taken).toBe(closed.taken);
  });

  it('stays with its exit reason when it has ended', () => {
    const exit = { type: 'text', value: 'normal' } as const;
    const ended = update(opened, { detail: detail(['closed'], { exit }) });
    const left = update(ended, { sessions: { rows: [], gone: ['7'], total: 0 } }, undefined);
    expect(left).toMatchObject({ ended: true, row, detail: { exit } });
  });

  it('has ended when it leaves the list, even if nobody says why', () => {
    const left = updateWatched(
      opened,
      { type: 'update', at: 0, sessions: { rows: [], gone: ['7'], total: 0 } },
      undefined,
      sessionChart,
    );
    expect(left.ended).toBe(true);
    expect(updateWatched(left, { type: 'update', at: 0 }, undefined, sessionChart).ended).toBe(true);
  });
});
