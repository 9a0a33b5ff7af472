import { tell } from '@genws/actor';
import { close, codeChange, getState, type Result, replaceState, resume, suspend, trace } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { createJournal, slowly } from '../support/journal.ts';
import { quiet, roles, startInMemory } from '../support/memory-session.ts';
import { observersOf } from '../support/observers.ts';
import { all, askAll, successor, systemVerbs, watchAll } from '../support/system-verbs.ts';

const ok: Result<string> = ['ok', 'state'];

describe.each(roles)('what is asked of a session that is a %s', (role) => {
  it('while it is idle is done at once', async () => {
    const { handler } = createJournal<string>();
    const { session } = startInMemory<string, string, unknown>({ role, handler });
    expect(await getState(session)).toBe('state');
    expect(await replaceState(session, (state) => `${state}, repaired`)).toBe('state, repaired');
    expect(await getState(session)).toBe('state, repaired');
    const outcomes = askAll(session);
    await Promise.resolve();
    await quiet();
    expect(outcomes).toEqual(all('done'));
    expect(session.state).toBe('open');
  });

  it('while a callback’s promise is pending waits, and is then done in its order, before what waits for the handler', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler, lines } = createJournal<string>({ in: slowly(promise) });
    const { session, peer } = startInMemory<string, string, unknown>({ role, handler });
    peer.text('slow');
    await quiet();
    tell(session, 'waiting');
    const done: string[] = [];
    const note = (name: string, question: Promise<unknown>): Promise<unknown> =>
      question.then((value) => {
        done.push(`${name} ${value}`);
        lines.push(name);
      });
    const questions = [
      note('getState', getState(session)),
      note(
        'replaceState',
        replaceState(session, (state) => `${state} once`),
      ),
      note(
        'replaceState',
        replaceState(session, (state) => `${state} twice`),
      ),
      note('getState', getState(session)),
      suspend(session),
      note('getState', getState(session)),
      resume(session),
    ];
    await quiet();
    expect([done, lines]).toEqual([[], ['init', 'in text slow']]);
    resolve(['ok', 'changed']);
    await Promise.all(questions);
    expect(done).toEqual([
      'getState changed',
      'replaceState changed once',
      'replaceState changed once twice',
      'getState changed once twice',
      'getState changed once twice',
    ]);
    await quiet();
    expect(lines.filter((line) => line.startsWith('in'))).toEqual(['init', 'in text slow', 'info waiting']);
  });

  it('together with another handler, while a callback is pending: what waits goes to the new one', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const old = createJournal<string>({ in: slowly(promise) });
    const next = createJournal<string>();
    const { session, peer } = startInMemory<string, string, unknown>({ role, handler: old.handler });
    peer.send({ opcode: 1, payload: 'slow' }, { opcode: 1, payload: 'next' });
    await quiet();
    tell(session, 'last');
    const changed = codeChange(session, next.handler);
    await quiet();
    expect(next.lines).toEqual([]);
    resolve(ok);
    await changed;
    await quiet();
    expect([old.lines, next.lines]).toEqual([
      ['init', 'in text slow'],
      ['in text next', 'info last'],
    ]);
  });

  it('while it is suspended is done at once', async () => {
    const { handler } = createJournal<string>();
    const { session } = startInMemory<string, string, unknown>({ role, handler });
    await suspend(session);
    expect(await getState(session)).toBe('state');
    expect(await replaceState(session, () => 'repaired')).toBe('repaired');
    await suspend(session);
    const outcomes = askAll(session);
    await quiet();
    expect(outcomes).toEqual(all('done'));
  });

  it('while init is pending waits, and is done before the first message is dispatched', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler, lines } = createJournal<string>({ init: () => promise });
    const { session, peer } = startInMemory<string, string, unknown>({ role, handler });
    peer.text('early');
    tell(session, 'early');
    const state = getState(session);
    const outcomes = watchAll({ state, suspend: suspend(session) });
    await quiet();
    expect([session.state, outcomes]).toEqual(['ready_wait', { state: 'waits', suspend: 'waits' }]);
    resolve(ok);
    await quiet();
    expect([session.state, outcomes]).toEqual(['open', { state: 'done', suspend: 'done' }]);
    expect([await state, lines]).toEqual(['state', ['init']]);
    await resume(session);
    await quiet();
    expect(lines).toEqual(['init', 'info early', 'in text early']);
  });

  it('while init is pending keeps its order, although the session may not be used when init has settled', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler } = createJournal<string>({ init: () => promise });
    const { session } = startInMemory<string, string, unknown>({ role, handler, activate: false });
    const first = replaceState(session, (state) => `${state} first`);
    resolve(ok);
    await quiet();
    const second = replaceState(session, (state) => `${state} second`);
    await quiet();
    session.send({ type: 'activate' });
    expect([await first, await second]).toEqual(['state first', 'state first second']);
  });

  it('of one that is not activated, and whose init is over, is done at once', async () => {
    const { handler, lines } = createJournal<string>();
    const { session, peer } = startInMemory<string, string, unknown>({ role, handler, activate: false });
    await suspend(session);
    peer.text('waiting');
    session.send({ type: 'activate' });
    await quiet();
    expect([session.state, lines]).toEqual(['open', ['init']]);
    await resume(session);
    await quiet();
    expect(lines).toEqual(['init', 'in text waiting']);
  });

  it('while it closes is done as long as there is a state', async () => {
    const { handler } = createJournal<string>();
    const { session, peer } = startInMemory<string, string, unknown>({ role, handler });
    close(session);
    await quiet();
    expect(session.state).toBe('closing');
    expect(await getState(session)).toBe('state');
    const outcomes = askAll(session);
    await quiet();
    expect(outcomes).toEqual(all('done'));
    peer.close(1000);
    peer.end();
    expect(await session.exited()).toEqual({ type: 'normal' });
  });

  it('by another session’s callback is none: the one that asks waits for the one that is asked', async () => {
    const asked = startInMemory<string, string, unknown>({ role, handler: createJournal<string>().handler });
    const answers: unknown[] = [];
    const { handler } = createJournal<string>({
      info: async () => {
        answers.push(await getState(asked.session), await replaceState(asked.session, () => 'seen'));
        return ok;
      },
    });
    const { session } = startInMemory<string, string, unknown>({ role, handler });
    tell(session, 'go');
    await quiet();
    expect(answers).toEqual(['state', 'seen']);
  });

  it('is given up after the timeout, and is done nevertheless when the session has time for it', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler } = createJournal<string>({ in: () => promise });
    const { session, peer } = startInMemory<string, string, unknown>({ role, handler });
    peer.text('go');
    await quiet();
    const change = replaceState(session, (state) => `${state} late`, { timeout: 1 });
    await expect(change).rejects.toMatchObject({ code: 'timeout' });
    resolve(ok);
    expect(await getState(session)).toBe('state late');
  });

  it('a hundred times at once is done a hundred times, and leaves nothing behind', async () => {
    const { handler } = createJournal<string>();
    const { session } = startInMemory<string, string, unknown>({ role, handler });
    const before = observersOf(session);
    const hundred = Array.from({ length: 100 }, (_, n) => replaceState(session, (state) => `${state} ${n}`));
    const states = await Promise.all(hundred);
    expect(states.at(-1)).toBe(`state ${Array.from(hundred.keys()).join(' ')}`);
    expect(observersOf(session)).toBe(before);
  });
});

describe('the verbs', () => {
  it('are all there are, so that none is left out here', () => {
    const asked = [getState, replaceState, suspend, resume, trace, codeChange].map(({ name }) => name);
    expect(Object.keys(systemVerbs)).toEqual(asked);
    expect(successor.init).toBeTypeOf('function');
  });
});
