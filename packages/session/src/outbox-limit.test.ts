import { ping, text } from '@genws/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startOpen } from './machine-paths.fixture.ts';
import type { SlowConsumerPolicy } from './options.ts';
import { createOutbox, marks, overhead, sized } from './outbox.fixture.ts';

describe('more than maxBuffered', () => {
  it('is a frame that does not fit beside what waits, in the outbox and in the transport together', () => {
    const { outbox, sink } = createOutbox();
    sink.congested = true;
    sink.buffered = 100;
    expect(outbox.append(sized(600))).toBe('sent');
    expect(outbox.append(sized(301))).toBe('congested');
    expect(outbox.buffered).toBe(700);
    expect(outbox.append(sized(300))).toBe('sent');
    expect(outbox.append(text(''))).toBe('congested');
    expect(outbox.buffered).toBe(1000);
  });

  it('is counted in bytes, not in characters', () => {
    const { outbox, sink } = createOutbox();
    sink.buffered = 1;
    expect(outbox.append(text('ü'.repeat(436)))).toBe('congested');
    expect(outbox.append(text('ü'.repeat(435)))).toBe('sent');
  });

  it('is counted the same while the transport takes bytes: frames that have not left yet', () => {
    const { outbox } = createOutbox({ maxBuffered: 200 });
    expect(outbox.append(text('a'))).toBe('sent');
    expect(outbox.append(sized(198))).toBe('congested');
    expect(outbox.append(sized(197))).toBe('sent');
  });

  it('is not a frame that waits alone, however large it is', () => {
    for (const maxBuffered of [0, 1000]) {
      const { outbox, sink } = createOutbox({ maxBuffered });
      sink.congested = true;
      expect(outbox.append(sized(5000))).toBe('sent');
      expect(outbox.append(text(''))).toBe('congested');
    }
  });

  it('holds for pings of the handler’s own, too', () => {
    const { outbox, sink } = createOutbox({ maxBuffered: 100 });
    sink.buffered = 100;
    expect(outbox.append(ping('x'))).toBe('congested');
  });

  it.each(['close', 'wait'] as const)('refuses a frame under the policy %s, and drops nothing', (slowConsumer) => {
    const { outbox, sink, drain } = createOutbox({ slowConsumer });
    sink.congested = true;
    const outcomes = ['a', 'b', 'c', 'd', 'e', 'f'].map((mark) => outbox.append(sized(250, mark)));
    expect(outcomes).toEqual(['sent', 'sent', 'sent', 'sent', 'congested', 'congested']);
    expect([outbox.dropped, outbox.buffered]).toEqual([0, 1000]);
    drain();
    outbox.release();
    expect(marks(sink.wire)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('drops the newest under the policy drop-newest, counts it, and sends the others in order', () => {
    const { outbox, sink, drain } = createOutbox({ slowConsumer: 'drop-newest' });
    sink.congested = true;
    const outcomes = ['a', 'b', 'c', 'd', 'e', 'f'].map((mark) => outbox.append(sized(250, mark)));
    expect(outcomes).toEqual(['sent', 'sent', 'sent', 'sent', 'dropped', 'dropped']);
    expect([outbox.dropped, outbox.buffered]).toEqual([2, 1000]);
    drain();
    outbox.release();
    expect(marks(sink.wire)).toEqual(['a', 'b', 'c', 'd']);
    expect(outbox.append(sized(250, 'g'))).toBe('sent');
    expect(outbox.dropped).toBe(2);
  });

  it('drops what has waited longest under the policy drop-oldest, counts it, and keeps the newest in order', () => {
    const { outbox, sink, drain } = createOutbox({ slowConsumer: 'drop-oldest' });
    sink.congested = true;
    for (const mark of ['a', 'b', 'c', 'd', 'e', 'f']) expect(outbox.append(sized(250, mark))).toBe('sent');
    expect([outbox.dropped, outbox.buffered]).toEqual([2, 1000]);
    expect(outbox.append(sized(500, 'g'))).toBe('sent');
    expect([outbox.dropped, outbox.buffered]).toEqual([4, 1000]);
    drain();
    outbox.release();
    expect(marks(sink.wire)).toEqual(['e', 'f', 'g']);
  });

  it('drops no more than it has to, and nothing out of turn, whatever the sizes', () => {
    const { outbox, sink, drain } = createOutbox({ slowConsumer: 'drop-oldest' });
    sink.congested = true;
    for (const [size, mark] of [
      [150, 'a'],
      [500, 'b'],
      [350, 'c'],
      [150, 'd'],
    ] as const) {
      expect(outbox.append(sized(size, mark))).toBe('sent');
    }
    expect([outbox.dropped, outbox.buffered]).toEqual([1, 1000]);
    drain();
    outbox.release();
    expect(marks(sink.wire)).toEqual(['b', 'c', 'd']);
  });

  it('makes room for a frame larger than all that may wait by dropping all that does', () => {
    const { outbox, sink, drain } = createOutbox({ slowConsumer: 'drop-oldest' });
    sink.congested = true;
    for (const mark of ['a', 'b']) outbox.append(sized(250, mark));
    expect(outbox.append(sized(5000, 'large'))).toBe('sent');
    expect([outbox.dropped, outbox.buffered]).toEqual([2, 5000]);
    drain();
    outbox.release();
    expect(marks(sink.wire)).toEqual(['large']);
  });

  it('drops nothing for a frame that finds no room all the same: what the transport has cannot be dropped', () => {
    const { outbox, sink, drain } = createOutbox({ slowConsumer: 'drop-oldest' });
    sink.congested = true;
    sink.buffered = 500;
    outbox.append(sized(200, 'a'));
    expect(outbox.append(sized(501, 'large'))).toBe('dropped');
    expect([outbox.dropped, outbox.buffered]).toEqual([1, 700]);
    drain();
    outbox.release();
    expect(marks(sink.wire)).toEqual(['a']);
  });

  it('meets the policy of the call rather than the session’s, and the session’s as it is by then', () => {
    const { outbox, sink, tuning, tune } = createOutbox();
    sink.congested = true;
    outbox.append(sized(1000, 'a'));
    expect(outbox.append(sized(250), 'drop-newest')).toBe('dropped');
    expect(outbox.append(sized(250))).toBe('congested');
    tune({ ...tuning, slowConsumer: 'drop-newest' });
    expect(outbox.append(sized(250))).toBe('dropped');
    expect(outbox.append(sized(250), 'wait')).toBe('congested');
    expect(outbox.append(sized(250), 'drop-oldest')).toBe('sent');
    expect(outbox.dropped).toBe(3);
    tune({ ...tuning, limits: { ...tuning.limits, maxBuffered: 2000 } });
    expect(outbox.append(sized(1750))).toBe('sent');
    expect(outbox.buffered).toBe(2000);
  });

  it('never waits, and no message is lost uncounted, whatever is sent under whatever policy', () => {
    const policy = fc.constantFrom<SlowConsumerPolicy>('close', 'drop-oldest', 'drop-newest', 'wait');
    const sizes = fc.array(fc.integer({ min: overhead + 4, max: 1200 }), { maxLength: 40 });
    fc.assert(
      fc.property(policy, sizes, fc.nat(900), (slowConsumer, all, buffered) => {
        const { outbox, sink, drain } = createOutbox({ slowConsumer });
        sink.congested = true;
        sink.buffered = buffered;
        let model: { readonly mark: string; readonly size: number }[] = [];
        let dropped = 0;
        all.forEach((size, n) => {
          const waiting = (): number => model.reduce((sum, one) => sum + one.size, 0);
          const fits = (): boolean => buffered + waiting() === 0 || buffered + waiting() + size <= 1000;
          let should = 'sent';
          if (!fits()) {
            const hopeless = buffered > 0 && buffered + size > 1000;
            if (slowConsumer === 'drop-oldest' && !hopeless) {
              while (!fits()) {
                model = model.slice(1);
                dropped++;
              }
            } else if (slowConsumer.startsWith('drop')) should = 'dropped';
            else should = 'congested';
          }
          if (should === 'dropped') dropped++;
          if (should === 'sent') model.push({ mark: `${n}-`, size });
          expect(outbox.append(sized(size, `${n}-`))).toBe(should);
          expect([outbox.buffered, outbox.dropped]).toEqual([buffered + waiting(), dropped]);
          expect(outbox.buffered <= 1000 || model.length === 1).toBe(true);
        });
        drain();
        outbox.release();
        expect(marks(sink.wire).map((frame) => Number.parseInt(frame, 10))).toEqual(
          model.map(({ mark }) => Number.parseInt(mark, 10)),
        );
        expect(outbox.buffered).toBe(0);
      }),
    );
  });
});

describe('the flow to the peer', () => {
  const { context: relieved } = startOpen('server').actor.getSnapshot();
  const congested = { ...relieved, congested: true };
  const createStuck = (highWater: number, lowWater: number) => {
    const created = createOutbox({ highWater, lowWater });
    created.sink.congested = true;
    return created;
  };

  it('is congested above highWater, and relieved at lowWater', () => {
    const { outbox, sink } = createStuck(500, 200);
    outbox.append(sized(500));
    expect(outbox.flow(relieved)).toBeUndefined();
    sink.buffered = 1;
    expect(outbox.flow(relieved)).toEqual({ type: 'peer.congested' });
    expect(outbox.flow(congested)).toBeUndefined();
    const { outbox: above } = createStuck(500, 200);
    above.append(sized(201));
    expect(above.flow(congested)).toBeUndefined();
    const { outbox: below } = createStuck(500, 200);
    below.append(sized(200));
    expect(below.flow(congested)).toEqual({ type: 'peer.relieved' });
    expect(below.flow(relieved)).toBeUndefined();
  });

  it('is relieved at highWater at the latest, whatever lowWater is', () => {
    const { outbox, tune, tuning } = createStuck(300, 1e9);
    outbox.append(sized(301));
    expect([outbox.flow(relieved), outbox.flow(congested)]).toEqual([{ type: 'peer.congested' }, undefined]);
    tune({ ...tuning, limits: { ...tuning.limits, highWater: 301 } });
    expect([outbox.flow(relieved), outbox.flow(congested)]).toEqual([undefined, { type: 'peer.relieved' }]);
  });
});
