import { binary, type PreparedFrame, prepare, type ReceivedFrame, text } from '@genws/protocol';
import { describe, expectTypeOf, it } from 'vitest';
import { active, type Command, deflate, setOptions, shutdownReason } from './command.ts';
import { defineHandler, type Flow, type Handler, hibernate, type Result, type Returned } from './handler.ts';
import type { OverRatePolicy, SessionLimits, SessionTuning, SlowConsumerPolicy } from './options.ts';
import type { KeptRequest, RequestFilter } from './request.ts';
import type { SessionSettings, startSession } from './session.ts';
import type { SessionRef } from './session-ref.ts';

interface News {
  readonly headline: string;
}

describe('commands', () => {
  it('may stand in a reply, alone or among frames', () => {
    const handler = defineHandler({
      init: () => ['reply', active(false), { count: 0 }],
      handleIn: (frame, state) => [
        'reply',
        [
          text('a'),
          deflate(false),
          binary(new Uint8Array(1)),
          setOptions({ heartbeat: 5 }),
          frame,
          shutdownReason('x'),
        ],
        state,
      ],
    });
    expectTypeOf(handler).toEqualTypeOf<Handler<{ count: number }, unknown, unknown>>();
    expectTypeOf<ReceivedFrame | PreparedFrame>().toExtend<Command>();
    expectTypeOf<readonly ['reply', (ReturnType<typeof active> | ReturnType<typeof text>)[], number]>().toExtend<
      Result<number>
    >();
  });

  it('may stand in a promise as well', () => {
    const handler = defineHandler({
      init: async () => ['reply', [active(true), prepare(text('x'))], 0, hibernate],
      handleIn: async (_, state) => ['reply', setOptions({}), state],
    });
    expectTypeOf(handler).toEqualTypeOf<Handler<number, unknown, unknown>>();
  });

  it('are none but these', () => {
    defineHandler<number>({
      // @ts-expect-error no such command
      init: () => ['reply', { type: 'pause' }, 0],
      // @ts-expect-error a switch is on or off
      handleIn: (_, state) => ['reply', { type: 'active', active: 'once' }, state],
      // @ts-expect-error commands stand in a reply alone
      handleInfo: (_, state) => ['ok', state, active(false)],
    });
    // @ts-expect-error a switch is on or off
    active('once');
    // @ts-expect-error a switch is on or off
    deflate(1);
  });
});

describe('setOptions', () => {
  it('takes what a session can be told, in its types', () => {
    expectTypeOf(setOptions).parameter(0).toEqualTypeOf<SessionTuning>();
    setOptions({ idleTimeout: Number.POSITIVE_INFINITY, limits: { maxMessage: 1000 }, slowConsumer: 'wait' });
    setOptions({ idleTimeout: undefined, limits: undefined });
    expectTypeOf<NonNullable<SessionTuning['slowConsumer']>>().toEqualTypeOf<SlowConsumerPolicy>();
    expectTypeOf<NonNullable<SessionTuning['overRate']>>().toEqualTypeOf<OverRatePolicy>();
    expectTypeOf<SessionLimits['maxByteRate']>().toBeNumber();
    // @ts-expect-error ms are a number
    setOptions({ idleTimeout: '5s' });
    // @ts-expect-error no such policy
    setOptions({ slowConsumer: 'drop' });
    // @ts-expect-error no such limit
    setOptions({ limits: { maxFrames: 1 } });
    // @ts-expect-error no option of a session that is open already
    setOptions({ role: 'client' });
    // @ts-expect-error nor what only its beginning needs
    setOptions({ reqFilter: () => ({}) });
  });

  it('takes the same as a session does at its beginning', () => {
    expectTypeOf<SessionSettings>().toExtend<SessionTuning>();
    expectTypeOf<Parameters<typeof startSession>[0]>().toExtend<SessionTuning>();
  });
});

