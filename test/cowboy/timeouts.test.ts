import { once } from 'node:events';
import { hibernate, type Result, setOptions, tell, text } from 'genws';
import { describe, expect, it } from 'vitest';
import { createJournal } from '../support/journal.ts';
import { quiet, roles, startInMemory } from '../support/memory-session.ts';
import { serve, type Visitor } from '../support/served.ts';
import { schemes } from '../support/serving.ts';

type Tuning = Parameters<typeof setOptions>[0];

const kept = [false, true].map((hibernating) => ({ hibernating, how: hibernating ? 'hibernates' : 'stays awake' }));
const cases = schemes.flatMap((scheme) => kept.map((how) => ({ ...scheme, ...how })));
const idle = { type: 'timeout', timeout: 'idle' };
const missed = { type: 'timeout', timeout: 'heartbeat' };

/** A handler that hibernates after every callback, or never; it changes its options to what messages of actors say. */
const createSleeper = (hibernating: boolean) => {
  const rest = (): Result<string> => (hibernating ? ['ok', 'state', hibernate] : ['ok', 'state']);
  return createJournal<Tuning>({
    init: rest,
    in: rest,
    info: (tuning) =>
      hibernating ? ['reply', setOptions(tuning), 'state', hibernate] : ['reply', setOptions(tuning), 'state'],
  });
};

/** See that the session is still there, and has read all that was sent to it. */
async function expectPong(visitor: Visitor): Promise<void> {
  await visitor.send({ opcode: 9, payload: 'there?' });
  expect(await visitor.next()).toBe('pong there?');
}

describe.each(cases)('idleTimeout over $scheme of a session that $how', ({ secure, hibernating }) => {
  it('tells a silent peer 1001, and ends the connection (RFC 6455 §7.4.1)', async () => {
    const { handler, exits } = createSleeper(hibernating);
    await using served = await serve({ secure, handler, idleTimeout: 1000 });
    using visitor = await served.visit();
    await expectPong(visitor);
    served.clock.advance(999);
    expect(visitor.session.state).toBe('open');
    served.clock.advance(1);
    expect(await visitor.next()).toBe('close 1001 idle timeout');
    await visitor.leave();
    expect(await visitor.session.exited()).toEqual(idle);
    expect(exits).toEqual([idle]);
  });

  it('is not put off by messages of actors', async () => {
    const { handler, lines } = createSleeper(hibernating);
    await using served = await serve({ secure, handler, idleTimeout: 1000 });
    using visitor = await served.visit();
    await expectPong(visitor);
    for (let i = 0; i < 9; i++) {
      served.clock.advance(100);
      tell(visitor.session, {});
    }
    expect(visitor.session.state).toBe('open');
    served.clock.advance(100);
    expect(await visitor.next()).toBe('close 1001 idle timeout');
    expect(lines.filter((line) => line.startsWith('info'))).toHaveLength(9);
  });

  it('is put off by bytes of the peer, a message or less', async () => {
    const { handler } = createSleeper(hibernating);
    await using served = await serve({ secure, handler, idleTimeout: 1000 });
    const accepted = once(served.server.http, secure ? 'secureConnection' : 'connection');
    using visitor = await served.visit();
    const [socket] = await accepted;
    for (let i = 0; i < 4; i++) {
      await expectPong(visitor);
      served.clock.advance(900);
    }
    const read = once(socket, 'data');
    await visitor.connection.write(Buffer.of(0x81)); // one byte of a header
    await read;
    served.clock.advance(999);
    expect(visitor.session.state).toBe('open');
    served.clock.advance(1);
    expect(await visitor.next()).toBe('close 1001 idle timeout');
  });

  it('changed to Infinity never comes, changed to 500 comes after 500 ms', async () => {
    const { handler } = createSleeper(hibernating);
    await using served = await serve({ secure, handler, idleTimeout: 1000 });
    using visitor = await served.visit();
    tell(visitor.session, { idleTimeout: Number.POSITIVE_INFINITY });
    served.clock.advance(10_000_000);
    await expectPong(visitor);
    tell(visitor.session, { idleTimeout: 500 });
    served.clock.advance(499);
    expect(visitor.session.state).toBe('open');
    served.clock.advance(1);
    expect(await visitor.next()).toBe('close 1001 idle timeout');
    await visitor.leave();
    expect(await visitor.session.exited()).toEqual(idle);
  });
});

