import { runInNewContext } from 'node:vm';
import type { Report } from '@genws/actor';
import { received } from '@genws/protocol';
import { describe, expect, it } from 'vitest';
import type { Handler, Result } from './handler.ts';
import { createMailboxOnly } from './mailbox-only.fixture.ts';
import type { TraceEvent, TraceListener } from './system-request.ts';
import { traced } from './tracing.ts';

const { session } = createMailboxOnly();
const frame = received('text', Buffer.from('hello'));
const error = new Error('boom');
const unused = (): never => {
  throw new Error('this is not to be called');
};

/** A handler that is traced, and what is told of it. */
function trace(callbacks: Partial<Handler<unknown>>, listener?: TraceListener) {
  const events: TraceEvent[] = [];
  const reports: Report[] = [];
  const handler = traced(
    { init: unused, handleIn: unused, ...callbacks },
    [listener ?? ((event) => void events.push(event))],
    's:7',
    (report) => reports.push(report),
  );
  return { handler, events, reports };
}

const told = (callback: string, input: unknown, outcome: object) => ({
  callback,
  input,
  outcome,
  duration: expect.any(Number),
});

describe('a handler that is traced', () => {
  it('does what it does otherwise, and each call is told with what was given and what was returned', () => {
    const result: Result<unknown> = ['ok', 1];
    const { handler, events } = trace({
      handleIn: (received, state, self) => (received === frame && state === 0 && self === session ? result : unused()),
      handleInfo: (message, state, self) => (message === 'news' && state === 0 && self === session ? result : unused()),
      terminate: (exit, state, self) =>
        exit.type === 'normal' && state === 1 && self === session ? undefined : unused(),
    });
    expect(handler.handleIn(frame, 0, session)).toBe(result);
    expect(handler.handleInfo?.('news', 0, session)).toBe(result);
    expect(handler.terminate?.({ type: 'normal' }, 1, session)).toBeUndefined();
    expect(events).toEqual([
      told('handleIn', frame, { ok: true, value: result }),
      told('handleInfo', 'news', { ok: true, value: result }),
      told('terminate', { type: 'normal' }, { ok: true, value: undefined }),
    ]);
  });

  it('is told of when its promise settles, not before', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<unknown>>();
    const { handler, events } = trace({ handleIn: () => promise });
    expect(handler.handleIn(frame, 0, session)).toBe(promise);
    await Promise.resolve();
    expect(events).toEqual([]);
    resolve(['ok', 1]);
    await promise;
    expect(events).toEqual([told('handleIn', frame, { ok: true, value: ['ok', 1] })]);
  });

  it('may return a promise of any kind, such as one of another realm', async () => {
    const isPromise = (_: unknown): _ is Promise<Result<unknown>> => true;
    const foreign: unknown = runInNewContext('Promise.resolve(["ok", 1])');
    if (foreign instanceof Promise || !isPromise(foreign)) throw new TypeError('it is of this realm');
    const { handler, events } = trace({ handleIn: () => foreign });
    expect(handler.handleIn(frame, 0, session)).toBe(foreign);
    await foreign;
    expect(events).toEqual([told('handleIn', frame, { ok: true, value: ['ok', 1] })]);
  });

  it('throws and rejects as it does otherwise, which is told as well', async () => {
    const { handler, events } = trace({
      handleIn: () => {
        throw error;
      },
      handleInfo: () => Promise.reject(error),
    });
    expect(() => handler.handleIn(frame, 0, session)).toThrow(error);
    await expect(handler.handleInfo?.('news', 0, session)).rejects.toBe(error);
    const outcome = { ok: false, error };
    expect(events).toEqual([told('handleIn', frame, outcome), told('handleInfo', 'news', outcome)]);
  });

  it('is told of with how long it took, promises waited for', async () => {
    const { handler, events } = trace({ handleIn: () => new Promise((resolve) => setTimeout(resolve, 20, ['ok', 1])) });
    await handler.handleIn(frame, 0, session);
    expect(events[0]?.duration).toBeGreaterThan(15);
  });

  it('keeps its this, be it an object of a class with secrets', () => {
    class Counting implements Handler<unknown> {
      #calls = 0;
      init = unused;
      handleIn(): Result<number> {
        return ['ok', ++this.#calls];
      }
      handleInfo(): Result<number> {
        return ['ok', ++this.#calls];
      }
      terminate(): void {
        this.#calls++;
      }
      get calls(): number {
        return this.#calls;
      }
    }
    const counting = new Counting();
    const handler = traced(counting, [() => {}], 's:7', unused);
    handler.handleIn(frame, 0, session);
    handler.handleInfo?.('news', 0, session);
    handler.terminate?.({ type: 'normal' }, 0, session);
    expect(counting.calls).toBe(3);
  });

  it('has no callbacks that it did not have before', () => {
    const { handler } = trace({});
    expect([handler.handleInfo, handler.terminate]).toEqual([undefined, undefined]);
  });

  it('does not suffer from a listener that throws: that is reported', async () => {
    const broken = new Error('broken listener');
    const { handler, reports } = trace({ handleIn: () => ['ok', 1], handleInfo: async () => ['ok', 2] }, () => {
      throw broken;
    });
    expect(handler.handleIn(frame, 0, session)).toEqual(['ok', 1]);
    expect(await handler.handleInfo?.('news', 0, session)).toEqual(['ok', 2]);
    const report = { level: 'error', event: 'session.traceFailed', error: broken, fields: { session: 's:7' } };
    expect(reports).toEqual([expect.objectContaining(report), expect.objectContaining(report)]);
  });
});
