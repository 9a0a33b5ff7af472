import { describe, expect, it } from 'vitest';
import type { OutboundFrame } from './command.ts';
import { createMailboxOnly } from './mailbox-only.fixture.ts';
import type { SessionRef } from './session-ref.ts';
import { close, send, stop } from './verbs.ts';

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
