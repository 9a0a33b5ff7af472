import { suspend } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { begin } from '../page.fixture.ts';
import type { Action } from '../protocol.ts';
import { quiet } from '../session.fixture.ts';

describe('what a page does to a session', () => {
  /** Do something, and hear what has come of it. */
  async function act(action: Action, id?: string) {
    const { page, session, ...rest } = await begin();
    page.told.length = 0;
    page.say({ type: 'act', number: 7, session: id ?? session.id, action });
    await quiet();
    return { ...rest, page, session, answers: page.told.splice(0) };
  }

  it.each<[Action, (session: { readonly statistics: { readonly messagesOut: number } }) => unknown]>([
    [{ type: 'text', data: 'hello' }, ({ statistics }) => statistics.messagesOut === 1],
    [{ type: 'ping' }, ({ statistics }) => statistics.messagesOut === 1],
  ])('is done, and answered without waiting for the page to be ready: %j', async (action, done) => {
    const { session, answers } = await act(action);
    expect([answers, done(session)]).toEqual([[{ type: 'acted', number: 7 }], true]);
  });

  it('suspends it, and lets it go on', async () => {
    const { session, page, answers } = await act({ type: 'suspend' });
    expect([session.getSnapshot().context.suspended, answers]).toEqual([true, [{ type: 'acted', number: 7 }]]);
    page.say({ type: 'act', number: 8, session: session.id, action: { type: 'resume' } });
    await quiet();
    expect(session.getSnapshot().context.suspended).toBe(false);
  });

  it('closes it with a code and a reason', async () => {
    const { session, answers } = await act({ type: 'close', code: 4001, reason: 'go away' });
    expect([await session.exited(), answers]).toEqual([{ type: 'normal' }, [{ type: 'acted', number: 7 }]]);
  });

  it('ends it at once', async () => {
    const { session } = await act({ type: 'kill' });
    expect(await session.exited()).toEqual({ type: 'shutdown', reason: 'inspector' });
  });

  it.each<[Action, string]>([
    [{ type: 'close', code: 1005, reason: '' }, '1005 may not stand in a close frame'],
    [{ type: 'close', code: 999, reason: '' }, '999 may not stand in a close frame'],
    [{ type: 'close', code: 1000.5, reason: '' }, '1000.5 may not stand in a close frame'],
  ])(
    'fails with a code that may not be sent (RFC 6455 §7.4.1), and the session lives on: %j',
    async (action, error) => {
      const { session, answers } = await act(action);
      expect([answers, session.state]).toEqual([[{ type: 'acted', number: 7, error }], 'open']);
    },
  );

  it('fails where there is no such session', async () => {
    const { answers } = await act({ type: 'kill' }, 'nobody');
    expect(answers).toEqual([{ type: 'acted', number: 7, error: 'there is no such session any more' }]);
  });

  it('fails where the session closes already', async () => {
    const { page, session } = await begin();
    await suspend(session);
    session.send({ type: 'close', frame: { type: 'close', code: 1000 } });
    page.told.length = 0;
    page.say({ type: 'act', number: 1, session: session.id, action: { type: 'text', data: 'too late' } });
    await quiet();
    expect(page.told).toEqual([{ type: 'acted', number: 1, error: expect.any(String) }]);
  });
});
