import { tell } from '@genws/actor';
import { text } from '@genws/protocol';
import { close, type Result, send, stop } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { mebibytesUsed } from '../support/garbage.ts';
import { createJournal } from '../support/journal.ts';
import { quiet, roles, startInMemory } from '../support/memory-session.ts';
import type { SocketPeer } from '../support/socket-peer.ts';
import { startOver } from '../support/wired-session.ts';
import { wiredSides } from '../support/wires.ts';

const ok: Result<string> = ['ok', 'state'];

describe.each(wiredSides)('a $role over $wire whose closing goes wrong', ({ role, wire, abort }) => {
  it('F01: both sides close at once: one close frame each, the code is ours, terminate once', async () => {
    const { handler, lines, exits } = createJournal();
    const { session, peer } = await startOver({ role, wire, handler });
    await using _ = peer;
    close(session, 4000);
    await peer.close(4001);
    expect(await peer.hear()).toBe('close 4000');
    peer.connection.end();
    expect(await session.exited()).toEqual({ type: 'normal' });
    expect(await peer.rest()).toEqual([]);
    expect(lines).toEqual(['init', 'terminate']);
    expect(exits).toHaveLength(1);
  });

  it('F02: loses the connection when the peer never answers, after closeTimeout', async () => {
    const { handler, exits } = createJournal();
    const { session, peer, clock } = await startOver({ role, wire, handler, closeTimeout: 500 });
    await using _ = peer;
    close(session);
    expect(await peer.hear()).toBe('close 1000');
    clock.advance(499);
    expect([session.state, exits]).toEqual(['closing', []]);
    clock.advance(1);
    expect(await session.exited()).toEqual({ type: 'timeout', timeout: 'close' });
    expect(exits).toEqual([{ type: 'timeout', timeout: 'close' }]);
    expect(await peer.rest()).toEqual([]);
    expect(await peer.connection.closed).toBe(abort);
    expect(clock.pending).toBe(0);
  });

  it('F02: does not wait for ever for a peer that answers and then keeps the connection', async () => {
    const { handler, exits } = createJournal();
    const { session, peer, clock } = await startOver({ role, wire, handler, closeTimeout: 500 });
    await using _ = peer;
    peer.pause();
    await peer.close(1000);
    await peer.settled();
    expect(session.state).toBe('closing');
    clock.advance(500);
    expect(await session.exited()).toEqual({ type: 'remote', code: 1000, reason: '' });
    peer.resume();
    await peer.connection.closed;
    expect(exits).toHaveLength(1);
  });

  it('F03: ignores data after the peer’s close frame (RFC 6455 §5.5.1)', async () => {
    const { handler, lines } = createJournal();
    const { session, peer } = await startOver({ role, wire, handler });
    await using _ = peer;
    peer.pause();
    await peer.send({ opcode: 8 }, { opcode: 1, payload: 'after' }, { opcode: 9 }, { opcode: 8 }, { opcode: 3 });
    await peer.say('much later');
    await peer.settled();
    peer.connection.end();
    peer.resume();
    expect(await session.exited()).toEqual({ type: 'remote' });
    expect(await peer.rest()).toEqual(['close']);
    expect(lines).toEqual(['init', 'in close', 'terminate']);
  });

  it('F03: ignores data after the peer’s close frame while the handler is busy, pings included', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler, lines } = createJournal({ in: () => promise });
    const { session, peer } = await startOver({ role, wire, handler });
    await using _ = peer;
    await peer.send({ opcode: 1, payload: 'go' }, { opcode: 8 }, { opcode: 9, payload: 'same chunk' });
    await peer.send({ opcode: 9, payload: 'next chunk' });
    await peer.settled();
    expect(peer.connection.unread).toBe(0);
    resolve(ok);
    expect(await peer.hear()).toBe('close');
    peer.connection.end();
    expect(await session.exited()).toEqual({ type: 'remote' });
    expect(await peer.rest()).toEqual([]);
    expect(lines).toEqual(['init', 'in text go', 'in close', 'terminate']);
  });

  it('F04: answers closed to who sends after close, and from terminate, and does not throw', async () => {
    const outcomes: string[] = [];
    const { handler } = createJournal({
      terminate: (_, self) => {
        outcomes.push(send(self, text('from terminate')));
        close(self);
        stop(self);
        tell(self, 'from terminate');
      },
    });
    const { session, peer } = await startOver({ role, wire, handler });
    await using _ = peer;
    close(session);
    outcomes.push(send(session, text('x')), send(session, { type: 'close', code: 4000 }));
    expect(await peer.hear()).toBe('close 1000');
    await peer.close(1000);
    peer.connection.end();
    await session.exited();
    outcomes.push(send(session, text('x')));
    close(session);
    stop(session);
    tell(session, 'x');
    expect(outcomes).toEqual(['closed', 'closed', 'queued', 'closed']);
    expect(await peer.rest()).toEqual([]);
  });

  it('F08: sends the frames of a list before its close frame, and the connection ends after them', async () => {
    const { handler } = createJournal({
      in: () => ['reply', [text('a'), text('b'), { type: 'close', code: 1000 }], 'state'],
    });
    const { peer, session } = await startOver({ role, wire, handler });
    await using _ = peer;
    peer.pause();
    await peer.say('go');
    await peer.close(1000);
    await peer.settled();
    peer.resume();
    expect(await peer.hearAll(3)).toEqual(['text a', 'text b', 'close 1000']);
    peer.connection.end();
    await session.exited();
    expect(await peer.connection.closed).toBe('ended');
  });

  it('F09: of two closes the first wins', async () => {
    const { handler } = createJournal();
    const { session, peer } = await startOver({ role, wire, handler });
    await using _ = peer;
    close(session, 4000, 'first');
    close(session, 4001, 'second');
    expect(send(session, { type: 'close', code: 4002 })).toBe('closed');
    expect(await peer.hear()).toBe('close 4000 first');
    await peer.close(4000);
    peer.connection.end();
    await session.exited();
    expect(await peer.rest()).toEqual([]);
  });

  it('F10: cuts a reason to 123 bytes on a code point (RFC 6455 §5.5)', async () => {
    const { session, peer } = await startOver({ role, wire, handler: createJournal().handler });
    await using _ = peer;
    close(session, 1000, `${'x'.repeat(122)}é`);
    const { payload } = await peer.read();
    expect(payload.toString('utf8', 2)).toBe('x'.repeat(122));
  });

  it('F11: throws a TypeError for a reason that is no string, and sends nothing', async () => {
    const { session, peer } = await startOver({ role, wire, handler: createJournal().handler });
    await using _ = peer;
    const isString = (_: unknown): _ is string => true; // lets code that is not checked pass anything
    for (const reason of [new Float64Array(12), Buffer.from('x'), 20, {}, null]) {
      if (isString(reason)) expect(() => close(session, 1000, reason)).toThrow(TypeError);
    }
    await peer.settled();
    expect([peer.connection.unread, session.state]).toEqual([0, 'open']);
  });

  it('F11: takes a handler’s close frame with such a reason for a crash', async () => {
    const frame: { type: 'close'; code: number; reason?: string } = { type: 'close', code: 1000 };
    Object.assign(frame, { reason: new Uint8Array(20) });
    const { handler } = createJournal({ in: () => ['reply', frame, 'state'] });
    const { session, peer } = await startOver({ role, wire, handler });
    await using _ = peer;
    await peer.say('go');
    expect(await peer.hear()).toBe('close 1011 internal error');
    peer.connection.end();
    expect(await session.exited()).toMatchObject({ type: 'crash', error: expect.any(TypeError) });
  });
});

