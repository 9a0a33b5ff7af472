import { text } from '@genws/protocol';
import { describe, expect, it } from 'vitest';
import { active, type Command, setOptions, shutdownReason } from './command.ts';
import {
  congested,
  createDispatcher,
  inactive,
  info,
  open,
  pong,
  receivedText,
  throttled,
} from './dispatcher.fixture.ts';
import type { Result } from './handler.ts';
import { sized } from './outbox.fixture.ts';

describe('whether the peer’s frames are dispatched', () => {
  it('depends on whether the handler wants them, and on the pace of the peer in both directions', () => {
    const { dispatcher } = createDispatcher();
    expect([open, inactive, throttled, congested].map((context) => dispatcher.takesFrames(context))).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it('depends on what waits for the peer, before anybody has noticed that it is too much', () => {
    const { dispatcher, outbox, sink } = createDispatcher();
    sink.congested = true;
    outbox.append(sized(1000));
    expect(dispatcher.takesFrames(open)).toBe(true);
    outbox.append(text(''));
    expect(dispatcher.takesFrames(open)).toBe(false);
  });

  it('does not decide whether messages of actors are, but where the policy is to wait for the peer', () => {
    for (const slowConsumer of ['close', 'drop-oldest', 'drop-newest', 'wait'] as const) {
      const { dispatcher } = createDispatcher({ slowConsumer });
      const isOpen = [open, inactive, throttled, congested].map((context) => dispatcher.isOpen(context));
      expect([slowConsumer, isOpen]).toEqual([slowConsumer, [true, true, true, slowConsumer !== 'wait']]);
    }
  });
});

describe('what has waited', () => {
  const fill = (dispatcher: ReturnType<typeof createDispatcher>['dispatcher']): void => {
    for (const item of [receivedText('a'), info('1'), receivedText('b'), info('2'), pong, receivedText('c')])
      expect(dispatcher.wait(item)).toBeUndefined();
  };
  const all = ['a', 'info 1', 'b', 'info 2', 'pong', 'c'];

  it('is dispatched in the order in which it came', () => {
    const { dispatcher, lines } = createDispatcher();
    fill(dispatcher);
    expect([dispatcher.backlog, dispatcher.empty, lines]).toEqual([4 * 128 + 3, false, []]);
    expect(dispatcher.resume(open)).toBeUndefined();
    expect([dispatcher.backlog, dispatcher.empty, lines]).toEqual([0, true, all]);
  });

  it.each([
    ['inactive', inactive],
    ['throttled', throttled],
    ['congested', congested],
  ])('are messages of actors alone while the session is %s, then the frames, in their order', (_, context) => {
    const { dispatcher, lines } = createDispatcher();
    fill(dispatcher);
    expect(dispatcher.resume(context)).toBeUndefined();
    expect(lines).toEqual(['info 1', 'info 2']);
    dispatcher.wait(receivedText('d'));
    dispatcher.resume(context);
    expect(lines).toHaveLength(2);
    dispatcher.resume(open);
    expect(lines).toEqual(['info 1', 'info 2', 'a', 'b', 'pong', 'c', 'd']);
  });

  it('is nothing at all while the peer is behind, under the policy wait', () => {
    const { dispatcher, lines } = createDispatcher({ slowConsumer: 'wait' });
    fill(dispatcher);
    expect(dispatcher.resume(congested)).toBeUndefined();
    expect(lines).toEqual([]);
    dispatcher.resume(inactive);
    expect(lines).toEqual(['info 1', 'info 2']);
  });

  it('waits on while the handler is busy with one of it', () => {
    const { dispatcher, lines } = createDispatcher({
      answer: (what) => (what === 'info 1' ? new Promise(() => {}) : undefined),
    });
    fill(dispatcher);
    expect(dispatcher.resume(open)).toEqual({ type: 'handler.pending' });
    expect(lines).toEqual(['a', 'info 1']);
    expect(dispatcher.resolved({ type: 'handler.resolved', callback: 'handleInfo', result: ['ok', 'state'] })).toEqual({
      type: 'handler.settled',
    });
    expect(dispatcher.resume(open)).toBeUndefined();
    expect(lines).toEqual(all);
  });

  it('waits on while a decision is carried out', () => {
    const { dispatcher, lines } = createDispatcher({
      answer: (what) => (what === 'a' ? ['reply', active(false), 'state'] : undefined),
    });
    fill(dispatcher);
    expect(dispatcher.resume(open)).toMatchObject({ type: 'handler.commanded', active: false });
    expect(lines).toEqual(['a']);
    dispatcher.resume(inactive);
    expect(lines).toEqual(['a', 'info 1', 'info 2']);
  });

  it('are messages of actors alone from when the replies are more than the peer takes', () => {
    const { dispatcher, lines, sink } = createDispatcher({
      answer: (what) => (what === 'b' ? ['reply', sized(2000), 'state'] : undefined),
    });
    sink.congested = true;
    fill(dispatcher);
    expect(dispatcher.resume(open)).toBeUndefined();
    expect(lines).toEqual(['a', 'info 1', 'b', 'info 2']);
  });

  it('waits on altogether from then on, under the policy wait', () => {
    const { dispatcher, lines, outbox, sink } = createDispatcher({
      slowConsumer: 'wait',
      answer: (what) => (what === 'b' ? ['reply', sized(2000), 'state'] : undefined),
    });
    sink.congested = true;
    fill(dispatcher);
    expect(dispatcher.resume(open)).toBeUndefined();
    expect([lines, dispatcher.isOpen(open)]).toEqual([['a', 'info 1', 'b'], false]);
    outbox.discard();
    dispatcher.resume(open);
    expect(lines).toEqual(all);
  });

  it('is no more than maxMailbox, as it is by then', () => {
    const { dispatcher, tuning, tune } = createDispatcher({ limits: { maxMailbox: 2 } });
    expect([dispatcher.wait(info('1')), dispatcher.wait(receivedText('a'))]).toEqual([undefined, undefined]);
    expect(dispatcher.wait(info('2'))).toEqual({ type: 'mailbox.overflowed' });
    tune({ ...tuning, limits: { ...tuning.limits, maxMailbox: 3 } });
    expect(dispatcher.wait(info('2'))).toBeUndefined();
    expect(dispatcher.wait(info('3'))).toEqual({ type: 'mailbox.overflowed' });
  });

  it('is not dispatched any more when the session ends, but that the peer has closed still counts', () => {
    const { dispatcher, lines } = createDispatcher();
    fill(dispatcher);
    dispatcher.wait({ type: 'close', code: 4000 });
    expect(dispatcher.abandon()).toEqual([{ type: 'peer.closed', frame: { type: 'close', code: 4000 } }]);
    dispatcher.resume(open);
    expect([lines, dispatcher.backlog, dispatcher.empty]).toEqual([[], 0, true]);
  });
});

describe('a close frame of the peer (RFC 6455 §5.5.1)', () => {
  const frame = { type: 'close', code: 4000, reason: 'bye' } as const;
  const closed = { type: 'peer.closed', frame } as const;

  it('is for the handler first, whose own close does not matter any more', () => {
    for (const answer of [
      ['ok', 'state'],
      ['stop', 'mine', 'state'],
      ['reply', { type: 'close', code: 4001 }, 'state'],
    ] as const) {
      const { dispatcher, lines } = createDispatcher({ answer: () => answer });
      expect(dispatcher.dispatch(frame)).toEqual(closed);
      expect(lines).toEqual(['close']);
    }
  });

  it('is answered after what the handler commands', () => {
    const commands = [shutdownReason('seen'), setOptions({ closeTimeout: 1 }), { type: 'close', code: 4001 } as const];
    const { dispatcher } = createDispatcher({ answer: () => ['reply', commands, 'state'] });
    expect(dispatcher.dispatch(frame)).toMatchObject({
      type: 'handler.commanded',
      shutdownReason: { reason: 'seen' },
      options: [{ closeTimeout: 1 }],
      next: closed,
    });
  });

  it('waits for a handler that takes its time, and then decides, after what the handler commands', () => {
    for (const result of [
      ['stop', 'mine', 'state'],
      ['reply', [shutdownReason('seen'), { type: 'close', code: 4001 }], 'state'],
    ]) {
      const { dispatcher } = createDispatcher({ answer: () => new Promise(() => {}) });
      dispatcher.wait(info('later'));
      expect(dispatcher.dispatch(frame)).toEqual({ type: 'handler.pending' });
      const decision = dispatcher.resolved({ type: 'handler.resolved', callback: 'handleIn', result });
      if (result[0] === 'stop') expect(decision).toEqual({ type: 'handler.settled' });
      else
        expect(decision).toMatchObject({
          type: 'handler.commanded',
          shutdownReason: { reason: 'seen' },
          next: undefined,
        });
      expect(dispatcher.resume(open)).toEqual(closed);
    }
  });

  it('is not what ends a session whose handler crashes on it', () => {
    const isResult = (_: unknown): _ is ['ok', string] => true;
    const nonsense: unknown = ['ok', 'state', 'nonsense'];
    const { dispatcher } = createDispatcher({ answer: () => (isResult(nonsense) ? nonsense : undefined) });
    expect(dispatcher.dispatch(frame)).toMatchObject({ type: 'handler.crashed', callback: 'handleIn' });
    const isCommand = (_: unknown): _ is Command => true;
    const unknown: unknown = { type: 'pause' };
    const answer = (): Result<string> =>
      isCommand(unknown) ? ['reply', [active(false), unknown], 'state'] : ['ok', 'state'];
    expect(createDispatcher({ answer }).dispatcher.dispatch(frame)).toMatchObject({
      type: 'handler.commanded',
      next: { type: 'handler.crashed' },
    });
  });
});

describe('what a promise of the handler comes to', () => {
  it('is carried out before the handler is idle again', () => {
    const { dispatcher, messages } = createDispatcher();
    const resolved = (result: unknown) =>
      dispatcher.resolved({ type: 'handler.resolved', callback: 'handleIn', result });
    expect(resolved(['ok', 'state'])).toEqual({ type: 'handler.settled' });
    expect(messages).toEqual([]);
    expect(resolved(['reply', active(false), 'state'])).toMatchObject({ type: 'handler.commanded', active: false });
    expect(messages).toEqual([{ type: 'handler.settled' }]);
  });
});
