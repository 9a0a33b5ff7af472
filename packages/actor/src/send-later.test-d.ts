import { describe, expectTypeOf, it } from 'vitest';
import type { Recipient } from './message.ts';
import type { Monitorable } from './monitor.ts';
import { cancelTimer, sendAfter, sendInterval, type TimerRef } from './send-later.ts';

declare const reader: Recipient<{ readonly headline: string }> & Monitorable;
declare const unwatched: Recipient<string>;

describe('timers', () => {
  it('tell an actor what it takes', () => {
    expectTypeOf(sendAfter(reader, { headline: 'x' }, 10)).toEqualTypeOf<TimerRef>();
    expectTypeOf(sendInterval(reader, { headline: 'x' }, 10)).toEqualTypeOf<TimerRef>();
    expectTypeOf(cancelTimer).returns.toEqualTypeOf<number | undefined>();
    // @ts-expect-error no news
    sendAfter(reader, 'x', 10);
    // @ts-expect-error a headline is a string
    sendInterval(reader, { headline: 1 }, 10);
    // @ts-expect-error whether it ends cannot be known
    sendAfter(unwatched, 'x', 10);
    // @ts-expect-error ms are a number
    sendAfter(reader, { headline: 'x' }, '10');
  });
});
