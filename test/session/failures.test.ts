import type { Report } from '@genws/actor';
import { ping, pong, text, type ViolationCode, violations } from '@genws/protocol';
import { type Result, send } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { createJournal, slowly } from '../support/journal.ts';
import { quiet, roles, startInMemory } from '../support/memory-session.ts';
import type { RawFrame } from '../support/raw-frame.ts';

const ok: Result<string> = ['ok', 'state'];

/** Frames that break the protocol, and the rule that each breaks. Size limits: 100 bytes a frame, 150 a message. */
const bad: readonly (readonly [ViolationCode, readonly RawFrame[]])[] = [
  ['reservedBits', [{ opcode: 1, rsv: 4, payload: 'x' }]],
  ['reservedOpcode', [{ opcode: 3, payload: 'x' }]],
  ['nonMinimalLength', [{ opcode: 1, payload: 'x', lengthBits: 16 }]],
  ['fragmentedControl', [{ opcode: 9, fin: false }]],
  ['controlTooLong', [{ opcode: 9, payload: 'x'.repeat(126) }]],
  ['unexpectedContinuation', [{ opcode: 0, payload: 'x' }]],
  ['expectedContinuation', [{ opcode: 1, fin: false, payload: 'x' }, { opcode: 1 }]],
  ['shortClosePayload', [{ opcode: 8, payload: 'x' }]],
  ['badCloseCode', [{ opcode: 8, payload: Uint8Array.of(0x03, 0xed) }]],
  ['invalidUtf8', [{ opcode: 1, payload: Uint8Array.of(0xc3, 0x28) }]],
  ['frameTooBig', [{ opcode: 2, payload: 'x'.repeat(101) }]],
  [
    'messageTooBig',
    [
      { opcode: 2, fin: false, payload: 'x'.repeat(100) },
      { opcode: 0, payload: 'x'.repeat(51) },
    ],
  ],
];

const limits = { maxFrame: 100, maxMessage: 150 };
const kinds: Readonly<Record<number, string>> = {
  1002: 'badFrame',
  1007: 'badEncoding',
  1008: 'policy',
  1009: 'tooBig',
};

describe.each(roles)('a peer that breaks the protocol with a %s', (role) => {
  it.each(bad)(
    '%s: gets the code of the rule, and what came before in the chunk is delivered (RFC 6455 §7.1.7)',
    async (code, frames) => {
      const { handler, lines, exits } = createJournal({
        in: (frame) => ['reply', frame.type === 'text' ? frame : [], 'state'],
      });
      const { session, peer, reports } = startInMemory({ role, handler, limits });
      peer.send({ opcode: 1, payload: 'one' }, { opcode: 1, payload: 'two' }, ...frames, {
        opcode: 1,
        payload: 'lost',
      });
      const { closeCode, text: reason } = violations[code];
      expect(await peer.rest()).toEqual(['text one', 'text two', `close ${closeCode} ${reason}`]);
      const exit = { type: 'error', error: kinds[closeCode], violation: expect.objectContaining({ code }) };
      expect(await session.exited()).toEqual(exit);
      expect(lines).toEqual(['init', 'in text one', 'in text two', 'terminate']);
      expect(exits).toEqual([exit]);
      expect(reports).toMatchObject([
        { level: 'info', event: 'session.peer.violated', fields: { session: session.id } },
      ]);
    },
  );

  it('masks or does not mask: the other way round from what its role asks (RFC 6455 §5.1)', async () => {
    const { session, peer } = startInMemory({ role, handler: createJournal().handler });
    const key = role === 'server' ? undefined : Uint8Array.of(1, 2, 3, 4);
    peer.send({ opcode: 1, payload: 'x', key });
    expect(await peer.next()).toMatch(/^close 1002 (un)?masked frame/);
    expect(await session.exited()).toMatchObject({
      violation: { code: role === 'server' ? 'unmaskedFrame' : 'maskedFrame' },
    });
  });

  it('is refused a single-frame message over maxMessage before its payload has come (RFC 6455 §10.4)', async () => {
    const { handler, lines } = createJournal();
    const { session, peer } = startInMemory({ role, handler, limits: { maxMessage: 1000 } });
    peer.write(peer.encode({ opcode: 2, payload: 'x'.repeat(1001) }).subarray(0, 20));
    expect(await peer.next()).toBe('close 1009 message over the size limit');
    expect(await session.exited()).toMatchObject({ type: 'error', error: 'tooBig' });
    expect(lines).toEqual(['init', 'terminate']);
  });

  it('waits behind the messages before it while the handler is busy', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler, lines } = createJournal({ in: slowly(promise) });
    const { session, peer } = startInMemory({ role, handler });
    peer.send({ opcode: 1, payload: 'slow' }, { opcode: 1, payload: 'next' }, { opcode: 3 });
    await quiet();
    expect(session.state).toBe('open');
    resolve(ok);
    await session.exited();
    expect(lines).toEqual(['init', 'in text slow', 'in text next', 'terminate']);
  });
});