describe.each(wiredSides)('a $role over $wire that is killed', ({ role, wire, abort }) => {
  it('lets go of the connection at once, whatever waits for the peer', async () => {
    const { handler, exits } = createJournal();
    const { session, peer, clock } = await startOver({ role, wire, handler });
    await using _ = peer;
    for (const waiting of [text('never sent'), text('nor this')]) send(session, waiting);
    session.stop();
    expect([session.state, clock.pending]).toEqual(['closed', 0]);
    expect(await session.exited()).toEqual({ type: 'killed' });
    expect([await peer.rest(), session.buffered]).toEqual([[], 0]);
    expect(await peer.connection.closed).toBe(abort);
    expect(exits).toEqual([{ type: 'killed' }]);
  });
});

describe.each(roles)('a %s whose peer has sent its close frame', (role) => {
  it.each([false, true])('F03: keeps nothing of what it sends on and on after it (busy: %s)', async (busy) => {
    const { handler } = createJournal({ in: () => (busy ? new Promise<Result<string>>(() => {}) : ok) });
    const { session, peer } = startInMemory({ role, handler, peerReads: false });
    peer.send({ opcode: 8 });
    await quiet();
    expect(session.state).toBe(busy ? 'open' : 'closing');
    const closes = peer.encode({ opcode: 8 });
    const flood = Buffer.concat(Array.from({ length: 10_000 }, () => closes));
    const before = await mebibytesUsed();
    for (let i = 0; i < 300; i++) {
      peer.write(flood);
      await quiet();
    }
    expect((await mebibytesUsed()) - before).toBeLessThan(8);
  });
});

