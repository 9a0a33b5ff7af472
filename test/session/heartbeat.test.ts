import { close, type Result, send } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { createJournal } from '../support/journal.ts';
import { quiet, roles, startInMemory } from '../support/memory-session.ts';
import { numbersFrom } from '../support/numbered-messages.ts';
import { chunk, limits, startObserved } from '../support/observed-session.ts';

const heartbeat = 1000;
const timeout = { type: 'timeout', timeout: 'heartbeat' };
const ok: Result<string> = ['ok', 'state'];

describe.each(roles)('the heartbeat of a %s', (role) => {
  it('is one ping each time, for as long as something has come since the last one', async () => {
    const { handler } = createJournal();
    const { session, peer, clock } = startInMemory({ role, handler, heartbeat });
    const answers = [
      () => peer.send({ opcode: 10 }),
      () => peer.text('hello'),
      () => peer.ping(''),
      () => peer.write(peer.encode({ opcode: 1, payload: 'cut' }).subarray(0, 3)),
      () => peer.write(peer.encode({ opcode: 1, payload: 'cut' }).subarray(3)),
    ];
    for (const [i, answer] of answers.entries()) {
      clock.advance(heartbeat - 1);
      await quiet();
      expect(peer.seen.filter((frame) => frame === 'ping')).toHaveLength(i);
      clock.advance(1);
      await quiet();
      expect(peer.seen.filter((frame) => frame === 'ping')).toHaveLength(i + 1);
      answer();
      await quiet();
    }
    expect(session.state).toBe('open');
  });

  it('ends the session of a peer that has sent nothing when the next one is due, and its connection at once', async () => {
    const { handler, exits } = createJournal();
    const { session, peer, clock, transport, reports } = startInMemory({ role, handler, heartbeat });
    clock.advance(2 * heartbeat - 1);
    expect(session.state).toBe('open');
    clock.advance(1);
    expect([await session.exited(), exits, transport.aborts]).toEqual([timeout, [timeout], 1]);
    expect(await peer.rest()).toEqual(['ping', 'close 1001 heartbeat timeout']);
    expect([clock.now(), clock.pending, reports]).toEqual([2 * heartbeat, 0, []]);
  });

  it('begins when the session is open, and ends when it closes', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler } = createJournal({ init: () => promise });
    const { session, peer, clock } = startInMemory({ role, handler, heartbeat, closeTimeout: 10 * heartbeat });
    clock.advance(5 * heartbeat);
    resolve(ok);
    await quiet();
    clock.advance(heartbeat - 1);
    await quiet();
    expect(peer.seen).toEqual([]);
    close(session);
    clock.advance(5 * heartbeat);
    await quiet();
    expect([session.state, peer.seen]).toEqual(['closing', ['close 1000']]);
  });

  it('leaves the wire alone while the peer does not read, and is a ping again when it has', async () => {
    const { session, peer, clock } = startObserved({ role, heartbeat, peerReads: false });
    for (let i = 0; i < 20; i++) send(session, chunk(i));
    await quiet();
    while (session.buffered > limits.lowWater) {
      clock.advance(heartbeat);
      expect(session.state).toBe('open');
      peer.readOnce(); // something has left: it is there
      await quiet();
    }
    peer.resume();
    await quiet();
    expect(peer.frames.map(({ opcode }) => opcode)).toEqual(Array(20).fill(2));
    clock.advance(heartbeat);
    await quiet();
    expect(peer.seen.at(-1)).toBe('ping');
  });

  it.each(['close', 'drop-oldest', 'drop-newest', 'wait'] as const)(
    'ends the session of a peer that takes nothing of what waits, under the policy %s',
    async (slowConsumer) => {
      const { session, clock, lines, transport } = startObserved({ role, heartbeat, peerReads: false, slowConsumer });
      for (const i of numbersFrom(0, 20)) send(session, chunk(i));
      await quiet();
      expect(session.buffered).toBeGreaterThan(transport.buffered);
      clock.advance(2 * heartbeat);
      expect(await session.exited()).toEqual(timeout);
      expect(lines.at(-1)).toBe('timeout');
      expect(session.buffered).toBe(transport.buffered); // nothing waits any more
    },
  );
});

describe.each(roles)('the idle timeout of a %s', (role) => {
  it('begins anew with what a peer takes that is behind, and so is not read', async () => {
    const { session, peer, clock } = startObserved({ role, idleTimeout: 1000, peerReads: false });
    for (const i of numbersFrom(0, 30)) send(session, chunk(i));
    peer.text('unread');
    await quiet();
    while (session.buffered > limits.lowWater) {
      clock.advance(999);
      expect(session.state).toBe('open');
      peer.readOnce();
      await quiet();
    }
    clock.advance(999);
    expect(session.state).toBe('open');
    clock.advance(1);
    expect(session.state).toBe('closing');
  });

  it('evicts one that takes nothing, with 1001', async () => {
    const { session, peer, clock } = startObserved({ role, idleTimeout: 1000, closeTimeout: 500, peerReads: false });
    for (const i of numbersFrom(0, 30)) send(session, chunk(i));
    await quiet();
    clock.advance(1000);
    expect(session.state).toBe('closing');
    clock.advance(500);
    expect(await session.exited()).toEqual({ type: 'timeout', timeout: 'idle' });
    peer.resume();
    await peer.ended();
  });
});