describe('hibernate', () => {
  it('may end a result, whose state is inferred all the same', () => {
    const literal = defineHandler({
      init: () => ['ok', 'waiting'],
      handleIn(_, state) {
        expectTypeOf(state).toEqualTypeOf<string>();
        return ['ok', 'ready', hibernate];
      },
      handleInfo: (_message: News, state) => ['reply', [], state, hibernate],
    });
    expectTypeOf(literal).toEqualTypeOf<Handler<string, News, unknown>>();
    const beginning = defineHandler({
      init: () => ['ok', 'waiting', hibernate],
      handleIn: () => ['ok', 'ready'],
    });
    expectTypeOf(beginning).toEqualTypeOf<Handler<string, unknown, unknown>>();
    const nothing = defineHandler({
      init: async () => ['ok', undefined, hibernate],
      handleIn: async (_, state) => ['reply', text('x'), state, hibernate],
    });
    expectTypeOf(nothing).toEqualTypeOf<Handler<undefined, unknown, unknown>>();
    const replying = defineHandler({
      init: () => ['reply', [], 'waiting', hibernate],
      handleIn: (frame, state) => (frame.type === 'ping' ? ['ok', state, hibernate] : ['ok', state]),
    });
    expectTypeOf(replying).toEqualTypeOf<Handler<string, unknown, unknown>>();
    const later = defineHandler({
      init: async () => ['reply', text('x'), { name: 'x' }, hibernate],
      handleIn: async (_, state) => ['ok', state, hibernate],
    });
    expectTypeOf(later).toEqualTypeOf<Handler<{ name: string }, unknown, unknown>>();
    const written = defineHandler<string>({
      init: () => ['ok', 'waiting', hibernate],
      handleIn: async () => ['ok', 'ready', hibernate],
    });
    expectTypeOf(written).toEqualTypeOf<Handler<string>>();
  });

  it('does not make a literal of a state that is a string, without it either', () => {
    const handler = defineHandler({
      init: () => ['ok', 'waiting'],
      handleIn: () => ['ok', 'ready'],
      handleInfo: (_message: News, state) => ['reply', text(state), 'told'],
    });
    expectTypeOf(handler).toEqualTypeOf<Handler<string, News, unknown>>();
  });

  it('is a symbol that nothing else stands for, at the end of a result that goes on', () => {
    expectTypeOf<['ok', number, typeof hibernate]>().toExtend<Result<number>>();
    expectTypeOf<['reply', Command[], number, typeof hibernate]>().toExtend<Returned<number>>();
    expectTypeOf<['ok', number, symbol]>().not.toExtend<Result<number>>();
    expectTypeOf<['ok', number, 'hibernate']>().not.toExtend<Result<number>>();
    expectTypeOf<['ok', number, undefined]>().not.toExtend<Result<number>>();
    expectTypeOf<['stop', string, number, typeof hibernate]>().not.toExtend<Result<number>>();
    expectTypeOf<['ok', typeof hibernate, number]>().not.toExtend<Result<number>>();
  });
});

describe('flowInfo', () => {
  it('makes a message of the kind that handleInfo takes', () => {
    const handler = defineHandler({
      init: () => ['ok', 0],
      handleIn: (_, state) => ['ok', state],
      handleInfo: (news: News | Flow, state) => ['ok', 'headline' in news ? state : news.buffered],
      flowInfo: (flow) => {
        expectTypeOf(flow).toEqualTypeOf<Flow>();
        expectTypeOf(flow.type).toEqualTypeOf<'congested' | 'relieved'>();
        return flow;
      },
    });
    expectTypeOf(handler).toEqualTypeOf<Handler<number, News | Flow, unknown>>();
  });

  it('does not widen what handleInfo takes', () => {
    defineHandler({
      init: () => ['ok', 0],
      handleIn: (_, state) => ['ok', state],
      handleInfo: (_news: News, state) => ['ok', state],
      // @ts-expect-error news has a headline
      flowInfo: (flow) => flow,
    });
    const handler = defineHandler<number, News>({
      init: () => ['ok', 0],
      handleIn: (_, state) => ['ok', state],
      handleInfo: (_news, state) => ['ok', state],
      flowInfo: ({ type }) => ({ headline: type }),
    });
    expectTypeOf(handler).toEqualTypeOf<Handler<number, News>>();
  });
});

describe('the request of a session', () => {
  it('is what was kept of it: any part may be missing', () => {
    expectTypeOf<SessionRef['request']>().toEqualTypeOf<KeptRequest>();
    expectTypeOf<KeptRequest['path']>().toEqualTypeOf<string | undefined>();
    const filter: RequestFilter = ({ path, headers }) => ({ path, headers });
    expectTypeOf(filter).toExtend<SessionSettings['reqFilter']>();
    // @ts-expect-error it may not make anything up
    const inventive: RequestFilter = () => ({ user: 'x' });
    expectTypeOf(inventive).toExtend<RequestFilter>();
  });
});
