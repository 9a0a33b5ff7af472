import { CallError, type Report, runAs } from '@genws/actor';
import { HeaderMap } from '@genws/protocol';
import { describe, expect, it } from 'vitest';
import { Behaviour } from './behaviour.ts';
import type { Decision } from './event.ts';
import type { Handler } from './handler.ts';
import { createMailboxOnly } from './mailbox-only.fixture.ts';
import { createOutbox } from './outbox.fixture.ts';
import { codeChange, getState, processInfo, replaceState, resume, statistics, suspend, trace } from './system.ts';
import type { SystemEvent, TraceEvent } from './system-request.ts';

const boom = new Error('boom');
const fail = (): never => {
  throw boom;
};

type Callbacks = Partial<Handler<unknown, string>>;
const handlerOf = (callbacks: Callbacks = {}): Handler<unknown, string> => ({
  init: () => ['ok', 'initial'],
  handleIn: (_, state) => ['ok', state],
  handleInfo: (message, state) => ['ok', `${state} ${message}`],
  ...callbacks,
});

/** A session that only takes messages, and what runs its handler. */
function create(handler: Handler<unknown, string> = handlerOf(), initialised = true) {
  const { session, messages } = createMailboxOnly<string>();
  const reports: Report[] = [];
  const { outbox } = createOutbox();
  const behaviour = new Behaviour(handler, { outbox, self: session, logger: (report) => reports.push(report) });
  if (initialised) behaviour.init({ method: 'GET', path: '/', headers: new HeaderMap() }, undefined);
  /** Deal with what has been asked since. */
  const answerAll = (): Decision[] =>
    messages
      .splice(0)
      .filter((event): event is SystemEvent => event.type === 'system')
      .map((event) => behaviour.answer(event));
  /** Ask, and deal with it at once. */
  const ask = <Answer>(question: Promise<Answer>): Promise<Answer> => {
    answerAll();
    return question;
  };
  return { session, messages, behaviour, reports, answerAll, ask };
}