/** How a handler that is busy comes to an end while the news that the peer has gone waits behind it. */
const ends: readonly [string, Result<string> | Error, object][] = [
  ['stops', ['stop', 'done', 'state'], { type: 'stop', reason: 'done' }],
  ['closes', ['reply', { type: 'close', code: 4000 }, 'state'], { type: 'stop' }],
  ['rejects', new Error('boom'), { type: 'crash' }],
];

/** What a peer does before it is heard, and how a session ends that is closed meanwhile. */
const lastWords: readonly [string, (peer: SocketPeer<unknown>) => Promise<void> | void, object][] = [
  ['ended the connection', (peer) => peer.connection.end(), { type: 'error', error: 'closed' }],
  ['sent a close frame', (peer) => peer.close(4001), { type: 'normal' }],
  ['broken the protocol', (peer) => peer.send({ opcode: 3 }), { type: 'error', error: 'badFrame' }],
];

describe.each(wiredSides)('a busy $role over $wire whose peer has gone', ({ role, wire, halfOpen }) => {
  it.each(ends)('ends without waiting for more of the peer when its handler %s', async (_, how, exit) => {
    const { promise, resolve, reject } = Promise.withResolvers<Result<string>>();
    const { handler, exits } = createJournal({ in: () => promise });
    const { session, peer, clock } = await startOver({ role, wire, handler });
    await using _peer = peer;
    await peer.say('go');
    peer.connection.end();
    await peer.settled();
    expect(session.state).toBe('open');
    if (how instanceof Error) reject(how);
    else resolve(how);
    expect(await session.exited()).toMatchObject(exit);
    expect(clock.now()).toBe(0);
    expect(exits).toHaveLength(1);
  });

  it.each(lastWords)('need not be waited for when it is closed after the peer has %s', async (what, go, exit) => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler, exits } = createJournal({ in: () => promise });
    const { session, peer, clock } = await startOver({ role, wire, handler });
    await using _peer = peer;
    await peer.say('go');
    await go(peer);
    await peer.settled();
    close(session, 4000);
    await peer.settled();
    if (role === 'client') peer.connection.end(); // a server ends the connection, now that both close frames are out
    resolve(ok);
    expect(await session.exited()).toMatchObject(exit);
    expect(clock.now()).toBe(0);
    expect(await peer.rest()).toEqual(halfOpen || what !== 'ended the connection' ? ['close 4000'] : []);
    expect(exits).toHaveLength(1);
  });
});
