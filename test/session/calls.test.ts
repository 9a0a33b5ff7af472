import { answer, type Call, call, type From, isCall, tell } from '@genws/actor';
import { close, defineHandler, type Handler, type InfoResult, type Result, stop } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { quiet, roles, startInMemory } from '../support/memory-session.ts';

type Message = Call<'question', string> | 'news';
type Answered = InfoResult<string, Message> | Promise<InfoResult<string, Message>>;

describe.each(roles)('a call to a %s', (role) => {
  function start(
    handleInfo: (message: Message, state: string) => Answered,
    callbacks: Partial<Handler<string, Message>> = {},
  ) {
    const handler = defineHandler<string, Message>({
      init: () => ['ok', 'state'],
      handleIn: (_, state) => ['ok', state],
      handleInfo,
      ...callbacks,
    });
    return startInMemory<string, Message, unknown>({ role, handler, closeTimeout: 100 });
  }

  it.each([false, true])('is answered with what handleInfo returns (later: %s)', async (later) => {
    const { session } = start((message, state) => {
      const result: InfoResult<string, Message> = isCall(message) ? ['answer', `${state}!`, 'next'] : ['ok', state];
      return later ? Promise.resolve(result) : result;
    });
    expect(await call(session, 'question')).toBe('state!');
    expect(await call(session, 'question')).toBe('next!');
  });

  it('is answered by who has kept it, in any order, whatever the handler does meanwhile', async () => {
    const kept: From<string>[] = [];
    const { session, peer } = start((message, state) => {
      if (isCall(message)) kept.push(message.from);
      return ['ok', state];
    });
    const questions = [call(session, 'question'), call(session, 'question')];
    peer.text('meanwhile');
    await quiet();
    const [first, second] = kept;
    if (first === undefined || second === undefined) throw new Error('there were two calls');
    answer(second, 'second');
    answer(first, 'first');
    answer(first, 'again');
    expect(await Promise.all(questions)).toEqual(['first', 'second']);
  });

  it('gets the first answer where there are two', async () => {
    const { session } = start((message, state) => {
      if (isCall(message)) answer(message.from, 'by hand');
      return isCall(message) ? ['answer', 'returned', state] : ['ok', state];
    });
    expect(await call(session, 'question')).toBe('by hand');
    expect(session.state).toBe('open');
  });

  it('waits while the handler is busy, and while init is', async () => {
    const init = Promise.withResolvers<Result<string>>();
    const busy = Promise.withResolvers<Result<string>>();
    const { session, peer } = start((message, state) => (isCall(message) ? ['answer', state, state] : ['ok', state]), {
      init: () => init.promise,
      handleIn: () => busy.promise,
    });
    const early = call(session, 'question');
    init.resolve(['ok', 'initial']);
    expect(await early).toBe('initial');
    peer.text('go');
    await quiet();
    const late = call(session, 'question');
    busy.resolve(['ok', 'later']);
    expect(await late).toBe('later');
  });

  it('crashes the session where nobody has asked: an answer to news, to a frame, or to a call that was answered', async () => {
    const toNews = start(() => ['answer', 'nobody', 'state']);
    tell(toNews.session, 'news');
    expect(await toNews.peer.rest()).toEqual(['close 1011 internal error']);
    const isResult = (_: unknown): _ is Result<string> => true;
    const result: unknown = ['answer', 'nobody', 'state'];
    if (!isResult(result)) return;
    const toFrame = start((message, state) => (isCall(message) ? ['answer', 'once', state] : ['ok', state]), {
      handleIn: () => result,
    });
    expect(await call(toFrame.session, 'question')).toBe('once');
    toFrame.peer.text('go');
    expect(await toFrame.peer.rest()).toEqual(['close 1011 internal error']);
    const asker: Promise<string>[] = [];
    const toKept = start((_message, state) => ['ok', state], { handleIn: () => result });
    asker.push(call(toKept.session, 'question'));
    toKept.peer.text('go');
    expect(await toKept.peer.rest()).toEqual(['close 1011 internal error']);
    await expect(asker[0]).rejects.toMatchObject({ code: 'down', reason: { type: 'crash', callback: 'handleIn' } });
  });

  it.each(['close', 'stop', 'kill'])('is refused when the session ends first, by %s', async (way) => {
    const { session, peer, clock } = start(() => new Promise(() => {}));
    const asked = call(session, 'question');
    const waiting = call(session, 'question');
    const outcomes = Promise.allSettled([asked, waiting]);
    if (way === 'close') close(session);
    else if (way === 'stop') stop(session);
    else session.stop();
    const late = call(session, 'question');
    const refused = expect(late).rejects.toMatchObject({ code: way === 'kill' ? 'noproc' : 'down' });
    peer.close(1000);
    peer.end();
    await quiet();
    clock.advance(100);
    clock.advance(100);
    expect(session.state).toBe('closed');
    await refused;
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'down' } });
  });

  it('that nobody deals with ends with its timeout', async () => {
    const { session } = startInMemory<undefined, Message, unknown>({
      role,
      handler: { init: () => ['ok', undefined], handleIn: () => ['ok', undefined] },
    });
    await expect(call(session, 'question', { timeout: 1 })).rejects.toMatchObject({ code: 'timeout' });
  });
});