describe('what is asked of a session', () => {
  const verbs: readonly [string, (session: ReturnType<typeof create>['session']) => Promise<unknown>, unknown][] = [
    ['getState', (session) => getState(session), 'initial'],
    ['replaceState', (session) => replaceState(session, (state) => `${state} and more`), 'initial and more'],
    ['suspend', (session) => suspend(session), undefined],
    ['resume', (session) => resume(session), undefined],
    ['trace', (session) => trace(session, () => {}), expect.any(Function)],
    ['codeChange', (session) => codeChange(session, handlerOf()), undefined],
  ];

  it.each(verbs)('%s waits in its mailbox until it is dealt with', async (_, verb, answer) => {
    const { session, messages, answerAll } = create();
    let settled = false;
    const question = verb(session).finally(() => {
      settled = true;
    });
    await Promise.resolve();
    expect([messages.map(({ type }) => type), settled]).toEqual([['system'], false]);
    answerAll();
    expect(await question).toEqual(answer);
  });

  it.each(verbs)('%s is refused by a session that has ended, and in code of its own', async (_, verb) => {
    const over = createMailboxOnly<string>('done');
    await expect(verb(over.session)).rejects.toMatchObject({ name: 'CallError', code: 'noproc' });
    const { session, messages } = create();
    await expect(runAs(session, () => verb(session))).rejects.toMatchObject({ name: 'CallError', code: 'deadlock' });
    expect([...messages, ...over.messages]).toEqual([]);
  });

  it('is given up after the time given, and an answer that comes later is dropped', async () => {
    const { session, answerAll } = create();
    const question = getState(session, { timeout: 1 });
    await expect(question).rejects.toMatchObject({ code: 'timeout', failure: { timeout: 1 } });
    expect(() => answerAll()).not.toThrow();
    await expect(getState(session, { timeout: -1 })).rejects.toThrow(RangeError);
  });

  it('is not answered while there is no state: before init has returned one, and after terminate', () => {
    const answers: unknown[] = [];
    const event: SystemEvent = {
      type: 'system',
      request: { type: 'suspend' },
      from: { answer: (reply) => answers.push(reply) },
    };
    const early = create(handlerOf(), false);
    expect(early.behaviour.answer(event)).toBeUndefined();
    const late = create();
    late.behaviour.terminate({ type: 'normal' });
    expect(late.behaviour.answer(event)).toBeUndefined();
    expect(answers).toEqual([]);
  });

  it('leads to a decision where the statechart has to know', () => {
    const { session, answerAll } = create();
    const questions = [suspend(session), resume(session), getState(session), trace(session, undefined)];
    expect(answerAll()).toEqual([{ type: 'system.suspended' }, { type: 'system.resumed' }, undefined, undefined]);
    return Promise.all(questions);
  });

  it('is refused with a TypeError where it is nothing that can be asked, and nothing changes', async () => {
    const { session, behaviour, ask } = create();
    const isEvent = (_: unknown): _ is SystemEvent => true;
    for (const request of [{ type: 'hello' }, {}, 'hello', null, undefined]) {
      const { promise, resolve } = Promise.withResolvers<unknown>();
      const event: unknown = { type: 'system', request, from: { answer: resolve } };
      if (isEvent(event)) expect(behaviour.answer(event)).toBeUndefined();
      expect(await promise).toEqual({ ok: false, error: expect.any(TypeError) });
    }
    expect(await ask(getState(session))).toBe('initial');
  });

  it('by somebody who cannot be answered is dealt with all the same', async () => {
    const { session, behaviour, ask } = create();
    const isEvent = (_: unknown): _ is SystemEvent => true;
    for (const from of [undefined, {}, { answer: fail }]) {
      const event: unknown = { type: 'system', request: { type: 'suspend' }, from };
      if (isEvent(event)) expect(behaviour.answer(event)).toEqual({ type: 'system.suspended' });
    }
    expect(await ask(getState(session))).toBe('initial');
  });
});

describe('replaceState', () => {
  it('puts another state in the place of the old one', async () => {
    const { session, behaviour, ask } = create();
    expect(await ask(replaceState(session, (state) => [state]))).toEqual(['initial']);
    behaviour.handleInfo('news');
    expect(await ask(getState(session))).toBe('initial news');
  });

  it('rejects with what the function throws, and keeps the state', async () => {
    const { session, ask } = create();
    await expect(ask(replaceState(session, fail))).rejects.toBe(boom);
    expect(await ask(getState(session))).toBe('initial');
  });
});

describe('codeChange', () => {
  it('makes a new state of the old one, and hands over the version of the handler that goes', async () => {
    const { session, behaviour, ask } = create(handlerOf({ version: { major: 1 } }));
    const given: unknown[] = [];
    const next = handlerOf({
      version: 2,
      codeChange(...args) {
        given.push(...args);
        return 'migrated';
      },
      handleInfo: (message, state) => ['ok', `v2 ${state} ${message}`],
    });
    await ask(codeChange(session, next));
    behaviour.handleInfo('news');
    expect([given, await ask(getState(session))]).toEqual([['initial', { major: 1 }], 'v2 migrated news']);
    const last = handlerOf({ codeChange: (_, version) => `from ${version}` });
    await ask(codeChange(session, last));
    expect(await ask(getState(session))).toBe('from 2');
  });

  it('keeps the state where the new handler does not say otherwise', async () => {
    const { session, ask } = create();
    await ask(codeChange(session, handlerOf()));
    expect(await ask(getState(session))).toBe('initial');
  });

  it('that throws leaves the old handler in charge, and its state', async () => {
    const { session, behaviour, ask } = create(handlerOf({ version: 1 }));
    const next = handlerOf({ version: 2, codeChange: fail, handleInfo: () => ['ok', 'v2'] });
    await expect(ask(codeChange(session, next))).rejects.toBe(boom);
    behaviour.handleInfo('news');
    expect(await ask(getState(session))).toBe('initial news');
    await ask(codeChange(session, handlerOf({ codeChange: (_, version) => `from ${version}` })));
    expect(await ask(getState(session))).toBe('from 1');
  });

  it('refuses what is no handler, and nothing changes', async () => {
    const { session, ask } = create();
    const isHandler = (_: unknown): _ is Handler<unknown, string> => true;
    for (const none of [{}, { init: () => {} }, { init: () => {}, handleIn: 'no' }]) {
      if (isHandler(none)) await expect(ask(codeChange(session, none))).rejects.toThrow(TypeError);
    }
    expect(await ask(getState(session))).toBe('initial');
  });
});

