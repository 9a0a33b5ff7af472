import { setImmediate } from 'node:timers/promises';
import { type CompressedFrame, type ReceivedFrame, received } from '@genws/protocol';
import { describe, expect, it, vi } from 'vitest';
import { active, setOptions } from './command.ts';
import { compressed, createDispatcher, open, pong, receivedText } from './dispatcher.fixture.ts';

describe('a peer that sends too much', () => {
  it('is heard, and then not read until it may send again, under the policy delay', () => {
    const { dispatcher, lines, clock } = createDispatcher({ limits: { maxMessageRate: 2 } });
    expect([dispatcher.dispatch(receivedText('a')), dispatcher.dispatch(receivedText('b'))]).toEqual([
      undefined,
      { type: 'peer.throttled', ms: 500 },
    ]);
    clock.now += 500;
    expect(dispatcher.dispatch(receivedText('c'))).toEqual({ type: 'peer.throttled', ms: 500 });
    expect(lines).toEqual(['a', 'b', 'c']);
  });

  it('is not heard beyond its rate under the policy drop', () => {
    const { dispatcher, lines, clock } = createDispatcher({ overRate: 'drop', limits: { maxMessageRate: 2 } });
    for (const data of ['a', 'b', 'c', 'd']) expect(dispatcher.dispatch(receivedText(data))).toBeUndefined();
    clock.now += 500;
    for (const data of ['e', 'f']) dispatcher.dispatch(receivedText(data));
    expect(lines).toEqual(['a', 'b', 'e']);
  });

  it('has broken a rule under the policy close: messageFlood', () => {
    const { dispatcher, lines } = createDispatcher({ overRate: 'close', limits: { maxMessageRate: 2 } });
    for (const data of ['a', 'b']) expect(dispatcher.dispatch(receivedText(data))).toBeUndefined();
    expect(dispatcher.dispatch(receivedText('c'))).toMatchObject({
      type: 'peer.violated',
      violation: { code: 'messageFlood' },
    });
    expect(lines).toEqual(['a', 'b']);
  });

  it('is told by the bytes of its messages, inflated', () => {
    const limits = { maxByteRate: 1000 };
    const late = (item: ReceivedFrame | CompressedFrame): unknown =>
      createDispatcher({ limits }).dispatcher.dispatch(item);
    expect(late(receivedText('x'.repeat(999)))).toBeUndefined();
    expect(late(receivedText('x'.repeat(1500)))).toEqual({ type: 'peer.throttled', ms: 500 });
    expect(late(receivedText('ü'.repeat(750)))).toEqual({ type: 'peer.throttled', ms: 500 });
    expect(late(received('binary', new Uint8Array(1500)))).toEqual({ type: 'peer.throttled', ms: 500 });
    expect(late(compressed('x'.repeat(1500)))).toEqual({ type: 'peer.throttled', ms: 500 });
  });

  it('is not told by its control frames, which have a limit of their own', () => {
    const { dispatcher, lines } = createDispatcher({ overRate: 'close', limits: { maxMessageRate: 1 } });
    for (let i = 0; i < 5; i++) expect(dispatcher.dispatch(pong)).toBeUndefined();
    expect(lines).toHaveLength(5);
  });

  it('is not read any more while the handler is busy with what was too much', () => {
    const { dispatcher, messages } = createDispatcher({
      limits: { maxMessageRate: 1 },
      answer: () => new Promise(() => {}),
    });
    expect(dispatcher.dispatch(receivedText('a'))).toEqual({ type: 'handler.pending' });
    expect(messages).toEqual([{ type: 'peer.throttled', ms: 1000 }]);
  });

  it('is not read any more once what the handler commands has been done, before anything else of it is dispatched', () => {
    const { dispatcher, messages } = createDispatcher({
      limits: { maxMessageRate: 1 },
      answer: () => ['reply', setOptions({ idleTimeout: 5 }), 'state'],
    });
    expect(dispatcher.dispatch(receivedText('a'))).toMatchObject({
      type: 'handler.commanded',
      options: [{ idleTimeout: 5 }],
      next: { type: 'peer.throttled', ms: 1000 },
    });
    expect(messages).toEqual([]);
  });

  it('has no new start because other options change', () => {
    const { dispatcher, tuning, tune } = createDispatcher({ overRate: 'close', limits: { maxMessageRate: 1 } });
    dispatcher.dispatch(receivedText('a'));
    tune({ ...tuning, idleTimeout: 5 });
    expect(dispatcher.dispatch(receivedText('b'))).toMatchObject({ violation: { code: 'messageFlood' } });
    tune({ ...tuning, limits: { ...tuning.limits, maxMessageRate: 2 } });
    expect([dispatcher.dispatch(receivedText('c')), dispatcher.dispatch(receivedText('d'))]).toEqual([
      undefined,
      undefined,
    ]);
    tune({ ...tuning, limits: { ...tuning.limits, maxMessageRate: Infinity } });
    for (let i = 0; i < 100; i++) expect(dispatcher.dispatch(receivedText('e'))).toBeUndefined();
  });
});

