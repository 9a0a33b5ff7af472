import { describe, expect, it } from 'vitest';
import { RateHistory, shownSeconds } from './rate-history.ts';

const counts = (messagesIn: number) => ({ messagesIn, messagesOut: 0, bytesIn: 0, bytesOut: 0 });
const start = 1_700_000_000_000;
const sum = (rates: readonly number[]) => rates.reduce((a, b) => a + b, 0);

describe('the rates of a session', () => {
  it('are what was counted in each second', () => {
    const history = new RateHistory();
    history.record(start, start + 400, counts(0), counts(3));
    history.record(start + 400, start + 900, counts(3), counts(5));
    history.record(start + 1000, start + 1500, counts(5), counts(12));
    const rates = history.rates('messagesIn', start + 2000);
    expect(rates).toHaveLength(shownSeconds);
    expect(rates.slice(-3)).toEqual([0, 5, 7]);
    expect(history.rates('messagesOut', start + 2000)).toEqual(Array(shownSeconds).fill(0));
  });

  it('are spread over the time since the last news', () => {
    const history = new RateHistory();
    history.record(start + 500, start + 2500, counts(0), counts(20));
    expect(history.rates('messagesIn', start + 3000).slice(-4)).toEqual([0, 5, 10, 5]);
  });

  it('grow old and are forgotten', () => {
    const history = new RateHistory();
    history.record(start, start + 500, counts(0), counts(9));
    expect(sum(history.rates('messagesIn', start + 30_000))).toBe(9);
    expect(history.rates('messagesIn', start + 60_000)[0]).toBe(9);
    expect(sum(history.rates('messagesIn', start + 61_000))).toBe(0);
    history.record(start + 200_000, start + 200_500, counts(9), counts(10));
    expect(sum(history.rates('messagesIn', start + 201_000))).toBe(1);
  });

  it('are the average of five seconds where one figure is wanted', () => {
    const history = new RateHistory();
    history.record(start, start + 999, counts(0), counts(10));
    expect(history.recent('messagesIn', start + 3000)).toBe(2);
    expect(history.recent('messagesIn', start + 9000)).toBe(0);
  });

  it('are not upset by a count that begins anew, or by a clock that goes back', () => {
    const history = new RateHistory();
    history.record(start, start + 500, counts(9), counts(0));
    history.record(start, start - 5000, counts(0), counts(1));
    expect(sum(history.rates('messagesIn', start + 1000))).toBe(1);
  });
});
