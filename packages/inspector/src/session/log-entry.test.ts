import { active, type OutboundFrame, type TraceEvent } from '@genws/session';
import { binary, type CloseFrame, ping, prepare, received, text } from 'genws';
import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../protocol.ts';
import { hideAll, showAll } from '../session.fixture.ts';
import { draftsOfCall, draftsOfEvent } from './log-entry.ts';

const at = expect.any(Number);
const made = (drafts: readonly (() => LogEntry)[]): LogEntry[] => drafts.map((draft) => draft());

const call = (particulars: Partial<TraceEvent>): TraceEvent => ({
  callback: 'handleIn',
  input: received('text', Buffer.from('hello')),
  outcome: { ok: true, value: ['ok', 1] },
  duration: 1.5,
  ...particulars,
});

const bye: CloseFrame = { type: 'close', code: 4000, reason: 'bye' };

describe('an event in the mailbox', () => {
  const entries = (event: { readonly type: string }): LogEntry[] => made(draftsOfEvent(event, showAll));

  it('is an entry by its name', () => {
    expect(entries({ type: 'close' })).toEqual([{ at, kind: 'event', name: 'close' }]);
    expect(entries({ type: 'transport.closed' })).toEqual([{ at, kind: 'event', name: 'transport.closed' }]);
  });

  it('is shown as a timer when one was due', () => {
    expect(entries({ type: 'timeout.idle' })).toEqual([{ at, kind: 'timer', name: 'timeout.idle' }]);
    expect(entries({ type: 'xstate.after.1000.session' })).toMatchObject([{ kind: 'timer' }]);
  });

  it('is left out where it shows elsewhere, or is of no interest', () => {
    for (const type of ['transport.data', 'system', 'handler.settled', 'xstate.init'])
      expect(entries({ type })).toEqual([]);
  });

  it('is shown with the message of an actor', () => {
    const event = { type: 'info', message: { news: 1 } };
    expect(entries(event)).toEqual([
      {
        at,
        kind: 'event',
        name: 'info',
        value: { type: 'object', name: 'Object', entries: [['news', { type: 'number', value: '1' }]], more: 0 },
      },
    ]);
  });

  it('is each of the frames that are to be sent, with its opcode, size and preview', () => {
    const frames: OutboundFrame[] = [text('grüße'), binary(Buffer.alloc(40, 7)), ping(), prepare(text('to all')), bye];
    const event = { type: 'send', frames };
    expect(entries(event)).toEqual([
      { at, kind: 'out', name: 'text', size: 7, value: { type: 'text', value: 'grüße' } },
      { at, kind: 'out', name: 'binary', size: 40, value: { type: 'word', value: `40 bytes ${'07'.repeat(32)}` } },
      { at, kind: 'out', name: 'ping', size: 0, value: { type: 'text', value: '' } },
      { at, kind: 'out', name: 'text', size: 6, value: { type: 'text', value: 'to all' } },
      { at, kind: 'out', name: 'close', value: { type: 'number', value: '4000' } },
    ]);
  });
});

describe('a call of the handler', () => {
  const entries = (particulars: Partial<TraceEvent>): LogEntry[] => made(draftsOfCall(call(particulars), showAll));

  it('is shown after the frame that it was given, with how long it took', () => {
    expect(entries({})).toEqual([
      { at, kind: 'in', name: 'text', size: 5, value: { type: 'text', value: 'hello' } },
      { at, kind: 'call', name: 'handleIn', duration: 1.5 },
    ]);
    expect(entries({ input: received('binary', Uint8Array.of(1, 2)) })[0]).toEqual({
      at,
      kind: 'in',
      name: 'binary',
      size: 2,
      value: { type: 'word', value: '2 bytes 0102' },
    });
    expect(entries({ input: bye })[0]).toEqual({
      at,
      kind: 'in',
      name: 'close',
      value: { type: 'number', value: '4000' },
    });
    expect(entries({ input: { type: 'close' } })[0]).toEqual({ at, kind: 'in', name: 'close' });
  });

  it('is shown before the frames that it replies with; commands are none', () => {
    const value = ['reply', [text('one'), active(false), bye], 1];
    expect(
      entries({ callback: 'handleInfo', outcome: { ok: true, value } }).map(({ kind, name }) => [kind, name]),
    ).toEqual([
      ['call', 'handleInfo'],
      ['out', 'text'],
      ['out', 'close'],
    ]);
    expect(entries({ outcome: { ok: true, value: ['reply', text('one'), 1] } }).at(-1)).toMatchObject({ kind: 'out' });
    expect(entries({ callback: 'terminate', outcome: { ok: true, value: undefined } })).toHaveLength(1);
  });

  it('is shown as failed with what it threw', () => {
    const error = new Error('boom');
    expect(entries({ outcome: { ok: false, error } }).at(-1)).toEqual({
      at,
      kind: 'call',
      name: 'handleIn',
      duration: 1.5,
      failed: true,
      value: { type: 'text', value: error.stack },
    });
  });
});

describe('an entry', () => {
  it('J14: holds no payload, message or error by default', () => {
    const secret = 'hunter2';
    const failed = call({
      input: received('text', Buffer.from(secret)),
      outcome: { ok: false, error: new Error(secret) },
    });
    const replied = call({
      outcome: { ok: true, value: ['reply', [text(secret), { ...bye, reason: secret }], secret] },
    });
    const events = [
      { type: 'info', message: { secret } },
      { type: 'send', frames: [text(secret), { ...bye, reason: secret }] },
      { type: 'close', frame: { ...bye, reason: secret } },
      { type: 'transport.error', error: new Error(secret) },
      { type: 'handler.resolved', result: ['ok', secret] },
    ];
    const entries = [
      ...events.flatMap((event) => draftsOfEvent(event, hideAll)),
      ...[failed, replied].flatMap((event) => draftsOfCall(event, hideAll)),
    ];
    expect(entries).toHaveLength(12);
    expect(JSON.stringify(made(entries))).not.toContain(secret);
  });
});
