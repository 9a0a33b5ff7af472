import { createGroup, join, tell } from '@genws/actor';
import { text } from '@genws/protocol';
import { close, defineHandler, type Result, type SessionRef, send, stop } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { createJournal } from '../support/journal.ts';
import { plainRequest, quiet, roles, startInMemory } from '../support/memory-session.ts';
import { rawFrame, someKey } from '../support/raw-frame.ts';

const ok: Result<string> = ['ok', 'state'];

describe.each(roles)('the beginning of a session that is a %s', (role) => {
  const masking = role === 'server' ? { key: someKey } : {};
  const headOf = (...texts: string[]): Buffer =>
    Buffer.concat(texts.map((payload) => rawFrame({ opcode: 1, payload, ...masking })));

  it('gives init the request and the options of the handler', () => {
    const given: unknown[] = [];
    const handler = defineHandler<string, unknown, { room: string }>({
      init: (request, opts, self) => {
        given.push(request, opts, self);
        return ok;
      },
      handleIn: () => ok,
    });
    const handlerOpts = { room: 'lobby' };
    const { session } = startInMemory({ role, handler, handlerOpts });
    expect(given[0]).toBe(plainRequest);
    expect(given[1]).toBe(handlerOpts);
    expect(given[2]).toBe(session);
  });

  it('reads nothing before it is told that the transport is its own', async () => {
    const { handler, lines } = createJournal();
    const { session, peer, transport } = startInMemory({ role, handler, activate: false });
    peer.text('early');
    await quiet();
    expect(session.state).toBe('ready_wait');
    expect(lines).toEqual(['init']);
    expect(transport.reading).toBe(false);
    session.send({ type: 'activate' });
    await quiet();
    expect(session.state).toBe('open');
    expect(lines).toEqual(['init', 'in text early']);
  });

  it('runs init before anything of the peer is dispatched, however long it takes', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler, lines } = createJournal({ init: () => promise });
    const { session, peer, transport } = startInMemory({ role, handler, head: headOf('with the handshake') });
    peer.text('early');
    await quiet();
    expect(session.state).toBe('ready_wait');
    expect(lines).toEqual(['init']);
    expect(transport.reading).toBe(false);
    resolve(ok);
    await quiet();
    expect(session.state).toBe('open');
    expect(lines).toEqual(['init', 'in text with the handshake', 'in text early']);
  });

  it('takes what came with the handshake first, although a message is cut between it and the next bytes', async () => {
    const { handler, lines } = createJournal();
    const head = headOf('first', 'second');
    const { peer } = startInMemory({ role, handler, head: head.subarray(0, head.length - 3) });
    peer.write(head.subarray(head.length - 3));
    peer.text('third');
    await quiet();
    expect(lines).toEqual(['init', 'in text first', 'in text second', 'in text third']);
  });

  it('takes what came with the handshake once, even if it closes in the middle of a frame', async () => {
    const { handler, lines } = createJournal();
    const { session, peer, transport } = startInMemory({ role, handler, head: headOf('with the handshake') });
    const whole = peer.encode({ opcode: 1, payload: 'cut in two'.repeat(5) });
    peer.write(whole.subarray(0, 20));
    await quiet();
    close(session);
    peer.write(whole.subarray(20));
    await quiet();
    expect([session.state, transport.released]).toEqual(['closing', false]);
    peer.close(1000);
    await quiet();
    peer.end();
    expect(await session.exited()).toEqual({ type: 'normal' });
    expect(lines).toEqual(['init', 'in text with the handshake', 'terminate']);
  });

  it('sends the greeting of init before it reads', async () => {
    const { handler } = createJournal({ init: () => ['reply', text('welcome'), 'state'] });
    const { session, peer } = startInMemory({ role, handler, activate: false });
    expect(await peer.next()).toBe('text welcome');
    expect(session.state).toBe('ready_wait');
  });

  it('closes cleanly when init stops', async () => {
    const { handler, exits } = createJournal({ init: () => ['stop', 'no room', 'state'] });
    const { session, peer, reports } = startInMemory({ role, handler });
    expect(await peer.next()).toBe('close 1000');
    peer.close(1000);
    peer.end();
    expect(await session.exited()).toEqual({ type: 'stop', reason: 'no room' });
    expect(exits).toEqual([{ type: 'stop', reason: 'no room' }]);
    expect(reports).toEqual([]);
  });

  it('delivers messages told before it is open, in order, and before the peer’s', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const group = createGroup<number>();
    const { handler, lines } = createJournal<number>({
      init: (self) => {
        join(group, self);
        tell(self, 0);
        return promise;
      },
    });
    const { session, peer } = startInMemory({ role, handler, activate: false, head: headOf('peer') });
    expect(group.size).toBe(1);
    for (const n of [1, 2, 3]) tell(session, n);
    session.send({ type: 'activate' });
    tell(session, 4);
    peer.text('later');
    await quiet();
    expect(lines).toEqual(['init']);
    resolve(ok);
    await quiet();
    expect(lines).toEqual(['init', ...[0, 1, 2, 3, 4].map((n) => `info ${n}`), 'in text peer', 'in text later']);
  });

  it('sends what is sent before it is open', async () => {
    const { handler } = createJournal();
    const { session, peer } = startInMemory({ role, handler, activate: false });
    expect(send(session, text('early'))).toBe('sent');
    expect(await peer.next()).toBe('text early');
  });

  it('completes the closing handshake when it is closed before it is open (RFC 6455 §7.1.2)', async () => {
    const { handler, lines, exits } = createJournal();
    const { session, peer, clock } = startInMemory({ role, handler, activate: false, head: headOf('unheard') });
    close(session, 4000, 'sorry');
    expect(await peer.next()).toBe('close 4000 sorry');
    expect(session.state).toBe('closing');
    peer.close(4000);
    peer.end();
    await quiet();
    expect(session.state).toBe('closed');
    expect(clock.now()).toBe(0);
    expect(lines).toEqual(['init', 'terminate']);
    expect(exits).toEqual([{ type: 'normal' }]);
  });

  it('F07: aborts the signal of an init that is pending when the session is closed, and never opens', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const signals: AbortSignal[] = [];
    const { handler, lines, exits } = createJournal({
      init: (self) => {
        signals.push(self.signal);
        return promise;
      },
    });
    const { session, peer } = startInMemory({ role, handler, head: headOf('unheard') });
    const states: string[] = [];
    session.subscribe(() => states.push(session.state));
    expect(signals[0]?.aborted).toBe(false);
    close(session);
    expect(signals[0]?.aborted).toBe(true);
    expect(await peer.next()).toBe('close 1000');
    peer.text('unheard as well');
    peer.close(1000);
    peer.end();
    await quiet();
    expect(session.state).toBe('closing'); // terminate waits for init to return its state
    resolve(ok);
    expect(await session.exited()).toEqual({ type: 'normal' });
    expect(states).not.toContain('open');
    expect(lines).toEqual(['init', 'terminate']);
    expect(exits).toEqual([{ type: 'normal' }]);
  });

  it('F07: aborts the signal of an init that is pending when the peer goes away', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    let signal: AbortSignal | undefined;
    const { handler, exits } = createJournal({
      init: (self) => {
        signal = self.signal;
        return promise;
      },
    });
    const { session, peer } = startInMemory({ role, handler });
    peer.end();
    await quiet();
    expect(signal?.aborted).toBe(true);
    resolve(ok);
    expect(await session.exited()).toEqual({ type: 'error', error: 'closed' });
    expect(exits).toHaveLength(1);
  });

  it('does not terminate what was never initialised: an init that throws', async () => {
    const error = new Error('no database');
    const { handler, lines } = createJournal({
      init: () => {
        throw error;
      },
    });
    const { session, peer, reports } = startInMemory({ role, handler });
    expect(await peer.rest()).toEqual(['close 1011 internal error']);
    expect(await session.exited()).toEqual({ type: 'crash', callback: 'init', error });
    expect(lines).toEqual(['init']);
    expect(reports.map(({ event }) => event)).toEqual(['session.crashed']);
  });

  it('ends with 1011 when init does not settle in time, and leaves its late result alone', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler, lines } = createJournal({ init: () => promise });
    const { session, peer, clock, reports } = startInMemory({ role, handler, initTimeout: 1000, closeTimeout: 100 });
    clock.advance(999);
    expect(session.state).toBe('ready_wait');
    clock.advance(1);
    expect(await peer.rest()).toEqual(['close 1011 init timeout']);
    await quiet();
    expect(reports.map(({ event }) => event)).toEqual(['session.timeout.init']);
    clock.advance(100);
    expect(await session.exited()).toEqual({ type: 'timeout', timeout: 'init' });
    resolve(['reply', text('late'), 'state']);
    await quiet();
    expect(lines).toEqual(['init']);
    expect(peer.frames).toHaveLength(1);
  });

  it('terminates with the state of an init that settles while the session is being closed', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler, lines, exits } = createJournal({ init: () => promise });
    const { session, peer, clock } = startInMemory({ role, handler, initTimeout: 1000 });
    clock.advance(1000);
    expect(await peer.rest()).toEqual(['close 1011 init timeout']);
    resolve(['reply', text('late'), 'state']);
    expect(await session.exited()).toEqual({ type: 'timeout', timeout: 'init' });
    expect(lines).toEqual(['init', 'terminate']);
    expect(exits).toEqual([{ type: 'timeout', timeout: 'init' }]);
    expect(peer.frames).toHaveLength(1);
  });

  it('reports an init that rejects after the session has begun to close', async () => {
    const { promise, reject } = Promise.withResolvers<Result<string>>();
    const { handler, lines } = createJournal({ init: () => promise });
    const { session, peer, reports } = startInMemory({ role, handler });
    close(session);
    peer.close(1000);
    peer.end();
    await quiet();
    reject(new Error('too late to matter'));
    expect(await session.exited()).toEqual({ type: 'normal' });
    expect(lines).toEqual(['init']);
    expect(reports).toMatchObject([{ event: 'session.crashed', fields: { callback: 'init' } }]);
  });

  const ways: readonly [string, (self: SessionRef) => void, string, object][] = [
    ['closed', (self) => close(self, 4000), 'close 4000', { type: 'normal' }],
    ['stopped', (self) => stop(self, 'enough'), 'close 1001', { type: 'shutdown', reason: 'enough' }],
  ];

  describe.each(ways)('%s from within init', (_, end, frame, exit) => {
    it.each([
      ['goes on', (): Result<string> => ok, 1],
      ['stops as well', (): Result<string> => ['stop', 'twice', 'state'], 1],
      ['closes as well', (): Result<string> => ['reply', { type: 'close', code: 4001 }, 'state'], 1],
      [
        'throws',
        (): Result<string> => {
          throw new Error('boom');
        },
        0,
      ],
    ])('ends without waiting, when init %s', async (_, result, terminations) => {
      const { handler, exits } = createJournal({
        init: (self) => {
          end(self);
          return result();
        },
      });
      const { session, peer, clock, reports } = startInMemory({ role, handler });
      expect(await peer.next()).toBe(frame);
      peer.close(1000);
      peer.end();
      expect(await session.exited()).toEqual(exit);
      expect(clock.now()).toBe(0);
      expect(exits).toHaveLength(terminations);
      expect(reports).toHaveLength(1 - terminations);
    });
  });
});