describe('a compressed message (RFC 7692 §7.2.2)', () => {
  it('is dispatched at once where it is small', () => {
    const { dispatcher, lines } = createDispatcher();
    expect(dispatcher.dispatch(compressed('small'))).toBeUndefined();
    expect(lines).toEqual(['small']);
  });

  /** So many bytes that it is inflated in the thread pool. */
  const large = Array.from({ length: 500 }, (_, n) => n).join(' ');

  it('keeps the handler busy where it is large, and is dispatched when it is there', async () => {
    const { dispatcher, lines, messages } = createDispatcher();
    expect(dispatcher.dispatch(compressed(large))).toEqual({ type: 'message.inflating' });
    await expect.poll(() => messages.length, { interval: 1 }).toBeGreaterThan(0);
    const [message] = messages;
    expect(lines).toEqual([]);
    expect(message?.type === 'message.inflated' && dispatcher.inflated(message.result)).toEqual({
      type: 'handler.settled',
    });
    expect(lines).toEqual([large]);
  });

  it('that is there keeps the handler busy as any other, and settles what it commands', () => {
    const busy = createDispatcher({ answer: () => new Promise(() => {}) });
    expect(busy.dispatcher.inflated(receivedText('x'))).toEqual({ type: 'handler.pending' });
    expect(busy.messages).toEqual([]);
    const commanding = createDispatcher({ answer: () => ['reply', active(false), 'state'] });
    expect(commanding.dispatcher.inflated(receivedText('x'))).toMatchObject({ active: false });
    expect(commanding.messages).toEqual([{ type: 'handler.settled' }]);
  });

  it('that was given up settles without a word', () => {
    expect(createDispatcher().dispatcher.inflated(undefined)).toEqual({ type: 'handler.settled' });
  });

  it('that does not inflate, is too large or is no UTF-8 breaks the protocol', () => {
    const bad: CompressedFrame = { type: 'compressed', kind: 'text', data: Uint8Array.of(7) };
    expect(createDispatcher().dispatcher.dispatch(bad)).toMatchObject({
      type: 'peer.violated',
      violation: { code: 'badDeflate' },
    });
    const { dispatcher, lines, tuning, tune } = createDispatcher({ limits: { maxMessage: 4 } });
    expect(dispatcher.dispatch(compressed('large'))).toMatchObject({ violation: { code: 'messageTooBig' } });
    tune({ ...tuning, limits: { ...tuning.limits, maxMessage: 5 } });
    expect(dispatcher.dispatch(compressed('large'))).toBeUndefined();
    expect(lines).toEqual(['large']);
  });

  const error = new Error('out of memory');

  it('that zlib cannot inflate for want of memory is the end of the connection', () => {
    const { dispatcher, compression } = createDispatcher();
    vi.spyOn(compression, 'inflate').mockImplementation(() => {
      throw error;
    });
    expect(dispatcher.dispatch(compressed('small'))).toEqual({ type: 'transport.error', error });
  });

  it('is the end of it, too, when that happens in the thread pool, before anything that came after it', async () => {
    const { dispatcher, compression, messages, lines } = createDispatcher();
    vi.spyOn(compression, 'inflate').mockImplementation(() => Promise.reject(error));
    expect(dispatcher.dispatch(compressed('large'))).toEqual({ type: 'message.inflating' });
    dispatcher.wait(receivedText('later'));
    await setImmediate();
    expect(messages).toEqual([{ type: 'message.inflated', result: undefined }]);
    expect(dispatcher.inflated(undefined)).toEqual({ type: 'handler.settled' });
    expect(dispatcher.resume(open)).toEqual({ type: 'transport.error', error });
    expect(lines).toEqual([]);
  });
});