describe.each(roles)('a connection that is lost under a %s', (role) => {
  it('F05: an end of the stream without a close frame is an error of its own (RFC 6455 §7.1.5)', async () => {
    const { handler, lines, exits } = createJournal();
    const { session, peer, transport, reports } = startInMemory({ role, handler });
    peer.text('last');
    peer.end();
    expect(await session.exited()).toEqual({ type: 'error', error: 'closed' });
    expect(lines).toEqual(['init', 'in text last', 'terminate']);
    expect(exits).toEqual([{ type: 'error', error: 'closed' }]);
    expect(transport.released).toBe(true);
    expect(reports).toEqual([]);
  });

  it('F05: in the middle of a frame, too', async () => {
    const { handler, lines, exits } = createJournal();
    const { session, peer } = startInMemory({ role, handler });
    peer.write(peer.encode({ opcode: 1, payload: 'never whole' }).subarray(0, 9));
    peer.end();
    expect(await session.exited()).toEqual({ type: 'error', error: 'closed' });
    expect(lines).toEqual(['init', 'terminate']);
    expect(exits).toHaveLength(1);
  });

  it('F06: a reset in the middle of a frame is told with its cause, and no error in the log', async () => {
    const { handler, exits } = createJournal();
    const { session, peer, transport, reports, clock } = startInMemory({ role, handler });
    peer.write(peer.encode({ opcode: 1, payload: 'never whole' }).subarray(0, 9));
    await quiet();
    const cause = new Error('read ECONNRESET');
    transport.fail(cause);
    expect(await session.exited()).toEqual({ type: 'transportError', cause });
    expect(exits).toEqual([{ type: 'transportError', cause }]);
    expect(transport.released).toBe(true);
    expect(reports.filter(({ level }) => level === 'error' || level === 'warn')).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('is noticed when it cannot be written to', async () => {
    const { handler } = createJournal();
    const { session, transport } = startInMemory({ role, handler });
    const cause = new Error('write EPIPE');
    transport.send = () => {
      throw cause;
    };
    send(session, text('x'));
    expect(await session.exited()).toEqual({ type: 'transportError', cause });
  });

  it('delivers what came before it when the handler gets there', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler, lines } = createJournal({ in: slowly(promise) });
    const { session, peer } = startInMemory({ role, handler });
    for (const payload of ['slow', 'b', 'c']) peer.text(payload);
    peer.end();
    await quiet();
    expect(session.state).toBe('open');
    resolve(ok);
    expect(await session.exited()).toEqual({ type: 'error', error: 'closed' });
    expect(lines).toEqual(['init', 'in text slow', 'in text b', 'in text c', 'terminate']);
  });

  it('does not leave a session for ever whose handler never settles', async () => {
    const { handler, exits } = createJournal({ in: () => new Promise<Result<string>>(() => {}) });
    const { session, peer, clock } = startInMemory({ role, handler, idleTimeout: 1000, closeTimeout: 100 });
    peer.text('go');
    peer.end();
    await quiet();
    clock.advance(1000);
    await quiet();
    clock.advance(100);
    expect(session.state).toBe('closed');
    expect(exits).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });
});

describe.each(roles)('a ping or pong over 125 bytes in a reply of a %s', (role) => {
  it.each([false, true])(
    'is left out with a report, and the session lives (later: %s) (RFC 6455 §5.5)',
    async (later) => {
      const long = 'x'.repeat(126);
      const reply: Result<string> = ['reply', [text('a'), ping(long), pong(Buffer.from(long)), ping('b')], 'state'];
      const { handler } = createJournal({ in: () => (later ? Promise.resolve(reply) : reply) });
      const { session, peer, reports } = startInMemory({ role, handler });
      peer.text('go');
      expect(await peer.take(2)).toEqual(['text a', 'ping b']);
      expect(session.state).toBe('open');
      const refused: Partial<Report> = { level: 'error', event: 'session.frameRefused' };
      expect(reports).toMatchObject([refused, refused]);
      expect(JSON.stringify(reports)).not.toContain('xxx');
    },
  );
});
