import { describe, expect, it } from 'vitest';
import { Liveness } from './liveness.ts';
import { resolveTuning } from './options.ts';

function createLiveness({ maxControlRate = 3, idleTimeout = 1000 } = {}) {
  const clock = { now: 5000 };
  const owner = {
    tuning: resolveTuning({ idleTimeout, limits: { maxControlRate } }),
    clock: { now: () => clock.now },
  };
  return { liveness: new Liveness(owner), clock, owner };
}

describe('liveness', () => {
  it('counts the silence from the beginning, and anew from each time that the peer is heard', () => {
    const { liveness, clock } = createLiveness();
    expect(liveness.silenceLeft).toBe(1000);
    clock.now += 400;
    expect(liveness.silenceLeft).toBe(600);
    liveness.heard();
    expect(liveness.silenceLeft).toBe(1000);
    clock.now += 1500;
    expect(liveness.silenceLeft).toBe(-500);
  });

  it('never ends without a deadline', () => {
    const { liveness, clock } = createLiveness({ idleTimeout: Number.POSITIVE_INFINITY });
    clock.now += 1e12;
    expect(liveness.silenceLeft).toBe(Number.POSITIVE_INFINITY);
  });

  it('takes as many control frames in a second as maxControlRate, and begins to count anew a second later', () => {
    const { liveness, clock } = createLiveness();
    const floods = (): boolean => {
      liveness.heard();
      return liveness.floods();
    };
    expect([floods(), floods(), floods(), floods()]).toEqual([false, false, false, true]);
    clock.now += 999;
    expect(floods()).toBe(true);
    clock.now += 1;
    expect([floods(), floods(), floods(), floods()]).toEqual([false, false, false, true]);
  });

  it('knows whether anything has come since the last ping, however many were sent', () => {
    const { liveness, clock } = createLiveness();
    expect(liveness.unanswered).toBe(false);
    liveness.pinged();
    expect(liveness.unanswered).toBe(true);
    clock.now += 10;
    liveness.pinged();
    expect(liveness.unanswered).toBe(true);
    liveness.heard();
    expect(liveness.unanswered).toBe(false);
    liveness.heard();
    expect(liveness.unanswered).toBe(false);
    liveness.pinged();
    expect(liveness.unanswered).toBe(true);
  });

  it('does not take its own pings for the peer’s', () => {
    const { liveness, clock } = createLiveness();
    clock.now += 600;
    liveness.pinged();
    expect(liveness.silenceLeft).toBe(400);
  });

  it('goes by its new options from when they change, and by what it knows already', () => {
    const { liveness, clock, owner } = createLiveness();
    clock.now += 600;
    liveness.pinged();
    liveness.floods();
    owner.tuning = resolveTuning({ idleTimeout: 5000, limits: { maxControlRate: 1 } });
    expect(liveness.silenceLeft).toBe(4400);
    expect(liveness.unanswered).toBe(true);
    expect(liveness.floods()).toBe(true);
    owner.tuning = resolveTuning({ idleTimeout: 100 });
    expect(liveness.silenceLeft).toBe(-500);
  });
});