describe.each(cases)('heartbeat over $scheme of a session that $how', ({ secure, hibernating }) => {
  it('pings at its interval, and keeps a peer that answers', async () => {
    const { handler, lines } = createSleeper(hibernating);
    await using served = await serve({ secure, handler, heartbeat: 1000 });
    using visitor = await served.visit();
    for (let i = 0; i < 5; i++) {
      served.clock.advance(1000);
      expect(await visitor.next()).toBe('ping');
      await visitor.send({ opcode: 10 });
      await expectPong(visitor); // the pong before it has been read
    }
    expect(lines.filter((line) => line === 'in pong')).toHaveLength(5);
  });

  it('takes any bytes for an answer', async () => {
    const { handler } = createSleeper(hibernating);
    await using served = await serve({ secure, handler, heartbeat: 1000 });
    using visitor = await served.visit();
    for (let i = 0; i < 3; i++) {
      served.clock.advance(1000);
      expect(await visitor.next()).toBe('ping');
      await expectPong(visitor);
    }
  });

  it('ends the session at once when nothing has come by the time of the next ping: the peer may hear 1001', async () => {
    const { handler, exits } = createSleeper(hibernating);
    await using served = await serve({ secure, handler, heartbeat: 1000 });
    using visitor = await served.visit();
    served.clock.advance(1000);
    expect(await visitor.next()).toBe('ping');
    served.clock.advance(999);
    expect(visitor.session.state).toBe('open');
    served.clock.advance(1);
    expect(await visitor.session.exited()).toEqual(missed);
    expect(exits).toEqual([missed]);
    expect(await visitor.next()).toBe('close 1001 heartbeat timeout');
    await visitor.connection.closed;
  });

  it('is off by default, and can be switched on and off while messages flow', async () => {
    const { handler } = createSleeper(hibernating);
    await using served = await serve({ secure, handler, idleTimeout: Number.POSITIVE_INFINITY });
    using visitor = await served.visit();
    served.clock.advance(10_000_000);
    await expectPong(visitor); // no ping came before its pong
    tell(visitor.session, { heartbeat: 500 });
    served.clock.advance(500);
    expect(await visitor.next()).toBe('ping');
    await expectPong(visitor);
    tell(visitor.session, { heartbeat: Number.POSITIVE_INFINITY });
    served.clock.advance(10_000_000);
    await expectPong(visitor);
  });
});

describe.each(roles)('timeouts of a %s', (role) => {
  it('that setOptions does not name stay as they are, and so do limits', async () => {
    const { handler } = createSleeper(false);
    const { session, clock, peer } = startInMemory({ role, handler, idleTimeout: 1000, limits: { maxFrame: 10 } });
    tell(session, { validateUtf8: false, limits: { maxMessage: 100 } });
    peer.text('0123456789');
    await quiet();
    clock.advance(999);
    expect(session.state).toBe('open');
    clock.advance(1);
    expect(session.state).toBe('closing');
    const other = startInMemory({ role, handler, limits: { maxFrame: 10 } });
    tell(other.session, { idleTimeout: 5000, limits: { maxMessage: 100 } });
    other.peer.text('0123456789a');
    expect(await other.peer.next()).toMatch(/^close 1009 /);
  });

  it('can be set by init, for the very beginning', async () => {
    const { handler } = createJournal({
      init: () => ['reply', [text('hello'), setOptions({ idleTimeout: 500, heartbeat: 200 })], 'state'],
    });
    const { session, clock, peer } = startInMemory({ role, handler });
    expect(await peer.next()).toBe('text hello');
    clock.advance(200);
    expect(await peer.next()).toBe('ping');
    peer.send({ opcode: 10 });
    await quiet();
    clock.advance(199);
    expect(session.state).toBe('open');
    clock.advance(500);
    expect(session.state).not.toBe('open');
  });

  it('for closing can be changed too: closeTimeout counts for a close that comes later', async () => {
    const { handler, exits } = createSleeper(false);
    const { session, clock } = startInMemory({ role, handler, closeTimeout: 5000 });
    tell(session, { closeTimeout: 100 });
    session.send({ type: 'close', frame: { type: 'close', code: 1000 } });
    clock.advance(99);
    expect(session.state).toBe('closing');
    clock.advance(1);
    expect(await session.exited()).toEqual({ type: 'timeout', timeout: 'close' });
    expect(exits).toHaveLength(1);
  });

  it('put off by messages of actors are none while hibernating either, however they are sent', async () => {
    const { handler, lines } = createSleeper(true);
    const { session, clock } = startInMemory({ role, handler, idleTimeout: 1000 });
    clock.advance(600);
    tell(session, {});
    await quiet();
    clock.advance(399);
    expect([session.state, lines]).toEqual(['open', ['init', 'info [object Object]']]);
    clock.advance(1);
    expect(session.state).toBe('closing');
  });
});
