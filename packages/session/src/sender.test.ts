import { ping, text } from '@genws/protocol';
import { describe, expect, it } from 'vitest';
import type { OutboundFrame } from './command.ts';
import type { SendOutcome, SendReceipt } from './event.ts';
import type { ResolvedTuning, SlowConsumerPolicy } from './options.ts';
import { createOutbox, marks, sized } from './outbox.fixture.ts';
import { Sender } from './sender.ts';

/** A sender whose peer does not read. */
function createSender(slowConsumer: SlowConsumerPolicy = 'close') {
  const created = createOutbox({ slowConsumer, highWater: 500, lowWater: 200 });
  const { outbox, sink, tuning } = created;
  const owner = { outbox, tuning };
  const sender = new Sender(owner);
  sink.congested = true;
  return {
    ...created,
    sender,
    /** Options have changed. */
    tune(changed: ResolvedTuning): void {
      owner.tuning = changed;
    },
    /** What became of frames, and what is to be decided. */
    send(frames: readonly OutboundFrame[], policy?: SlowConsumerPolicy) {
      const receipt: SendReceipt = { outcome: 'queued' };
      const decision = sender.send({ type: 'send', frames, receipt, slowConsumer: policy });
      return [receipt.outcome, decision];
    },
    /** The same for one who waits: what it has been told so far. */
    await(frames: readonly OutboundFrame[]): SendOutcome[] {
      const told: SendOutcome[] = [];
      const receipt: SendReceipt = { outcome: 'queued', settled: (outcome) => told.push(outcome) };
      sender.send({ type: 'send', frames, receipt, slowConsumer: 'wait' });
      return told;
    },
  };
}

describe('frames of others', () => {
  it('are sent in their order', () => {
    const { send, drain, outbox, sink } = createSender();
    expect(send([sized(200, 'a'), sized(200, 'b')])).toEqual(['sent', undefined]);
    expect(send([])).toEqual(['sent', undefined]);
    drain();
    outbox.release();
    expect(marks(sink.wire)).toEqual(['a', 'b']);
  });

  it('end with a close frame, after those before it', () => {
    const { send, outbox } = createSender();
    const frame = { type: 'close', code: 4000 } as const;
    expect(send([sized(200), frame, sized(200)])).toEqual(['sent', { type: 'close', frame }]);
    expect(outbox.buffered).toBe(200);
  });

  it.each<readonly [SlowConsumerPolicy, SendOutcome, unknown, number, number]>([
    ['close', 'congested', { type: 'peer.stalled' }, 600, 0],
    ['wait', 'congested', undefined, 600, 0],
    ['drop-newest', 'dropped', undefined, 1000, 1],
    ['drop-oldest', 'sent', undefined, 1000, 1],
  ])('that find no room meet the policy %s: %s', (policy, outcome, decision, buffered, dropped) => {
    for (const own of [true, false]) {
      // The session's policy, or that of the call instead of another of the session's.
      const { send, outbox } = createSender(own ? policy : policy === 'close' ? 'wait' : 'close');
      send([sized(600, 'a')]);
      expect(send([sized(600, 'b'), sized(400, 'c')], own ? undefined : policy)).toEqual([outcome, decision]);
      expect([outbox.buffered, outbox.dropped]).toEqual([buffered, dropped]);
    }
  });

  it('are all tried under a policy that drops, and dropped counts for all', () => {
    const { send, outbox } = createSender();
    send([sized(600)]);
    expect(send([sized(600, 'a'), sized(300, 'b'), sized(600, 'c')], 'drop-newest')).toEqual(['dropped', undefined]);
    expect([outbox.buffered, outbox.dropped]).toEqual([900, 2]);
  });

  it('meet the policy that the session has by then', () => {
    const { send, tune, tuning } = createSender();
    send([sized(600)]);
    tune({ ...tuning, slowConsumer: 'wait' });
    expect(send([sized(600)])).toEqual(['congested', undefined]);
  });

  it('are refused when the session closes, and who waits is told', () => {
    const { sender, outbox } = createSender();
    const told: SendOutcome[] = [];
    const receipt: SendReceipt = { outcome: 'queued', settled: (outcome) => told.push(outcome) };
    sender.refuse({ type: 'send', frames: [sized(200)], receipt });
    expect([receipt.outcome, told, outbox.buffered]).toEqual(['closed', ['closed'], 0]);
    const plain: SendReceipt = { outcome: 'queued' };
    sender.refuse({ type: 'send', frames: [ping()], receipt: plain });
    expect(plain.outcome).toBe('closed');
  });
});

describe('who waits for the peer', () => {
  it('is told at once as long as no more than highWater waits', () => {
    const { await: wait } = createSender();
    expect(wait([sized(500)])).toEqual(['sent']);
  });

  it('is told when the peer has caught up, all at once, and once', () => {
    const { await: wait, sender } = createSender();
    const first = wait([sized(501)]);
    const second = wait([ping()]);
    expect([first, second]).toEqual([[], []]);
    sender.release();
    sender.release();
    expect([first, second]).toEqual([['sent'], ['sent']]);
  });

  it('is told when the session ends instead', () => {
    const { await: wait, sender } = createSender();
    const told = wait([sized(501)]);
    sender.release('closed');
    expect(told).toEqual(['closed']);
  });

  it('is told that there was no room when there is some', () => {
    const { await: wait, sender } = createSender();
    wait([sized(600)]);
    const told = wait([sized(600)]);
    expect(told).toEqual([]);
    sender.release();
    expect(told).toEqual(['congested']);
  });

  it('is told at once that there was no room where no more than highWater waits', () => {
    const { await: wait } = createSender();
    wait([sized(500)]);
    expect(wait([sized(600)])).toEqual(['congested']);
  });

  it('may send again when it is told', () => {
    const { sender } = createSender();
    const told: string[] = [];
    const send = (frame: OutboundFrame, settled: () => void): void => {
      sender.send({ type: 'send', frames: [frame], receipt: { outcome: 'queued', settled }, slowConsumer: 'wait' });
    };
    send(sized(501), () => {
      told.push('first');
      send(text(''), () => told.push('second'));
    });
    sender.release();
    expect(told).toEqual(['first']); // too much waits still
    sender.release();
    expect(told).toEqual(['first', 'second']);
  });
});
