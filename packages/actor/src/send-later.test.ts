import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Listener, observersOf, startListener } from './listener.fixture.ts';
import { cancelTimer, sendAfter, sendInterval, type TimerRef } from './send-later.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function startNoting() {
  const heard: string[] = [];
  return { listener: startListener((message) => heard.push(message)), heard };
}

describe('sendAfter', () => {
  it('tells a message once, when the time has passed', () => {
    const { listener, heard } = startNoting();
    const ref = sendAfter(listener, 'wake up', 1000);
    expect(ref.active).toBe(true);
    vi.advanceTimersByTime(999);
    expect(heard).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(heard).toEqual(['wake up']);
    expect(ref.active).toBe(false);
    vi.advanceTimersByTime(10_000);
    expect(heard).toEqual(['wake up']);
  });

  it('tells nothing before it has returned, even without a delay', () => {
    const { listener, heard } = startNoting();
    sendAfter(listener, 'soon', 0);
    expect(heard).toEqual([]);
    vi.runAllTimers();
    expect(heard).toEqual(['soon']);
  });

  it('may be called again on hearing the message', () => {
    const heard: number[] = [];
    const listener: Listener<number> = startListener<number>((n) => {
      heard.push(n);
      if (n < 3) sendAfter(listener, n + 1, 10);
    });
    sendAfter(listener, 1, 10);
    vi.advanceTimersByTime(30);
    expect(heard).toEqual([1, 2, 3]);
  });
});

describe('sendInterval', () => {
  it('tells a message again and again until it is cancelled', () => {
    const { listener, heard } = startNoting();
    const ref = sendInterval(listener, 'tick', 100);
    vi.advanceTimersByTime(350);
    expect(heard).toEqual(['tick', 'tick', 'tick']);
    expect(cancelTimer(ref)).toBe(50);
    vi.advanceTimersByTime(1000);
    expect(heard).toHaveLength(3);
  });

  it('may be cancelled on hearing the message', () => {
    const heard: string[] = [];
    let ref: TimerRef | undefined;
    const listener = startListener((message) => {
      heard.push(message);
      if (heard.length === 2 && ref !== undefined) cancelTimer(ref);
    });
    ref = sendInterval(listener, 'tick', 100);
    vi.advanceTimersByTime(1000);
    expect(heard).toEqual(['tick', 'tick']);
  });
});

describe('cancelTimer', () => {
  it('answers with the ms that were left, and with nothing where no message was to come', () => {
    const { listener, heard } = startNoting();
    const ref = sendAfter(listener, 'never', 1000);
    vi.advanceTimersByTime(400);
    expect(cancelTimer(ref)).toBe(600);
    expect(cancelTimer(ref)).toBeUndefined();
    const done = sendAfter(listener, 'done', 10);
    vi.advanceTimersByTime(10);
    expect(cancelTimer(done)).toBeUndefined();
    vi.advanceTimersByTime(10_000);
    expect(heard).toEqual(['done']);
  });
});

describe.each([
  ['sendAfter', sendAfter],
  ['sendInterval', sendInterval],
])('any timer: %s', (_, start) => {
  it('G14: never fires after its target has ended, and is gone with it', () => {
    const { listener, heard } = startNoting();
    const refs = [1, 10, 1000].map((ms) => start(listener, 'too late', ms));
    listener.stop();
    expect(refs.map(({ active }) => active)).toEqual([false, false, false]);
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(10_000);
    expect(heard).toEqual([]);
    expect(refs.map(cancelTimer)).toEqual([undefined, undefined, undefined]);
  });

  it('G14: never fires after its target has crashed on its message', () => {
    let told = 0;
    const listener = startListener(() => {
      told++;
      throw new Error('boom');
    });
    const refs = [start(listener, 'crash', 10), start(listener, 'again', 20)];
    // The crash of an actor that nobody watches any more is thrown by xstate from a timer of its own.
    const watched = listener.subscribe({ error: () => {} });
    vi.advanceTimersByTime(1000);
    expect(told).toBe(1);
    expect(refs.map(({ active }) => active)).toEqual([false, false]);
    watched.unsubscribe();
  });

  it('G14: does not begin for the dead', () => {
    const { listener, heard } = startNoting();
    listener.stop();
    const ref = start(listener, 'too late', 10);
    expect(ref.active).toBe(false);
    expect(cancelTimer(ref)).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(100);
    expect(heard).toEqual([]);
  });

  it('leaves no monitor with the target', () => {
    const { listener } = startNoting();
    const refs = Array.from({ length: 10 }, () => start(listener, 'x', 100));
    expect(observersOf(listener)).toBe(10);
    for (const ref of refs) cancelTimer(ref);
    expect(observersOf(listener)).toBe(0);
    sendAfter(listener, 'x', 10);
    vi.advanceTimersByTime(10);
    expect(observersOf(listener)).toBe(0);
  });

  it.each([Number.NaN, -1, 2 ** 31, Number.POSITIVE_INFINITY])('throws for a delay of %s ms', (ms) => {
    const { listener } = startNoting();
    expect(() => start(listener, 'x', ms)).toThrow(RangeError);
    expect(observersOf(listener)).toBe(0);
  });
});

describe('the delays of Node', () => {
  it('are taken up to the longest, 24.8 days, and from 0, for an interval from 1', () => {
    const { listener, heard } = startNoting();
    const refs = [sendAfter(listener, 'late', 2 ** 31 - 1), sendInterval(listener, 'late', 2 ** 31 - 1)];
    vi.advanceTimersByTime(24 * 24 * 3600 * 1000);
    expect(heard).toEqual([]);
    for (const ref of refs) cancelTimer(ref);
    expect(() => sendInterval(listener, 'x', 0)).toThrow('ms must be a number from 1 to 2147483647, not 0');
  });
});
