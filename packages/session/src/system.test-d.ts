import { answer, type Call, type ExitSignal, isCall } from '@genws/actor';
import { text } from '@genws/protocol';
import { describe, expectTypeOf, it } from 'vitest';
import { defineHandler, type Handler } from './handler.ts';
import type { SessionRef } from './session-ref.ts';
import {
  codeChange,
  getState,
  type ProcessInfo,
  processInfo,
  replaceState,
  resume,
  statistics,
  suspend,
  trace,
} from './system.ts';

type Counting = Call<{ type: 'count' }, number> | Call<{ type: 'add'; by: number }, undefined> | 'ping';

declare const counter: SessionRef<Counting>;
declare const anySession: SessionRef;

/** A handler in all but how it takes messages. */
const rest: Pick<Handler<number>, 'init' | 'handleIn'> = { init: () => ['ok', 0], handleIn: () => ['ok', 0] };

describe('an answer of handleInfo', () => {
  it('is of the type that the calls among its messages are answered with', () => {
    const handler = defineHandler({
      init: () => ['ok', 0],
      handleIn: (_, state) => ['ok', state],
      handleInfo(message: Counting, state) {
        if (isCall(message, 'count')) return ['answer', state, state];
        if (isCall(message, 'add')) return ['answer', undefined, state + message.request.by];
        return ['ok', state];
      },
    });
    expectTypeOf(handler).toEqualTypeOf<Handler<number, Counting, unknown>>();
    defineHandler<number, Counting>({ ...rest, handleInfo: async (_, state) => ['answer', state, state] });
  });

  it('of another type is refused, at once or later', () => {
    defineHandler<number, Counting>({
      ...rest,
      // @ts-expect-error the count is a number
      handleInfo: (_, state) => ['answer', 'many', state],
    });
    defineHandler<number, Counting>({
      ...rest,
      // @ts-expect-error the count is a number
      handleInfo: async (_, state) => ['answer', 'many', state],
    });
    defineHandler<number, Counting>({
      ...rest,
      // @ts-expect-error the state is a number
      handleInfo: () => ['answer', 1, 'state'],
    });
    defineHandler<number, Counting>({
      ...rest,
      // @ts-expect-error an answer has a state besides
      handleInfo: () => ['answer', 1],
    });
  });

  it('is refused where no message is a call', () => {
    defineHandler<number, string>({
      ...rest,
      // @ts-expect-error nobody waits for an answer
      handleInfo: (_, state) => ['answer', 1, state],
    });
  });

  it('can be given by hand, with the type that this very call wants', () => {
    defineHandler<number, Counting>({
      ...rest,
      handleInfo(message, state) {
        if (isCall(message, 'count')) answer(message.from, state);
        // @ts-expect-error the count is a number
        if (isCall(message, 'count')) answer(message.from, 'many');
        return ['ok', state];
      },
    });
  });

  it('is for handleInfo alone', () => {
    defineHandler<number, Counting>({
      // @ts-expect-error nobody has asked
      init: () => ['answer', 1, 0],
      // @ts-expect-error a frame is no call
      handleIn: (_, state) => ['answer', 1, state],
    });
  });
});

describe('what exitInfo makes of a signal', () => {
  it('is a message of the handler', () => {
    const handler = defineHandler<number, Counting | { readonly gone: string }>({
      ...rest,
      exitInfo(signal) {
        expectTypeOf(signal).toEqualTypeOf<ExitSignal>();
        return { gone: signal.reason.type };
      },
      handleInfo: (_, state) => ['ok', state],
    });
    expectTypeOf(handler).toEqualTypeOf<Handler<number, Counting | { readonly gone: string }>>();
  });

  it('of another type is refused, and does not widen what the handler takes', () => {
    defineHandler<number, Counting>({
      ...rest,
      // @ts-expect-error no such message
      exitInfo: ({ reason }) => ({ gone: reason.type }),
    });
    defineHandler({
      ...rest,
      // @ts-expect-error a number is no news
      exitInfo: () => 1,
      handleInfo: (news: string) => ['reply', text(news), 0],
    });
  });
});

describe('codeChange', () => {
  const next = defineHandler({
    version: 2,
    init: () => ['ok', 'state'],
    codeChange(oldState, version) {
      expectTypeOf(oldState).toBeUnknown();
      expectTypeOf(version).toBeUnknown();
      return `${oldState} ${version}`;
    },
    handleIn: (_, state) => ['ok', state],
    handleInfo: (message: Counting, state) => (isCall(message, 'count') ? ['answer', 1, state] : ['ok', state]),
  });

  it('takes a handler of the same messages, whatever its state', () => {
    expectTypeOf(codeChange(counter, next)).toEqualTypeOf<Promise<void>>();
    codeChange(counter, next, { timeout: 100 });
    codeChange(counter, {
      ...rest,
      handleInfo(message, state) {
        expectTypeOf(message).toEqualTypeOf<Counting>();
        return ['ok', state];
      },
    });
    // @ts-expect-error a timeout is a number
    codeChange(counter, next, { timeout: '1s' });
  });

  it('refuses one that takes other messages, or too few', () => {
    const deaf = defineHandler<number, number>({ ...rest, handleInfo: (_, state) => ['ok', state] });
    // @ts-expect-error it takes numbers
    codeChange(counter, deaf);
    const narrow = defineHandler<number, 'ping'>({ ...rest, handleInfo: (_, state) => ['ok', state] });
    // @ts-expect-error it knows no calls
    codeChange(counter, narrow);
  });

  it('makes the state that the callbacks pass on', () => {
    defineHandler<number>({
      ...rest,
      // @ts-expect-error the state is a number
      codeChange: () => 'zero',
    });
  });
});

describe('the other verbs', () => {
  it('take any session, and say nothing of a state that they cannot know', () => {
    expectTypeOf(getState(counter)).resolves.toBeUnknown();
    expectTypeOf(replaceState(anySession, (state) => state)).resolves.toBeUnknown();
    expectTypeOf(suspend(counter)).toEqualTypeOf<Promise<void>>();
    expectTypeOf(resume(counter, { timeout: Number.POSITIVE_INFINITY })).toEqualTypeOf<Promise<void>>();
    trace(counter, ({ callback }) => expectTypeOf(callback).toEqualTypeOf<'handleIn' | 'handleInfo' | 'terminate'>());
    trace(anySession, undefined);
    // @ts-expect-error whether it is to begin or to end is to be said
    trace(anySession);
    // @ts-expect-error what it becomes is worked out of what it is
    replaceState(anySession, { count: 1 });
  });

  it('answer at once where nothing is asked of the handler', () => {
    expectTypeOf(processInfo(counter)).toEqualTypeOf<ProcessInfo>();
    expectTypeOf(statistics(counter).bytesIn).toBeNumber();
    // @ts-expect-error a peer's state is its own affair
    processInfo(counter).handlerState;
  });
});
