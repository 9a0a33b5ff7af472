import { tell } from '@genws/actor';
import { text } from '@genws/protocol';
import { close, defaultTimeouts, type Result, send } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { createJournal, slowly } from '../support/journal.ts';
import { quiet, roles, startInMemory } from '../support/memory-session.ts';

const ok: Result<string> = ['ok', 'state'];

describe.each(roles)('the idle timeout of a %s', (role) => {
  it('ends an open session whose peer says nothing with 1001 (RFC 6455 §7.4.1)', async () => {
    const { handler, exits } = createJournal();
    const { session, peer, clock } = startInMemory({ role, handler, idleTimeout: 1000 });
    clock.advance(999);
    expect(session.state).toBe('open');
    clock.advance(1);
    expect(await peer.next()).toBe('close 1001 idle timeout');
    peer.close(1001);
    peer.end();
    expect(await session.exited()).toEqual({ type: 'timeout', timeout: 'idle' });
    expect(exits).toEqual([{ type: 'timeout', timeout: 'idle' }]);
    expect(clock.pending).toBe(0);
  });

  it('is looked at again one turn later, when what had not been read by then has been', () => {
    const { session, peer, clock } = startInMemory({ role, handler: createJournal().handler, idleTimeout: 1000 });
    let stalls = true;
    // Its bytes lay in the kernel while the process did something else: they are read after the timers.
    session.system.inspect((news) => {
      if (news.type !== '@xstate.event' || news.event.type !== 'timeout.idle' || !stalls) return;
      stalls = false;
      session.send({ type: 'transport.data', bytes: peer.encode({ opcode: 9, payload: '' }) });
    });
    clock.advance(1000);
    expect([stalls, session.state]).toEqual([false, 'open']);
    clock.advance(999);
    expect(session.state).toBe('open');
    clock.advance(1);
    expect(session.state).toBe('closing');
  });

  it('begins anew with every byte, even of a frame that is not complete', async () => {
    const { handler } = createJournal();
    const { session, peer, clock } = startInMemory({ role, handler, idleTimeout: 1000 });
    for (const byte of peer.encode({ opcode: 1, payload: 'slow' }).subarray(0, 5)) {
      clock.advance(900);
      peer.write(Uint8Array.of(byte));
      await quiet();
    }
    clock.advance(999);
    expect(session.state).toBe('open');
    clock.advance(1);
    expect(session.state).toBe('closing');
  });

  it('does not begin anew with messages of actors, nor with what is sent', async () => {
    const { handler } = createJournal<string>({ info: () => ['reply', text('news'), 'state'] });
    const { session, clock } = startInMemory({ role, handler, idleTimeout: 1000 });
    for (let i = 0; i < 9; i++) {
      clock.advance(100);
      tell(session, 'news');
      send(session, text('more'));
      await quiet();
    }
    expect(session.state).toBe('open');
    clock.advance(100);
    expect(session.state).toBe('closing');
  });

  it('does not begin before the session is open', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler } = createJournal({ init: () => promise });
    const { session, clock } = startInMemory({ role, handler, idleTimeout: 1000, initTimeout: 10_000 });
    clock.advance(5000);
    resolve(ok);
    await quiet();
    clock.advance(999);
    expect(session.state).toBe('open');
    clock.advance(1);
    expect(session.state).toBe('closing');
  });

  it('does not count the time in which the peer was not read, waiting for the handler', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler, lines } = createJournal({ in: slowly(promise) });
    const { session, peer, transport, clock } = startInMemory({
      role,
      handler,
      idleTimeout: 1000,
      limits: { maxBacklog: 1000 },
    });
    peer.text('slow');
    peer.text('x'.repeat(2000));
    await quiet();
    clock.advance(5500);
    await quiet();
    expect([session.state, transport.reading]).toEqual(['open', false]);
    resolve(ok);
    await quiet();
    expect(lines).toHaveLength(3);
    clock.advance(999);
    expect(session.state).toBe('open');
    clock.advance(1);
    expect(session.state).toBe('closing');
  });

  it('does not count the time in which the peer was not read, having sent too much', async () => {
    const { handler, lines } = createJournal();
    const { session, peer, transport, clock } = startInMemory({
      role,
      handler,
      idleTimeout: 1000,
      heartbeat: 700,
      limits: { maxMessageRate: 0.2 },
    });
    peer.text('one');
    peer.text('two');
    await quiet();
    expect([lines, transport.reading]).toEqual([['init', 'in text one'], false]);
    clock.advance(4999);
    expect([session.state, transport.reading]).toEqual(['open', false]);
    clock.advance(1);
    await quiet();
    expect(lines).toHaveLength(3);
    peer.text('three');
    await quiet();
    clock.advance(5000);
    await quiet();
    expect([session.state, lines.at(-1)]).toEqual(['open', 'in text three']);
  });

  it('can be switched off', async () => {
    const { handler } = createJournal();
    const { session, clock } = startInMemory({ role, handler, idleTimeout: Number.POSITIVE_INFINITY });
    clock.advance(2 ** 31 - 2);
    expect(session.state).toBe('open');
    clock.advance(2 ** 40);
    expect(session.state).toBe('open');
  });

  it('is followed by the close timeout when the peer is really gone', async () => {
    const { handler, exits } = createJournal();
    const { session, clock, transport } = startInMemory({ role, handler, idleTimeout: 1000, closeTimeout: 100 });
    clock.advance(1000);
    clock.advance(99);
    expect(session.state).toBe('closing');
    clock.advance(1);
    expect(await session.exited()).toMatchObject({ type: 'timeout' });
    expect(transport.aborts).toBe(1);
    expect(exits).toHaveLength(1);
  });
});

describe.each(roles)('the timers of a %s', (role) => {
  it('are as documented by default', async () => {
    expect(defaultTimeouts).toEqual({
      idleTimeout: 60_000,
      heartbeat: Number.POSITIVE_INFINITY,
      closeTimeout: 5000,
      initTimeout: 15_000,
    });
    const idle = startInMemory({ role, handler: createJournal().handler });
    idle.clock.advance(59_999);
    expect([idle.session.state, idle.clock.pending, idle.peer.seen]).toEqual(['open', 1, []]);
    idle.clock.advance(1);
    expect(idle.session.state).toBe('closing');
    const closing = startInMemory({ role, handler: createJournal().handler });
    close(closing.session);
    await quiet();
    closing.clock.advance(4999);
    expect(closing.session.state).toBe('closing');
    closing.clock.advance(1);
    expect(closing.session.state).toBe('closed');
    const init = startInMemory({ role, handler: createJournal({ init: () => new Promise(() => {}) }).handler });
    init.clock.advance(14_999);
    expect(init.session.state).toBe('ready_wait');
    init.clock.advance(1);
    expect(init.session.state).toBe('closing');
  });

  it('are one at a time, and none when it is over', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler } = createJournal({ init: () => promise });
    const { session, peer, clock } = startInMemory({ role, handler });
    expect(clock.pending).toBe(1);
    resolve(ok);
    await quiet();
    expect([session.state, clock.pending]).toEqual(['open', 1]);
    close(session);
    expect(clock.pending).toBe(1);
    peer.close(1000);
    peer.end();
    await session.exited();
    expect(clock.pending).toBe(0);
  });
});
