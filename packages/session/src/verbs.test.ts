import { setImmediate } from 'node:timers/promises';
import { PreparedFrame, ping, prepare, received, text } from '@genws/protocol';
import { describe, expect, it } from 'vitest';
import type { OutboundFrame } from './command.ts';
import type { SendOutcome, SessionEvent } from './event.ts';
import { createMailboxOnly } from './mailbox-only.fixture.ts';
import type { SessionRef } from './session-ref.ts';
import { close, publish, send, stop } from './verbs.ts';

/** What is no frame, as it may come from code that is not checked. */
const noFrames: readonly [string, unknown][] = [
  ['nothing', undefined],
  ['null', null],
  ['a string', 'hello'],
  ['a text frame of a number', { type: 'text', data: 1 }],
  ['a binary frame of a string', { type: 'binary', data: 'x' }],
  ['a ping of 126 bytes', { type: 'ping', data: 'x'.repeat(126) }],
  ['a close frame whose code is a string', { type: 'close', code: '1000' }],
  ['an unknown type', { type: 'txt', data: '' }],
];

const isFrame = (_: unknown): _ is OutboundFrame => true;

describe('send', () => {
  it('puts frames into the mailbox, one or many, and tells what became of them', () => {
    const { session, messages } = createMailboxOnly();
    const frame = { type: 'text', data: 'x' } as const;
    expect(send(session, frame)).toBe('queued');
    expect(send(session, [frame, frame])).toBe('queued');
    expect(messages).toMatchObject([
      { type: 'send', frames: [frame] },
      { type: 'send', frames: [frame, frame] },
    ]);
  });

  it('gives the answer that the session has written down', () => {
    const { session } = createMailboxOnly();
    const answering: SessionRef = {
      ...session,
      send: (message) => {
        if (message.type === 'send') message.receipt.outcome = 'congested';
      },
    };
    expect(send(answering, { type: 'text', data: 'x' })).toBe('congested');
  });

  it('does not ask a session that is over', () => {
    const { session, messages } = createMailboxOnly('done');
    expect(send(session, { type: 'text', data: 'x' })).toBe('closed');
    expect(messages).toEqual([]);
  });

  it.each(noFrames)('throws a TypeError for %s, and sends none of the list', (_, value) => {
    const { session, messages } = createMailboxOnly();
    if (!isFrame(value)) return;
    expect(() => send(session, value)).toThrow(TypeError);
    expect(() => send(session, [{ type: 'text', data: 'x' }, value])).toThrow(TypeError);
    expect(messages).toEqual([]);
  });
});

describe('send with a policy of its own', () => {
  it('tells the session of it, and without one leaves it to the session', () => {
    const { session, messages } = createMailboxOnly();
    send(session, text('a'), { slowConsumer: 'drop-newest' });
    send(session, text('b'), {});
    send(session, text('c'));
    expect(messages).toMatchObject([
      { type: 'send', slowConsumer: 'drop-newest' },
      { type: 'send', slowConsumer: undefined },
      { type: 'send', slowConsumer: undefined },
    ]);
  });
});

describe('send that waits', () => {
  const waiting = { slowConsumer: 'wait' } as const;

  it('is told by the session when it can take more', async () => {
    const { session, messages } = createMailboxOnly();
    const outcome = send(session, text('x'), waiting);
    const [message] = messages;
    if (message?.type !== 'send') expect.fail('nothing was sent');
    expect(message.slowConsumer).toBe('wait');
    expect(await Promise.race([outcome, setImmediate('waits')])).toBe('waits');
    message.receipt.settled?.('sent');
    expect(await outcome).toBe('sent');
  });

  it('is told at once by a session that is over', async () => {
    const { session, messages } = createMailboxOnly('done');
    expect(await send(session, text('x'), waiting)).toBe('closed');
    expect(messages).toEqual([]);
  });

  it('throws what is no frame at once, like any other, rather than later', () => {
    const { session } = createMailboxOnly();
    const value: unknown = 'x';
    if (isFrame(value)) expect(() => send(session, value, waiting)).toThrow(TypeError);
  });
});

