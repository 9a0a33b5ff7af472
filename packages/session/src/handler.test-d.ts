import { createGroup, join, leave, tell } from '@genws/actor';
import { ping, type ReceivedFrame, type ReceivedText, text } from '@genws/protocol';
import { describe, expectTypeOf, it } from 'vitest';
import type { OutboundFrame } from './command.ts';
import { defineHandler, type Handler, type Result, type Returned, type WithOpts } from './handler.ts';
import type { SessionExit } from './reason.ts';
import type { SessionRequest } from './request.ts';
import { type Session, startSession } from './session.ts';
import type { SessionRef } from './session-ref.ts';
import type { Transport } from './transport.ts';

interface News {
  readonly headline: string;
}

/** A server, as far as the types go. */
declare function serve<State, Info, Opts>(
  options: { readonly handler: Handler<State, Info, Opts> } & WithOpts<Opts>,
): Session<Info>;

declare const transport: Transport;
declare const request: SessionRequest;
declare const newsSession: SessionRef<News>;
declare const anySession: SessionRef;
declare const stringSession: SessionRef<string>;

describe('defineHandler', () => {
  it('infers the state from init, and gives it to the other callbacks', () => {
    const handler = defineHandler({
      init: () => ['ok', { count: 0 }],
      handleIn(frame, state) {
        expectTypeOf(state).toEqualTypeOf<{ count: number }>();
        return frame.type === 'text' ? ['reply', frame, { count: state.count + 1 }] : ['ok', state];
      },
      terminate(reason, state) {
        expectTypeOf(reason).toEqualTypeOf<SessionExit>();
        expectTypeOf(state).toEqualTypeOf<{ count: number }>();
      },
    });
    expectTypeOf(handler).toEqualTypeOf<Handler<{ count: number }, unknown, unknown>>();
  });

  it('infers it from a promise as well, and from any of the three results', () => {
    const later = defineHandler({
      init: async () => ['ok', { count: 0 }],
      handleIn: async (_, state) => ['stop', 'done', state],
    });
    expectTypeOf(later).toEqualTypeOf<Handler<{ count: number }, unknown, unknown>>();
    const greeting = defineHandler({
      init: () => ['reply', [text('hi'), ping()], 'state'],
      handleIn: (_, state) => ['ok', state],
    });
    expectTypeOf(greeting).toEqualTypeOf<Handler<string, unknown, unknown>>();
  });

  it('infers the messages from handleInfo', () => {
    const handler = defineHandler({
      init: () => ['ok', 0],
      handleIn: (_, state) => ['ok', state],
      handleInfo(news: News, state, self) {
        expectTypeOf(self).toEqualTypeOf<SessionRef<News>>();
        return ['reply', text(news.headline), state];
      },
    });
    expectTypeOf(handler).toEqualTypeOf<Handler<number, News, unknown>>();
  });

  it('infers them where init and handleIn use self, too', () => {
    const group = createGroup<News>();
    const handler = defineHandler({
      init(_request, _opts, self) {
        tell(self, { headline: 'welcome' });
        join(group, self);
        return ['ok', 0];
      },
      handleIn(_frame, state, self) {
        leave(group, self);
        return ['ok', state];
      },
      handleInfo: (news: News, state) => ['reply', text(news.headline), state],
    });
    expectTypeOf(handler).toEqualTypeOf<Handler<number, News, unknown>>();
  });

  it('checks what self is told where its type is written out', () => {
    const handler = defineHandler({
      init(_request, _opts, self: SessionRef<News>) {
        // @ts-expect-error news has a headline
        tell(self, { title: 'welcome' });
        return ['ok', 0];
      },
      handleIn: (_, state) => ['ok', state],
      handleInfo: (news: News, state) => ['reply', text(news.headline), state],
    });
    expectTypeOf(handler).toEqualTypeOf<Handler<number, News, unknown>>();
  });

  it('infers the options from init', () => {
    const handler = defineHandler({
      init: (req, opts: { room: string }) => {
        expectTypeOf(req).toEqualTypeOf<SessionRequest>();
        return ['ok', opts.room];
      },
      handleIn: (_, state) => ['ok', state],
    });
    expectTypeOf(handler).toEqualTypeOf<Handler<string, unknown, { room: string }>>();
  });

  it('takes all three when they are written out', () => {
    const handler = defineHandler<string[], News, number>({
      init: (_request, opts, self) => {
        expectTypeOf(opts).toBeNumber();
        expectTypeOf(self).toEqualTypeOf<SessionRef>();
        return ['ok', []];
      },
      handleIn: (_, state) => ['ok', state],
      handleInfo: ({ headline }, state) => ['ok', [...state, headline]],
    });
    expectTypeOf(handler).toEqualTypeOf<Handler<string[], News, number>>();
  });

  it('refuses what is no result, and a state of another type', () => {
    defineHandler<number>({
      // @ts-expect-error an unknown tag
      init: () => ['okay', 0],
      // @ts-expect-error the state is a number
      handleIn: () => ['ok', 'zero'],
    });
    defineHandler<number>({
      // @ts-expect-error a reply without a state
      init: () => ['reply', text('x')],
      // @ts-expect-error a frame has a type
      handleIn: (_, state) => ['reply', { data: 'x' }, state],
    });
    // @ts-expect-error handleIn is missing
    defineHandler<number>({ init: () => ['ok', 0] });
  });
});

