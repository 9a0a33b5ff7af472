import { tell } from '@genws/actor';
import { text } from '@genws/protocol';
import { close, type Result, send, stop } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { mebibytesUsed } from '../support/garbage.ts';
import { createJournal } from '../support/journal.ts';
import { quiet, roles, startInMemory } from '../support/memory-session.ts';
import type { RawPeer } from '../support/raw-peer.ts';

const ok: Result<string> = ['ok', 'state'];

describe.each(roles)('a %s whose closing goes wrong', (role) => {
  it('F01: both sides close at once: one close frame each, the code is ours, terminate once', async () => {
    const { handler, lines, exits } = createJournal();
    const { session, peer } = startInMemory({ role, handler });
    close(session, 4000);
    peer.close(4001);
    await quiet();
    peer.end();
    expect(await session.exited()).toEqual({ type: 'normal' });
    expect(peer.seen).toEqual(['close 4000']);
    expect(lines).toEqual(['init', 'terminate']);
    expect(exits).toHaveLength(1);
  });

  it('F02: loses the connection when the peer never answers, after closeTimeout', async () => {
    const { handler, exits } = createJournal();
    const { session, peer, transport, clock } = startInMemory({ role, handler, closeTimeout: 500 });
    close(session);
    await quiet();
    clock.advance(499);
    expect([session.state, transport.aborts]).toEqual(['closing', 0]);
    clock.advance(1);
    expect(transport.aborts).toBe(1);
    expect(await session.exited()).toEqual({ type: 'timeout', timeout: 'close' });
    expect(exits).toEqual([{ type: 'timeout', timeout: 'close' }]);
    expect(await peer.rest()).toEqual(['close 1000']);
    expect(clock.pending).toBe(0);
  });

  it('F02: does not wait for ever for a peer that answers and then keeps the connection', async () => {
    const { handler, exits } = createJournal();
    const { session, peer, transport, clock } = startInMemory({ role, handler, closeTimeout: 500, peerReads: false });
    peer.close(1000);
    await quiet();
    expect(session.state).toBe('closing');
    clock.advance(500);
    expect(await session.exited()).toEqual({ type: 'remote', code: 1000, reason: '' });
    expect(transport.aborts).toBe(1);
    expect(exits).toHaveLength(1);
  });

  it('F03: ignores data after the peer’s close frame (RFC 6455 §5.5.1)', async () => {
    const { handler, lines } = createJournal();
    const { session, peer } = startInMemory({ role, handler });
    peer.send({ opcode: 8 }, { opcode: 1, payload: 'after' }, { opcode: 9 }, { opcode: 8 }, { opcode: 3 });
    peer.text('much later');
    await quiet();
    peer.end();
    expect(await session.exited()).toEqual({ type: 'remote' });
    expect(peer.seen).toEqual(['close']);
    expect(lines).toEqual(['init', 'in close', 'terminate']);
  });

  it('F03: ignores data after the peer’s close frame while the handler is busy, pings included', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler, lines } = createJournal({ in: () => promise });
    const { session, peer } = startInMemory({ role, handler });
    peer.send({ opcode: 1, payload: 'go' }, { opcode: 8 }, { opcode: 9, payload: 'same chunk' });
    peer.ping('next chunk');
    await quiet();
    expect(peer.frames).toEqual([]);
    resolve(ok);
    await quiet();
    peer.end();
    expect(await session.exited()).toEqual({ type: 'remote' });
    expect(peer.seen).toEqual(['close']);
    expect(lines).toEqual(['init', 'in text go', 'in close', 'terminate']);
  });

  it.each([false, true])(
    'F03: keeps nothing of what a peer sends on and on after its close frame (busy: %s)',
    async (busy) => {
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
    },
  );

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
    const { session, peer } = startInMemory({ role, handler });
    close(session);
    outcomes.push(send(session, text('x')), send(session, { type: 'close', code: 4000 }));
    await quiet();
    peer.close(1000);
    peer.end();
    await session.exited();
    outcomes.push(send(session, text('x')));
    close(session);
    stop(session);
    tell(session, 'x');
    expect(outcomes).toEqual(['closed', 'closed', 'queued', 'closed']);
    await quiet();
    expect(peer.seen).toEqual(['close 1000']);
  });

  it('F08: sends the frames of a list before its close frame, and the connection ends after them', async () => {
    const { handler } = createJournal({
      in: () => ['reply', [text('a'), text('b'), { type: 'close', code: 1000 }], 'state'],
    });
    const { peer, session, transport } = startInMemory({ role, handler, peerReads: false });
    peer.text('go');
    await quiet();
    peer.close(1000);
    await quiet();
    peer.resume();
    peer.end();
    await session.exited();
    expect(peer.seen).toEqual(['text a', 'text b', 'close 1000']);
    expect(transport.aborts).toBe(0);
  });

  it('F09: of two closes the first wins', async () => {
    const { handler } = createJournal();
    const { session, peer } = startInMemory({ role, handler });
    close(session, 4000, 'first');
    close(session, 4001, 'second');
    expect(send(session, { type: 'close', code: 4002 })).toBe('closed');
    await quiet();
    peer.close(4000);
    peer.end();
    await session.exited();
    expect(peer.seen).toEqual(['close 4000 first']);
  });

  it('F10: cuts a reason to 123 bytes on a code point (RFC 6455 §5.5)', async () => {
    const { session, peer } = startInMemory({ role, handler: createJournal().handler });
    close(session, 1000, `${'x'.repeat(122)}é`);
    const { payload } = await peer.frame();
    expect(payload.toString('utf8', 2)).toBe('x'.repeat(122));
  });

  it('F11: throws a TypeError for a reason that is no string, and sends nothing', async () => {
    const { session, peer } = startInMemory({ role, handler: createJournal().handler });
    const isString = (_: unknown): _ is string => true; // lets code that is not checked pass anything
    for (const reason of [new Float64Array(12), Buffer.from('x'), 20, {}, null]) {
      if (isString(reason)) expect(() => close(session, 1000, reason)).toThrow(TypeError);
    }
    await quiet();
    expect(peer.frames).toEqual([]);
    expect(session.state).toBe('open');
  });

  it('F11: takes a handler’s close frame with such a reason for a crash', async () => {
    const frame: { type: 'close'; code: number; reason?: string } = { type: 'close', code: 1000 };
    Object.assign(frame, { reason: new Uint8Array(20) });
    const { handler } = createJournal({ in: () => ['reply', frame, 'state'] });
    const { session, peer } = startInMemory({ role, handler });
    peer.text('go');
    expect(await peer.next()).toBe('close 1011 internal error');
    peer.end();
    expect(await session.exited()).toMatchObject({ type: 'crash', error: expect.any(TypeError) });
  });
});