describe('publish', () => {
  /** A session for which this becomes of what it is sent. */
  function createReceiver(outcome: SendOutcome) {
    const { session, messages } = createMailboxOnly(outcome === 'closed' ? 'done' : 'active');
    const receiver: SessionRef = {
      ...session,
      send: (message) => {
        session.send(message);
        if (message.type === 'send') message.receipt.outcome = outcome;
      },
    };
    return { session: receiver, messages };
  }

  const frameOf = (message: SessionEvent | undefined): OutboundFrame | undefined =>
    message?.type === 'send' ? message.frames[0] : undefined;

  it('counts what has become of the frame', () => {
    const outcomes: readonly SendOutcome[] = ['sent', 'queued', 'congested', 'dropped', 'closed'];
    const receivers = outcomes.flatMap((outcome, n) => Array.from({ length: n + 1 }, () => createReceiver(outcome)));
    const counts = publish(
      receivers.map(({ session }) => session),
      text('x'),
    );
    expect(counts).toEqual({ sent: 1, queued: 2, congested: 3, dropped: 4, closed: 5 });
    expect(publish([], text('x'))).toEqual({ sent: 0, queued: 0, congested: 0, dropped: 0, closed: 0 });
  });

  it('leaves one out, neither sent to nor counted', () => {
    const [one, two] = [createReceiver('sent'), createReceiver('sent')];
    expect(publish([one.session, two.session], text('x'), { except: one.session })).toMatchObject({ sent: 1 });
    expect([one.messages.length, two.messages.length]).toEqual([0, 1]);
  });

  it('encodes a message once, whoever made it, for all', () => {
    const prepared = prepare(text('x'));
    for (const frame of [text('x'), received('text', Buffer.from('x')), prepared]) {
      const receivers = Array.from({ length: 3 }, () => createReceiver('sent'));
      publish(
        receivers.map(({ session }) => session),
        frame,
      );
      const frames = new Set(receivers.map(({ messages }) => frameOf(messages[0])));
      const [only] = frames;
      expect(frames.size).toBe(1);
      expect(only instanceof PreparedFrame && Buffer.from(only.payload).toString()).toBe('x');
      if (frame === prepared) expect(only).toBe(prepared);
    }
  });

  it('takes control frames as they are', () => {
    const { session, messages } = createReceiver('sent');
    for (const frame of [ping('x'), { type: 'close', code: 4000 } as const]) publish([session], frame);
    expect(messages.map(frameOf)).toEqual([ping('x'), { type: 'close', code: 4000 }]);
  });

  it('has each session meet the policy that is given, or its own', () => {
    const { session, messages } = createReceiver('sent');
    publish([session], text('x'), { slowConsumer: 'drop-oldest' });
    publish([session], text('x'));
    expect(messages).toMatchObject([{ slowConsumer: 'drop-oldest' }, { slowConsumer: undefined }]);
  });

  it('reaches all who were there when it began, though some leave meanwhile', () => {
    const sessions = new Set<SessionRef>();
    const receivers = Array.from({ length: 4 }, () => createReceiver('sent'));
    for (const { session } of receivers) {
      sessions.add({
        ...session,
        send: (message) => {
          sessions.clear();
          session.send(message);
        },
      });
    }
    expect(publish(sessions, text('x'))).toMatchObject({ sent: 4 });
  });

  it.each(noFrames)('throws a TypeError for %s, and sends it to nobody', (_, value) => {
    const { session, messages } = createReceiver('sent');
    if (!isFrame(value)) return;
    expect(() => publish([session], value)).toThrow(TypeError);
    expect(messages).toEqual([]);
  });
});

describe('close', () => {
  it('asks for the closing handshake, with 1000 unless told otherwise', () => {
    const { session, messages } = createMailboxOnly();
    close(session);
    close(session, 4000, 'bye');
    expect(messages).toEqual([
      { type: 'close', frame: { type: 'close', code: 1000, reason: '' } },
      { type: 'close', frame: { type: 'close', code: 4000, reason: 'bye' } },
    ]);
  });
});

describe('stop', () => {
  it('asks for the end, with a reason or without', () => {
    const { session, messages } = createMailboxOnly();
    stop(session, 'deploy');
    stop(session);
    expect(messages).toEqual([
      { type: 'stop', reason: 'deploy' },
      { type: 'stop', reason: undefined },
    ]);
  });
});
