import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultLimits, type SessionLimits } from './options.ts';
import { isMetered, RateMeter } from './rate.ts';

interface Rates {
  readonly messages?: number;
  readonly bytes?: number;
}

const limitsOf = ({ messages: maxMessageRate = Infinity, bytes: maxByteRate = Infinity }: Rates): SessionLimits => ({
  ...defaultLimits,
  maxMessageRate,
  maxByteRate,
});

/** A meter, and a clock that stands still. */
function createMeter(rates: Rates) {
  const limits = limitsOf(rates);
  const clock = { now: 5000 };
  const meter = new RateMeter(limits, clock.now);
  return {
    clock,
    exceeded: () => meter.exceeded(limits, clock.now),
    wait: () => meter.wait(limits),
    count: (bytes = 0) => meter.count(bytes),
    /** How many messages in a row are let through. */
    burst(bytes = 0): number {
      let taken = 0;
      for (; !meter.exceeded(limits, clock.now) && taken < 10_000; taken++) meter.count(bytes);
      return taken;
    },
  };
}

describe('a rate meter', () => {
  it('lets a second’s worth of messages through at once, and not one more', () => {
    expect(createMeter({ messages: 5 }).burst(1000)).toBe(5);
  });

  it('lets messages through until a second’s worth of bytes is used up, the last one whatever its size', () => {
    expect(createMeter({ bytes: 1000 }).burst(250)).toBe(4);
    expect(createMeter({ bytes: 1000 }).burst(999)).toBe(2);
    expect(createMeter({ bytes: 1000 }).burst(1_000_000)).toBe(1);
    expect(createMeter({ bytes: 1000 }).burst(0)).toBe(10_000);
  });

  it('holds a peer to whichever rate it reaches first', () => {
    expect(createMeter({ messages: 5, bytes: 1000 }).burst(10)).toBe(5);
    expect(createMeter({ messages: 5, bytes: 1000 }).burst(600)).toBe(2);
  });

  it('fills again with the rate, and never holds more than a second’s worth', () => {
    const { clock, burst } = createMeter({ messages: 10 });
    burst();
    for (const [ms, messages] of [
      [99, 0],
      [1, 1],
      [500, 5],
      [1000, 10],
      [3_600_000, 10],
    ] as const) {
      clock.now += ms;
      expect([ms, burst()]).toEqual([ms, messages]);
    }
  });

  it('gives back bytes at the rate, however deep a large message has gone', () => {
    const { clock, count, exceeded, wait } = createMeter({ bytes: 1000 });
    count(3500);
    expect([exceeded(), wait()]).toEqual([true, 2500]);
    clock.now += 2499;
    expect([exceeded(), wait()]).toEqual([true, 1]);
    clock.now += 2;
    expect([exceeded(), wait()]).toEqual([false, 0]);
  });

  it('tells how long the next message has to wait, by the rate that takes longer, in whole ms', () => {
    const { count, wait } = createMeter({ messages: 3, bytes: 1000 });
    expect(wait()).toBe(0);
    for (let i = 0; i < 3; i++) count(0);
    expect(wait()).toBe(334);
    count(2000);
    expect(wait()).toBe(1000);
  });

  it.each([0.5, 0.1, 0.001])('lets one message through at a time at %s a second', (messages) => {
    const { clock, burst, wait } = createMeter({ messages });
    for (let i = 0; i < 5; i++) {
      expect(burst()).toBe(1);
      expect(wait()).toBe(1000 / messages);
      clock.now += 1000 / messages;
    }
    clock.now += 10_000 / messages;
    expect(burst()).toBe(1);
  });

  it('lets one message through, and no other ever, at a rate of 0', () => {
    for (const rates of [{ messages: 0 }, { bytes: 0 }]) {
      const { clock, burst, wait } = createMeter(rates);
      expect(burst(1000)).toBe(1);
      clock.now += 1e9;
      expect([burst(1000), wait()]).toEqual([0, Infinity]);
    }
  });

  it('never stops a peer that no rate is set for', () => {
    const { burst, wait, clock } = createMeter({});
    expect([burst(1e12), wait()]).toEqual([10_000, 0]);
    clock.now += 5;
    expect(burst(1e12)).toBe(10_000);
  });

  it('lets the next message through after the time that it has told, whatever came before', () => {
    const gaps = fc.array(fc.record({ ms: fc.nat(2000), bytes: fc.nat(5000) }), { maxLength: 50 });
    const rate = fc.double({ min: 0.1, max: 10_000, noNaN: true });
    fc.assert(
      fc.property(rate, rate, gaps, (messages, bytes, sent) => {
        const meter = createMeter({ messages, bytes });
        for (const one of sent) {
          meter.clock.now += one.ms;
          if (meter.exceeded()) {
            meter.clock.now += meter.wait() + 1; // for what is lost in the last digits
            expect(meter.exceeded()).toBe(false);
          }
          meter.count(one.bytes);
        }
      }),
    );
  });

  it('lets no more through in any time than the rate and one second’s worth', () => {
    const sent = fc.array(fc.record({ ms: fc.nat(300), bytes: fc.nat(100) }), { minLength: 1, maxLength: 200 });
    const rate = fc.integer({ min: 1, max: 50 });
    fc.assert(
      fc.property(rate, rate, sent, (messages, bytes, all) => {
        const meter = createMeter({ messages, bytes });
        const begin = meter.clock.now;
        const taken = { messages: 0, bytes: 0 };
        for (const one of all) {
          meter.clock.now += one.ms;
          if (meter.exceeded()) continue;
          meter.count(one.bytes);
          taken.messages++;
          taken.bytes += one.bytes;
          const seconds = 1 + (meter.clock.now - begin) / 1000;
          expect(taken.messages).toBeLessThanOrEqual(messages * seconds + 1e-6);
          expect(taken.bytes).toBeLessThanOrEqual(bytes * seconds + 100);
        }
      }),
    );
  });
});

describe('what is metered', () => {
  it.each([
    [{}, false],
    [{ messages: 1e9 }, true],
    [{ bytes: 1e9 }, true],
    [{ messages: 0, bytes: 0 }, true],
  ] as const)('%j: %s', (rates, metered) => {
    expect(isMetered(limitsOf(rates))).toBe(metered);
  });
});
