import { tell } from '@genws/actor';
import { text } from '@genws/protocol';
import { close, type Result, send, stop } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { createJournal } from '../support/journal.ts';
import { quiet, roles, startInMemory } from '../support/memory-session.ts';

const ok: Result<string> = ['ok', 'state'];

describe.each(roles)('the closing handshake of a %s', (role) => {
  it.each([
    [
      'with code and reason',
      4000,
      'bye',
      'in close 4000 bye',
      'close 4000',
      { type: 'remote', code: 4000, reason: 'bye' },
    ],
    ['with a code', 1000, '', 'in close 1000', 'close 1000', { type: 'remote', code: 1000, reason: '' }],
    ['without a code', undefined, '', 'in close', 'close', { type: 'remote' }],
  ])('tells the handler of a close frame %s, and echoes it (RFC 6455 §5.5.1)', async (...one) => {
    const [, code, reason, line, echo, exit] = one;
    const { handler, lines, exits } = createJournal();
    const { session, peer } = startInMemory({ role, handler });
    peer.close(code, reason);
    expect(await peer.next()).toBe(echo);
    peer.end();
    expect(await session.exited()).toEqual(exit);
    expect(peer.frames).toHaveLength(1);
    expect(lines).toEqual(['init', line, 'terminate']);
    expect(exits).toEqual([exit]);
  });

  it('lets the handler answer the peer’s close frame before it is echoed', async () => {
    const { handler, exits } = createJournal({
      in: (frame) => (frame.type === 'close' ? ['reply', [text('last'), text('words')], 'state'] : ok),
    });
    const { session, peer } = startInMemory({ role, handler });
    peer.close(1001);
    expect(await peer.take(3)).toEqual(['text last', 'text words', 'close 1001']);
    peer.end();
    await session.exited();
    expect(exits).toEqual([{ type: 'remote', code: 1001, reason: '' }]);
  });

  it('waits for a handler that answers the close frame later', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler, exits } = createJournal({ in: () => promise });
    const { session, peer } = startInMemory({ role, handler });
    peer.close(1001);
    await quiet();
    expect([session.state, peer.frames.length]).toEqual(['open', 0]);
    resolve(['reply', text('last'), 'state']);
    expect(await peer.take(2)).toEqual(['text last', 'close 1001']);
    peer.end();
    await session.exited();
    expect(exits).toEqual([{ type: 'remote', code: 1001, reason: '' }]);
  });

  it('delivers what was told before the close frame came, and nothing that is told after it', async () => {
    const slow = Promise.withResolvers<Result<string>>();
    const closing = Promise.withResolvers<Result<string>>();
    const { handler, lines, exits } = createJournal<string>({
      in: (frame) => (frame.type === 'close' ? closing.promise : slow.promise),
    });
    const { session, peer } = startInMemory({ role, handler });
    peer.text('slow');
    await quiet();
    tell(session, 'before');
    peer.close(1001);
    await quiet();
    tell(session, 'after');
    slow.resolve(ok);
    await quiet();
    closing.resolve(['stop', 'mine', 'state']);
    expect(await peer.next()).toBe('close 1001');
    peer.end();
    await session.exited();
    expect(lines).toEqual(['init', 'in text slow', 'info before', 'in close 1001', 'terminate']);
    expect(exits).toEqual([{ type: 'remote', code: 1001, reason: '' }]);
  });

  const answers: readonly [string, Result<string>][] = [
    ['stop', ['stop', 'mine', 'state']],
    ['a close frame of its own', ['reply', { type: 'close', code: 4999 }, 'state']],
  ];

  describe.each(answers)('when the handler answers the peer’s close frame with %s', (_, answer) => {
    it.each([false, true])('echoes the peer’s, and keeps its reason (later: %s)', async (later) => {
      const { handler, exits } = createJournal({ in: () => (later ? Promise.resolve(answer) : answer) });
      const { session, peer } = startInMemory({ role, handler });
      peer.close(1001, 'theirs');
      expect(await peer.next()).toBe('close 1001');
      peer.end();
      await session.exited();
      expect(peer.frames).toHaveLength(1);
      expect(exits).toEqual([{ type: 'remote', code: 1001, reason: 'theirs' }]);
    });
  });

  it.each([false, true])('ends in 1011 when the handler fails at the peer’s close frame (later: %s)', async (later) => {
    const error = new Error('boom');
    const { handler, exits } = createJournal({
      in: () => {
        if (later) return Promise.reject(error);
        throw error;
      },
    });
    const { session, peer, reports } = startInMemory({ role, handler });
    peer.close(1001);
    expect(await peer.rest()).toEqual(['close 1011 internal error']);
    await session.exited();
    expect(exits).toEqual([{ type: 'crash', callback: 'handleIn', error }]);
    expect(reports).toHaveLength(1);
  });

  it('begins with close: the frame leaves, the peer’s is awaited, the reason is normal (RFC 6455 §7.1.2)', async () => {
    const { handler, lines, exits } = createJournal();
    const { session, peer } = startInMemory({ role, handler });
    close(session, 4000, 'bye');
    expect(await peer.next()).toBe('close 4000 bye');
    await quiet();
    expect(session.state).toBe('closing');
    peer.close(4000);
    peer.end();
    expect(await session.exited()).toEqual({ type: 'normal' });
    expect(peer.frames).toHaveLength(1);
    expect(lines).toEqual(['init', 'terminate']);
    expect(exits).toEqual([{ type: 'normal' }]);
  });

  it.each([0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_536, -1, 1000.5, Number.NaN])(
    'never puts %d on the wire: it becomes 1002 (RFC 6455 §7.4)',
    async (code) => {
      const { session, peer } = startInMemory({ role, handler: createJournal().handler });
      close(session, code, 'why');
      expect(await peer.next()).toBe('close 1002 why');
    },
  );

  it.each([false, true])('never puts a handler’s 1005 on the wire either (later: %s)', async (later) => {
    const answer: Result<string> = ['reply', { type: 'close', code: 1005 }, 'state'];
    const { handler } = createJournal({ in: () => (later ? Promise.resolve(answer) : answer) });
    const { peer } = startInMemory({ role, handler });
    peer.text('go');
    expect(await peer.next()).toBe('close 1002');
  });

  it('writes nothing after its close frame, and does not call the handler any more (RFC 6455 §5.5.1)', async () => {
    const { handler, lines } = createJournal({ in: (frame) => ['reply', frame.type === 'text' ? frame : [], 'state'] });
    const { session, peer } = startInMemory({ role, handler });
    close(session);
    peer.text('hello?');
    peer.ping('alive?');
    tell(session, 'message');
    expect(send(session, text('more'))).toBe('closed');
    await quiet();
    peer.text('hello??');
    peer.close(1000);
    peer.end();
    await session.exited();
    expect(peer.seen).toEqual(['close 1000']);
    expect(lines).toEqual(['init', 'terminate']);
  });

  it('writes nothing of a result that comes after its close frame', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const states: string[] = [];
    const { session, peer } = startInMemory({
      role,
      handler: {
        init: () => ['ok', 'initial'],
        handleIn: () => promise,
        terminate: (_: unknown, state: string) => {
          states.push(state);
        },
      },
    });
    peer.text('go');
    await quiet();
    close(session);
    resolve(['reply', text('late'), 'changed']);
    await quiet();
    peer.close(1000);
    peer.end();
    await session.exited();
    expect(peer.seen).toEqual(['close 1000']);
    expect(states).toEqual(['changed']);
  });

  it('drops what waited for a busy handler when it begins to close', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler, lines } = createJournal({ in: () => promise });
    const { session, peer } = startInMemory({ role, handler });
    for (const n of [1, 2, 3]) peer.text(`${n}`);
    await quiet();
    close(session);
    resolve(ok);
    peer.close(1000);
    peer.end();
    await session.exited();
    expect(lines).toEqual(['init', 'in text 1', 'terminate']);
  });

  it('begins when close is called from within a callback, after its reply', async () => {
    const { handler, lines } = createJournal({
      in: (_, self) => {
        close(self, 4000);
        return ['reply', text('reply'), 'state'];
      },
    });
    const { session, peer } = startInMemory({ role, handler });
    peer.text('go');
    expect(await peer.take(2)).toEqual(['text reply', 'close 4000']);
    peer.close(4000);
    peer.end();
    expect(await session.exited()).toEqual({ type: 'normal' });
    expect(lines).toEqual(['init', 'in text go', 'terminate']);
  });

  it('begins with a close frame among those that are sent, and ends the list', async () => {
    const { session, peer } = startInMemory({ role, handler: createJournal().handler });
    expect(send(session, [text('a'), { type: 'close', code: 4000 }, text('b')])).toBe('sent');
    await quiet();
    expect(peer.seen).toEqual(['text a', 'close 4000']);
    expect(session.state).toBe('closing');
  });

  it('is left out by stop: 1001, and the connection ends without waiting', async () => {
    const { handler, exits } = createJournal();
    const { session, peer, clock } = startInMemory({ role, handler });
    stop(session, 'deploy');
    expect(await peer.rest()).toEqual(['close 1001']);
    expect(await session.exited()).toEqual({ type: 'shutdown', reason: 'deploy' });
    expect(exits).toEqual([{ type: 'shutdown', reason: 'deploy' }]);
    expect(clock.now()).toBe(0);
  });

  it('is cut short by stop, and keeps its reason', async () => {
    const { handler, exits } = createJournal();
    const { session, transport, clock } = startInMemory({ role, handler, peerReads: false });
    close(session);
    stop(session, 'now');
    expect(transport.aborts).toBe(1);
    expect(await session.exited()).toEqual({ type: 'normal' });
    expect(exits).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it('aborts the signal of the session when it begins', async () => {
    const { handler } = createJournal();
    const { session, peer } = startInMemory({ role, handler });
    const { signal } = session;
    expect(signal.aborted).toBe(false);
    peer.close(1000);
    await quiet();
    expect(signal.aborted).toBe(true);
    expect(session.signal).toBe(signal);
  });

  it('gives an aborted signal to who asks for it afterwards', async () => {
    const { session, peer } = startInMemory({ role, handler: createJournal().handler });
    close(session);
    expect(session.signal.aborted).toBe(true);
    peer.close(1000);
    peer.end();
    await session.exited();
    expect(session.signal.aborted).toBe(true);
  });

  it('waits for a terminate that takes its time, and no longer than closeTimeout', async () => {
    for (const late of [false, true]) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const { handler, exits } = createJournal({ terminate: () => promise });
      const { session, peer, clock } = startInMemory({ role, handler, closeTimeout: 500 });
      peer.close(1000);
      peer.end();
      await quiet();
      expect([session.state, exits.length]).toEqual(['closing', 1]);
      clock.advance(499);
      expect(session.state).toBe('closing');
      if (late) clock.advance(1);
      else resolve();
      expect(await session.exited()).toEqual({ type: 'remote', code: 1000, reason: '' });
      expect(clock.pending).toBe(0);
      await quiet();
      expect(exits).toHaveLength(1);
    }
  });
});