describe('trace', () => {
  it('begins with the next callback, and ends when nobody listens any more', async () => {
    const { session, behaviour, ask } = create();
    const events: TraceEvent[] = [];
    behaviour.handleInfo('before');
    await ask(trace(session, (event) => events.push(event)));
    behaviour.handleInfo('one');
    await ask(trace(session, undefined));
    behaviour.handleInfo('after');
    expect(events.map(({ input }) => input)).toEqual(['one']);
  });

  it('has as many listeners as have asked, until each has enough, or all have', async () => {
    const { session, behaviour, ask } = create();
    const heard: string[] = [];
    const enough = await ask(trace(session, () => heard.push('first')));
    await ask(trace(session, () => heard.push('second')));
    await ask(trace(session, () => heard.push('third')));
    behaviour.handleInfo('one');
    expect(heard.splice(0)).toEqual(['first', 'second', 'third']);
    await ask(enough());
    behaviour.handleInfo('two');
    expect(heard.splice(0)).toEqual(['second', 'third']);
    await ask(trace(session, undefined));
    behaviour.handleInfo('three');
    expect(heard).toEqual([]);
  });

  it('ends with the code that is traced, unless that stays after all', async () => {
    const { session, behaviour, ask } = create();
    const events: TraceEvent[] = [];
    await ask(trace(session, (event) => events.push(event)));
    await expect(ask(codeChange(session, handlerOf({ codeChange: fail })))).rejects.toBe(boom);
    behaviour.handleInfo('one');
    expect(events).toHaveLength(1);
    await ask(codeChange(session, handlerOf()));
    behaviour.handleInfo('two');
    expect(events).toHaveLength(1);
  });

  it('leaves a handler what its class has given it', async () => {
    class Trapping implements Handler<unknown, string> {
      readonly name = 'trapping';
      init = handlerOf().init;
      handleIn = handlerOf().handleIn;
      exitInfo(): string {
        return `${this.name} exit`;
      }
      flowInfo(): string {
        return `${this.name} flow`;
      }
    }
    const { session, behaviour, ask } = create(new Trapping());
    await ask(trace(session, () => {}));
    const signal = { type: 'exit', from: undefined, reason: { type: 'normal' } } as const;
    expect(behaviour.exitInfo(signal)).toEqual({ type: 'info', message: 'trapping exit' });
    expect(behaviour.flowInfo({ type: 'congested', buffered: 1 })).toEqual({ type: 'info', message: 'trapping flow' });
  });
});

describe('what can be seen without asking', () => {
  it('is what the session says of itself, whoever looks and whether it has ended', () => {
    const { session } = createMailboxOnly('done');
    expect(runAs(session, () => statistics(session))).toEqual(session.statistics);
    const { id, state, peer, buffered, dropped } = session;
    expect(processInfo(session)).toEqual({
      ...{ id, state, peer, buffered, dropped },
      ...session.statistics,
      ...session.load,
    });
  });
});

it('a CallError is what every one of them rejects with that was not answered', async () => {
  const { session } = createMailboxOnly('done');
  await expect(getState(session)).rejects.toBeInstanceOf(CallError);
});