/** How a handler that is busy comes to an end while the news that the peer has gone waits behind it. */
const ends: readonly [string, Result<string> | Error, object][] = [
  ['stops', ['stop', 'done', 'state'], { type: 'stop', reason: 'done' }],
  ['closes', ['reply', { type: 'close', code: 4000 }, 'state'], { type: 'stop' }],
  ['rejects', new Error('boom'), { type: 'crash' }],
];

describe.each(roles)('a busy %s whose peer has gone', (role) => {
  it.each(ends)('ends without waiting for more of the peer when its handler %s', async (_, how, exit) => {
    const { promise, resolve, reject } = Promise.withResolvers<Result<string>>();
    const { handler, exits } = createJournal({ in: () => promise });
    const { session, peer, clock } = startInMemory({ role, handler });
    peer.text('go');
    peer.end();
    await quiet();
    expect(session.state).toBe('open');
    if (how instanceof Error) reject(how);
    else resolve(how);
    expect(await session.exited()).toMatchObject(exit);
    expect(clock.now()).toBe(0);
    expect(exits).toHaveLength(1);
  });

  it.each([
    ['ended the connection', (peer: RawPeer) => peer.end(), { type: 'error', error: 'closed' }],
    ['sent a close frame', (peer: RawPeer) => peer.close(4001), { type: 'normal' }],
    ['broken the protocol', (peer: RawPeer) => peer.send({ opcode: 3 }), { type: 'error', error: 'badFrame' }],
  ])('need not be waited for when it is closed after the peer has %s', async (_, go, exit) => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler, exits } = createJournal({ in: () => promise });
    const { session, peer, clock } = startInMemory({ role, handler });
    peer.text('go');
    go(peer);
    await quiet();
    close(session, 4000);
    await quiet();
    if (role === 'client') peer.end(); // a server ends the connection, now that both close frames are out
    resolve(ok);
    expect(await session.exited()).toMatchObject(exit);
    expect(clock.now()).toBe(0);
    expect(peer.seen).toEqual('error' in exit && exit.error === 'closed' ? [] : ['close 4000']);
    expect(exits).toHaveLength(1);
  });
});
