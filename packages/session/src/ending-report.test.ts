import { violation } from '@genws/protocol';
import { describe, expect, it } from 'vitest';
import { endingReport } from './ending.ts';
import type { SessionEvent } from './event.ts';

const self = { id: 'x:7', peer: { address: '192.0.2.1', port: 4711 } };
const fields = { session: 'x:7', peer: '192.0.2.1:4711' };

describe('the report of what ended a session', () => {
  it.each([
    [
      { type: 'peer.violated', violation: violation('reservedOpcode', '0x3') },
      'info',
      /^reserved opcode 0x3 \(RFC 6455 §5.2\)$/,
    ],
    [{ type: 'transport.error', error: new Error('read ECONNRESET') }, 'debug', /^read ECONNRESET$/],
    [{ type: 'peer.stalled' }, 'warn', /maxBuffered/],
    [{ type: 'mailbox.overflowed' }, 'warn', /maxMailbox/],
    [{ type: 'timeout.init' }, 'warn', /init/],
  ] as const)('%j is told at level %s, with who it was', (event, level, text) => {
    expect(endingReport(event, self)).toEqual({
      level,
      event: `session.${event.type}`,
      text: expect.stringMatching(text),
      fields,
    });
  });

  const everyday: readonly SessionEvent[] = [
    { type: 'close', frame: { type: 'close' } },
    { type: 'stop', reason: undefined },
    { type: 'peer.closed', frame: { type: 'close' } },
    { type: 'handler.stopped', reason: undefined },
    { type: 'timeout.silent' },
    { type: 'timeout.unanswered' },
    { type: 'transport.ended' },
    { type: 'transport.closed' },
  ];

  it.each(everyday)('$type is no news', (event) => {
    expect(endingReport(event, self)).toBeUndefined();
  });

  it('leaves out a peer that the transport does not know', () => {
    expect(endingReport({ type: 'peer.stalled' }, { id: 'x:7', peer: undefined })?.fields).toEqual({
      session: 'x:7',
      peer: undefined,
    });
  });
});
