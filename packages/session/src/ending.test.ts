import { type ViolationCode, validOnWire, violation, violations } from '@genws/protocol';
import { describe, expect, it } from 'vitest';
import { closeFrameFor, exitFor } from './ending.ts';
import type { SessionEvent } from './event.ts';
import type { SessionErrorKind, SessionExit } from './reason.ts';

const error = new Error('boom');

/** Everything that ends a session: the event, the close code that the peer gets, and why the session has ended. */
const endings: readonly (readonly [SessionEvent, number | undefined, SessionExit])[] = [
  [{ type: 'close', frame: { type: 'close', code: 4000, reason: 'x' } }, 4000, { type: 'normal' }],
  [{ type: 'close', frame: { type: 'close' }, exit: { type: 'killed' } }, undefined, { type: 'killed' }],
  [{ type: 'stop', reason: 'deploy' }, 1001, { type: 'shutdown', reason: 'deploy' }],
  [{ type: 'handler.stopped', reason: 'done' }, 1000, { type: 'stop', reason: 'done' }],
  [
    { type: 'handler.closed', frame: { type: 'close', code: 4001 } },
    4001,
    { type: 'stop', reason: { type: 'close', code: 4001 } },
  ],
  [{ type: 'handler.crashed', callback: 'handleIn', error }, 1011, { type: 'crash', callback: 'handleIn', error }],
  [{ type: 'peer.closed', frame: { type: 'close' } }, undefined, { type: 'remote' }],
  [
    { type: 'peer.closed', frame: { type: 'close', code: 3000, reason: 'bye' } },
    3000,
    { type: 'remote', code: 3000, reason: 'bye' },
  ],
  [{ type: 'peer.closed', frame: { type: 'close', code: 1000 } }, 1000, { type: 'remote', code: 1000, reason: '' }],
  [{ type: 'peer.stalled' }, 1013, { type: 'error', error: 'slowConsumer' }],
  [{ type: 'mailbox.overflowed' }, 1013, { type: 'error', error: 'mailboxFull' }],
  [{ type: 'timeout.silent' }, 1001, { type: 'timeout', timeout: 'idle' }],
  [{ type: 'timeout.unanswered' }, 1001, { type: 'timeout', timeout: 'heartbeat' }],
  [{ type: 'timeout.init' }, 1011, { type: 'timeout', timeout: 'init' }],
];

/** The connection is gone: nobody is there to get a close frame. */
const losses: readonly (readonly [SessionEvent, SessionExit])[] = [
  [{ type: 'transport.ended' }, { type: 'error', error: 'closed' }],
  [{ type: 'transport.closed' }, { type: 'error', error: 'closed' }],
  [
    { type: 'transport.error', error },
    { type: 'transportError', cause: error },
  ],
  [{ type: 'timeout.close' }, { type: 'timeout', timeout: 'close' }],
];

describe('the end of a session', () => {
  it.each(endings)('%j tells the peer %s', (event, code, exit) => {
    const frame = closeFrameFor(event);
    expect(frame.type).toBe('close');
    expect(frame.code).toBe(code);
    expect(exitFor(event)).toEqual(exit);
  });

  it.each(losses)('%j has a reason of its own', (event, exit) => {
    expect(exitFor(event)).toEqual(exit);
  });

  it('echoes the code of the peer’s close frame and not its reason (RFC 6455 §5.5.1)', () => {
    expect(closeFrameFor({ type: 'peer.closed', frame: { type: 'close', code: 4000, reason: 'bye' } })).toEqual({
      type: 'close',
      code: 4000,
    });
  });

  it('echoes a bare close frame bare (RFC 6455 §5.5.1)', () => {
    expect(closeFrameFor({ type: 'peer.closed', frame: { type: 'close' } })).toEqual({ type: 'close' });
  });

  const kinds: Readonly<Record<number, SessionErrorKind>> = {
    1002: 'badFrame',
    1007: 'badEncoding',
    1008: 'policy',
    1009: 'tooBig',
  };
  const codes = Object.keys(violations).filter((code): code is ViolationCode => Object.hasOwn(violations, code));

  it.each(codes)(
    'tells a peer that broke the rule %s its code and the rule, in no more than a close frame holds',
    (code) => {
      const event: SessionEvent = { type: 'peer.violated', violation: violation(code, 'detail') };
      const { closeCode, text } = violations[code];
      expect(validOnWire(closeCode)).toBe(true);
      expect(closeFrameFor(event)).toEqual({ type: 'close', code: closeCode, reason: text });
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(123);
      expect(exitFor(event)).toEqual({ type: 'error', error: kinds[closeCode], violation: event.violation });
    },
  );
});