describe('the frames of handleIn', () => {
  it('narrow by type', () => {
    defineHandler<number>({
      init: () => ['ok', 0],
      handleIn(frame, state) {
        expectTypeOf(frame).toEqualTypeOf<ReceivedFrame>();
        switch (frame.type) {
          case 'text':
            expectTypeOf(frame).toEqualTypeOf<ReceivedText>();
            expectTypeOf(frame.data).toBeString();
            expectTypeOf(frame.bytes).toEqualTypeOf<Uint8Array>();
            return ['reply', frame, state];
          case 'binary':
          case 'ping':
          case 'pong':
            expectTypeOf(frame.data).toEqualTypeOf<Uint8Array>();
            return ['reply', frame, state];
          case 'close':
            expectTypeOf(frame.code).toEqualTypeOf<number | undefined>();
            expectTypeOf(frame.reason).toEqualTypeOf<string | undefined>();
            return ['ok', state];
          default:
            expectTypeOf(frame).toBeNever();
            return ['ok', state];
        }
      },
    });
  });
});

describe('the reason of terminate', () => {
  it('narrows by type', () => {
    const tellWhy = (reason: SessionExit): unknown => {
      switch (reason.type) {
        case 'remote':
          expectTypeOf(reason.code).toEqualTypeOf<number | undefined>();
          return reason.code;
        case 'crash':
          expectTypeOf(reason.error).toBeUnknown();
          return reason.callback;
        case 'transportError':
          expectTypeOf(reason.cause).toEqualTypeOf<Error>();
          return reason.cause;
        case 'timeout':
          expectTypeOf(reason.timeout).toEqualTypeOf<'idle' | 'heartbeat' | 'close' | 'init'>();
          return reason.timeout;
        case 'error':
          return reason.error;
        case 'stop':
        case 'shutdown':
          return reason.reason;
        case 'normal':
        case 'killed':
          return undefined;
        default:
          expectTypeOf(reason).toBeNever();
          return undefined;
      }
    };
    expectTypeOf(tellWhy).parameter(0).toEqualTypeOf<SessionExit>();
  });
});

describe('handlerOpts', () => {
  const plain = defineHandler({ init: () => ['ok', 0], handleIn: (_, state) => ['ok', state] });
  const wanting = defineHandler({
    init: (_request, { room }: { room: string }) => ['ok', room],
    handleIn: (_, state) => ['ok', state],
  });
  const willing = defineHandler({
    init: (_request, opts: { room: string } | undefined) => ['ok', opts?.room],
    handleIn: (_, state) => ['ok', state],
  });

  it('may be left out if and only if init does not say what it wants', () => {
    serve({ handler: plain });
    serve({ handler: plain, handlerOpts: 'whatever' });
    serve({ handler: wanting, handlerOpts: { room: 'lobby' } });
    serve({ handler: willing, handlerOpts: undefined });
    // @ts-expect-error init wants a room
    serve({ handler: wanting });
    // @ts-expect-error a room is a string
    serve({ handler: wanting, handlerOpts: { room: 1 } });
    // @ts-expect-error and has a name
    serve({ handler: wanting, handlerOpts: {} });
  });

  it('is always there for startSession', () => {
    startSession({ role: 'server', transport, request, handler: wanting, handlerOpts: { room: 'lobby' } });
    // @ts-expect-error init wants a room
    startSession({ role: 'server', transport, request, handler: wanting, handlerOpts: undefined });
    // @ts-expect-error there is no such role
    startSession({ role: 'proxy', transport, request, handler: plain, handlerOpts: undefined });
  });

  it('leaves the session with the messages of its handler', () => {
    const handler = defineHandler({
      init: () => ['ok', 0],
      handleIn: (_, state) => ['ok', state],
      handleInfo: (_news: News, state) => ['ok', state],
    });
    expectTypeOf(serve({ handler })).toEqualTypeOf<Session<News>>();
    expectTypeOf(serve({ handler })).toExtend<SessionRef<News>>();
    expectTypeOf(serve({ handler: plain })).toEqualTypeOf<Session<unknown>>();
  });
});

describe('results', () => {
  it('are a result, or a promise of one', () => {
    expectTypeOf<readonly ['ok', number]>().toExtend<Result<number>>();
    expectTypeOf<readonly ['stop', string, number]>().toExtend<Result<number>>();
    expectTypeOf<readonly ['reply', OutboundFrame[], number]>().toExtend<Result<number>>();
    expectTypeOf<Promise<Result<number>>>().toExtend<Returned<number>>();
    expectTypeOf<['ok']>().not.toExtend<Result<number>>();
    expectTypeOf<['stop', number]>().not.toExtend<Result<number>>();
    expectTypeOf<number>().not.toExtend<Returned<number>>();
  });
});
