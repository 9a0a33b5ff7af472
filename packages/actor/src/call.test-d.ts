import { describe, expectTypeOf, it } from 'vitest';
import { type ActorRefFrom, setup } from 'xstate';
import { answer, type Call, type CallError, call, type From, isCall, type ReplyOf, type RequestOf } from './call.ts';
import type { InfoEvent, Recipient } from './message.ts';
import type { Monitorable } from './monitor.ts';

interface News {
  readonly headline: string;
}

type Counter =
  | Call<{ type: 'count' }, number>
  | Call<{ type: 'add'; by: number }, void>
  | Call<{ type: 'list'; limit?: number }, readonly string[]>
  | News;

const machine = setup({ types: { events: {} as InfoEvent<Counter> | { type: 'other' } } }).createMachine({});

declare const counter: Recipient<Counter> & Monitorable;
declare const counterActor: ActorRefFrom<typeof machine>;
declare const newsOnly: Recipient<News> & Monitorable;
declare const anything: Recipient<unknown> & Monitorable;
declare const byWord: Recipient<Call<'up' | 'down', number> | Call<'name', string>> & Monitorable;
declare const unwatched: Recipient<Counter>;
declare const message: Counter;

describe('call', () => {
  it('infers the reply from the request', () => {
    expectTypeOf(call(counter, { type: 'count' })).toEqualTypeOf<Promise<number>>();
    expectTypeOf(call(counter, { type: 'add', by: 1 }, { timeout: 10 })).toEqualTypeOf<Promise<void>>();
    expectTypeOf(call(counter, { type: 'list' })).toEqualTypeOf<Promise<readonly string[]>>();
    expectTypeOf(call(counter, { type: 'list', limit: 3 })).toEqualTypeOf<Promise<readonly string[]>>();
    expectTypeOf(call(byWord, 'up')).toEqualTypeOf<Promise<number>>();
    expectTypeOf(call(byWord, 'name')).toEqualTypeOf<Promise<string>>();
    expectTypeOf(call(counterActor, { type: 'count' })).toEqualTypeOf<Promise<number>>();
  });

  it('infers either reply where the request may be either', () => {
    const request = {} as { type: 'count' } | { type: 'list' };
    expectTypeOf(call(counter, request)).toEqualTypeOf<Promise<number | readonly string[]>>();
  });

  it('takes no request that the actor does not know', () => {
    // @ts-expect-error a typo
    call(counter, { type: 'cuont' });
    // @ts-expect-error by is missing
    call(counter, { type: 'add' });
    // @ts-expect-error by is a number
    call(counter, { type: 'add', by: '1' });
    // @ts-expect-error a typo in what may be left out
    call(counter, { type: 'list', limt: 3 });
    // @ts-expect-error count has no limit
    call(counter, { type: 'count', limit: 3 });
    // @ts-expect-error news are told, not asked
    call(counter, { headline: 'x' });
    // @ts-expect-error it knows no requests
    call(newsOnly, { type: 'count' });
    // @ts-expect-error no such word
    call(byWord, 'left');
    // @ts-expect-error a typo, of an xstate actor
    call(counterActor, { type: 'cuont' });
  });

  it('knows nothing of what an actor answers that takes any message', () => {
    expectTypeOf(call(anything, { type: 'whatever' })).toEqualTypeOf<Promise<unknown>>();
  });

  it('asks who can be watched, with a timeout in ms', () => {
    // @ts-expect-error whether it ends cannot be known
    call(unwatched, { type: 'count' });
    // @ts-expect-error a timeout is a number
    call(counter, { type: 'count' }, { timeout: '1s' });
  });

  it('rejects with an error whose code is known', () => {
    expectTypeOf<CallError['code']>().toEqualTypeOf<'timeout' | 'noproc' | 'down' | 'deadlock'>();
  });
});

describe('the requests and replies of a message type', () => {
  it('can be named', () => {
    expectTypeOf<RequestOf<Counter>>().toEqualTypeOf<
      { type: 'count' } | { type: 'add'; by: number } | { type: 'list'; limit?: number }
    >();
    expectTypeOf<RequestOf<News>>().toBeNever();
    expectTypeOf<ReplyOf<Counter, { type: 'count' }>>().toEqualTypeOf<number>();
    expectTypeOf<ReplyOf<Counter, { type: 'none' }>>().toBeNever();
  });
});

describe('answer', () => {
  const toNumber = {} as From<number>;
  const toNobody = {} as From<void>;

  it('takes an answer of the right type', () => {
    answer(toNumber, 1);
    answer(toNobody);
    answer(toNobody, undefined);
    // @ts-expect-error a number is expected
    answer(toNumber, '1');
    // @ts-expect-error a number is expected
    answer(toNumber);
    // @ts-expect-error none is expected
    answer(toNobody, 1);
  });

  it('may give more than is asked for to who takes it, and not the other way round', () => {
    expectTypeOf<From<number | string>>().toExtend<From<number>>();
    expectTypeOf<From<number>>().not.toExtend<From<number | string>>();
  });
});

describe('isCall', () => {
  it('tells which request it is, so that the answer is checked', () => {
    if (isCall(message, 'count')) {
      expectTypeOf(message.from).toEqualTypeOf<From<number>>();
      answer(message.from, 1);
      // @ts-expect-error count is answered with a number
      answer(message.from, 'one');
    } else if (isCall(message, 'add')) {
      expectTypeOf(message.request.by).toBeNumber();
      answer(message.from);
      // @ts-expect-error add is answered with nothing
      answer(message.from, 1);
    } else if (isCall(message)) {
      expectTypeOf(message).toEqualTypeOf<Call<{ type: 'list'; limit?: number }, readonly string[]>>();
    } else {
      expectTypeOf(message).toEqualTypeOf<News>();
    }
  });

  it('takes no type that there is not', () => {
    // @ts-expect-error a typo
    isCall(message, 'cuont');
  });
});
