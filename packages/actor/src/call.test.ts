import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createActor, setup } from 'xstate';
import { answer, type Call, CallError, type CallOptions, call, type From, isCall } from './call.ts';
import { type Listener, observersOf, startListener } from './listener.fixture.ts';
import type { InfoEvent } from './message.ts';
import { monitor } from './monitor.ts';
import { runAs } from './running.ts';

type Request = { readonly type: 'double'; readonly n: number };
type Doubler = Call<Request, number>;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const startDoubler = () => startListener<Doubler>(({ request, from }) => answer(from, request.n * 2));

/** An actor that keeps who has asked, and does not answer by itself. */
function startSilent() {
  const asked: From<number>[] = [];
  return { silent: startListener<Doubler>(({ from }) => asked.push(from)), asked };
}

/** What became of a call: the answer, or the failure. */
async function outcomeOf(promise: Promise<number>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    return error instanceof CallError ? error.failure : error;
  }
}

const double = (target: Listener<Doubler>, n: number, options?: CallOptions): Promise<number> =>
  call(target, { type: 'double', n }, options);

describe('call', () => {
  it('tells the actor a request, and resolves with its answer', async () => {
    expect(await double(startDoubler(), 21)).toBe(42);
  });

  it('resolves with an answer that comes later, as long as it is in time', async () => {
    const { silent, asked } = startSilent();
    const promise = double(silent, 1);
    vi.advanceTimersByTime(4999);
    for (const from of asked) answer(from, 7);
    expect(await promise).toBe(7);
  });

  it('asks each of many callers’ questions once, and answers each with its own', async () => {
    const { silent, asked } = startSilent();
    const promises = [1, 2, 3].map((n) => double(silent, n));
    expect(asked).toHaveLength(3);
    for (const [index, from] of [...asked.entries()].reverse()) answer(from, index);
    expect(await Promise.all(promises)).toEqual([0, 1, 2]);
  });

  it('G11: rejects once when the answer does not come in time, and drops the late answer', async () => {
    const { silent, asked } = startSilent();
    const settled: unknown[] = [];
    double(silent, 1, { timeout: 100 }).then(
      (reply) => settled.push(reply),
      (error: unknown) => settled.push(error),
    );
    await vi.advanceTimersByTimeAsync(99);
    expect(settled).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(settled).toEqual([new CallError({ code: 'timeout', timeout: 100 })]);
    expect(settled[0]).toMatchObject({ name: 'CallError', code: 'timeout', message: 'no answer within 100 ms' });
    for (const from of asked) answer(from, 2);
    silent.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(settled).toHaveLength(1);
  });

  it('G11: waits 5 seconds unless told otherwise, and with Infinity for ever', async () => {
    const { silent } = startSilent();
    const outcomes: unknown[] = [];
    outcomeOf(double(silent, 1)).then((outcome) => outcomes.push(outcome));
    const forever = outcomeOf(double(silent, 2, { timeout: Number.POSITIVE_INFINITY }));
    const nearly = outcomeOf(double(silent, 3, { timeout: 2 ** 31 }));
    await vi.advanceTimersByTimeAsync(4999);
    expect(outcomes).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(outcomes).toEqual([{ code: 'timeout', timeout: 5000 }]);
    await vi.advanceTimersByTimeAsync(30 * 24 * 3600 * 1000);
    silent.stop();
    expect(await forever).toEqual({ code: 'down', reason: { type: 'killed' } });
    expect(await nearly).toEqual({ code: 'down', reason: { type: 'killed' } });
  });

  it('counts the first answer only', async () => {
    const twice = startListener<Doubler>(({ from }) => {
      answer(from, 1);
      answer(from, 2);
    });
    expect(await double(twice, 0)).toBe(1);
  });

  it('rejects with noproc when the actor has ended before', async () => {
    const doubler = startDoubler();
    doubler.stop();
    await expect(double(doubler, 1)).rejects.toMatchObject({ code: 'noproc', reason: undefined });
  });

  it('rejects with down when the actor ends before it has answered, with the reason', async () => {
    const { silent, asked } = startSilent();
    const promise = double(silent, 1);
    silent.stop();
    for (const from of asked) answer(from, 2);
    await expect(promise).rejects.toMatchObject({
      code: 'down',
      reason: { type: 'killed' },
      message: 'the actor ended before it had answered, with reason killed',
    });
  });

  it('rejects with down when the actor crashes on the request itself', async () => {
    const error = new Error('boom');
    const fragile = startListener<Doubler>(() => {
      throw error;
    });
    const failure = await outcomeOf(double(fragile, 1));
    expect(failure).toEqual({ code: 'down', reason: { type: 'crash', error } });
  });

  it('rejects with down when the actor is done instead', async () => {
    const machine = setup({ types: { events: {} as InfoEvent<Doubler> } }).createMachine({
      initial: 'idle',
      states: { idle: { on: { info: 'over' } }, over: { type: 'final' } },
    });
    expect(await outcomeOf(call(createActor(machine).start(), { type: 'double', n: 1 }))).toEqual({
      code: 'down',
      reason: { type: 'normal' },
    });
  });

  it('takes an answer that the actor gives with its last breath', async () => {
    const mortal: Listener<Doubler> = startListener<Doubler>(({ from }) => {
      mortal.stop();
      answer(from, 1);
    });
    expect(await double(mortal, 0)).toBe(1);
  });

  it('throws for a timeout that is none, and asks nothing', () => {
    const { silent, asked } = startSilent();
    for (const timeout of [-1, Number.NaN]) {
      expect(() => double(silent, 1, { timeout })).toThrow(
        new RangeError(`a timeout is a number of ms from 0 on, not ${timeout}`),
      );
    }
    expect(asked).toEqual([]);
  });

  it('leaves neither timer nor monitor behind, however it has ended', async () => {
    const { silent, asked } = startSilent();
    const outcomes = [double(silent, 1), double(silent, 2, { timeout: 10 })].map(outcomeOf);
    expect(observersOf(silent)).toBe(2);
    expect(vi.getTimerCount()).toBe(2);
    if (asked[0] !== undefined) answer(asked[0], 1);
    vi.advanceTimersByTime(10);
    expect(await Promise.all(outcomes)).toEqual([1, { code: 'timeout', timeout: 10 }]);
    expect(observersOf(silent)).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    const atOnce = startDoubler();
    await double(atOnce, 1);
    expect(observersOf(atOnce)).toBe(0);
    double(silent, 3).catch(() => {});
    silent.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a call to oneself', () => {
  it('G12: is refused as the deadlock that it is, and nothing is sent', async () => {
    const { silent, asked } = startSilent();
    const promise = runAs(silent, () => double(silent, 1));
    await expect(promise).rejects.toMatchObject({
      code: 'deadlock',
      message: 'an actor that waits for its own answer waits for ever',
    });
    expect(asked).toEqual([]);
  });

  it('G12: is none when another actor is called, or the code is over', async () => {
    const [first, second] = [startDoubler(), startDoubler()];
    expect(await runAs(first, () => double(second, 1))).toBe(2);
    runAs(first, () => {});
    expect(await double(first, 2)).toBe(4);
  });

  it('G12: is found through the code of another that runs meanwhile, and returns', async () => {
    const { silent, asked } = startSilent();
    const other = {};
    const outcomes: Promise<unknown>[] = [];
    runAs(silent, () => {
      runAs(other, () => outcomes.push(outcomeOf(double(silent, 1))));
      outcomes.push(outcomeOf(double(silent, 2)));
    });
    for (const from of asked) answer(from, 5);
    expect(await Promise.all(outcomes)).toEqual([5, { code: 'deadlock' }]);
  });
});

describe('isCall', () => {
  const from: From<unknown> = { answer: () => {} };

  it('knows a call by its shape, and its request by its type', () => {
    const message: unknown = { type: 'call', request: { type: 'double', n: 1 }, from };
    expect(isCall(message)).toBe(true);
    const known: Doubler = { type: 'call', request: { type: 'double', n: 1 }, from };
    expect(isCall(known, 'double')).toBe(true);
    const other: Doubler | Call<{ type: 'halve' }, number> = { type: 'call', request: { type: 'halve' }, from };
    expect([isCall(other, 'halve'), isCall<typeof known | typeof other, 'double'>(other, 'double')]).toEqual([
      true,
      false,
    ]);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a string', 'call'],
    ['another event', { type: 'news', request: {}, from }],
    ['no request', { type: 'call', from }],
    ['nobody to answer', { type: 'call', request: {} }],
  ])('takes no call for one that is none: %s', (_, message: unknown) => {
    expect(isCall(message)).toBe(false);
  });

  it('says of a request without a type that it is not of that type', () => {
    const message: Call<string, number> | Doubler = { type: 'call', request: 'double', from };
    expect(isCall<Call<string, number> | Doubler, 'double'>(message, 'double')).toBe(false);
    expect(isCall(message)).toBe(true);
  });
});

describe('a monitor beside a call', () => {
  it('is left alone by it', async () => {
    const doubler = startDoubler();
    const news: string[] = [];
    monitor(doubler, ({ reason }) => news.push(reason.type));
    await double(doubler, 1);
    expect(observersOf(doubler)).toBe(1);
    doubler.stop();
    expect(news).toEqual(['killed']);
  });
});
