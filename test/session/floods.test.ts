import type { Result } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { createJournal, slowly } from '../support/journal.ts';
import { quiet, roles, startInMemory } from '../support/memory-session.ts';

const ok: Result<string> = ['ok', 'state'];
const policy = { type: 'error', error: 'policy', violation: { type: 'violation', code: 'controlFlood' } };

describe.each(roles)('a %s under a flood of control frames', (role) => {
  it('C21: answers as many pings a second as maxControlRate, and ends with 1008 at the next one (RFC 6455 §10.4)', async () => {
    const { handler, lines, exits } = createJournal();
    const { session, peer, clock } = startInMemory({ role, handler, limits: { maxControlRate: 50 } });
    for (let second = 0; second < 3; second++) {
      for (let i = 0; i < 50; i++) peer.ping(`${i}`);
      await quiet();
      clock.advance(1000);
    }
    expect(session.state).toBe('open');
    expect(peer.frames).toHaveLength(150);
    for (let i = 0; i < 1000; i++) peer.ping(`${i}`);
    const rest = (await peer.rest()).slice(150);
    expect(rest).toHaveLength(51);
    expect(rest.at(-1)).toMatch(/^close 1008 /);
    expect(await session.exited()).toEqual(policy);
    expect(exits).toEqual([policy]);
    expect(lines.filter((line) => line.startsWith('in ping'))).toHaveLength(200);
  });

  it('C21: takes 2000 a second by default, and 100,000 at once for what they are', async () => {
    const { handler } = createJournal();
    const { session, peer, reports } = startInMemory({ role, handler });
    const pings = Buffer.concat(Array.from({ length: 100_000 }, () => peer.encode({ opcode: 9, payload: 'x' })));
    peer.write(pings);
    await peer.ended();
    expect(peer.frames).toHaveLength(2001);
    expect(await session.exited()).toEqual(policy);
    expect(reports).toMatchObject([{ level: 'info', event: 'session.peer.violated' }]);
  });

  it('C21: keeps at most one pong for a peer that does not read, the latest (RFC 6455 §5.5.3)', async () => {
    const { handler } = createJournal();
    const { session, peer } = startInMemory({ role, handler, peerReads: false, limits: { maxControlRate: 100_000 } });
    const filler = 'x'.repeat(120);
    // What the transport takes before it is congested: 64 KiB.
    for (let i = 0; i < 600; i++) peer.ping(filler);
    await quiet();
    const full = session.buffered;
    for (let i = 0; i < 10_000; i++) peer.ping(`${i}`);
    await quiet();
    expect(session.buffered).toBe(full);
    peer.resume();
    await quiet();
    expect(peer.seen).toEqual([...Array(600).fill(`pong ${filler}`), 'pong 9999']);
  });

  it('C22: counts pongs nobody has asked for, and ends with 1008 (RFC 6455 §5.5.3, §10.4)', async () => {
    const { handler, exits } = createJournal();
    const { session, peer, clock } = startInMemory({ role, handler, limits: { maxControlRate: 50 } });
    for (let i = 0; i < 50; i++) peer.send({ opcode: 10 });
    await quiet();
    expect(session.state).toBe('open');
    clock.advance(999);
    peer.send({ opcode: 10 });
    expect(await peer.rest()).toEqual([expect.stringMatching(/^close 1008 /)]);
    expect(await session.exited()).toEqual(policy);
    expect(exits).toEqual([policy]);
  });

  it('C22: counts pings and pongs together', async () => {
    const { handler } = createJournal();
    const { session, peer } = startInMemory({ role, handler, limits: { maxControlRate: 50 } });
    for (let i = 0; i < 25; i++) peer.send({ opcode: 9 }, { opcode: 10 });
    await quiet();
    expect(session.state).toBe('open');
    peer.send({ opcode: 10 });
    expect(await session.exited()).toEqual(policy);
  });

  it('C21: notices it while the handler is busy, and keeps no more of it', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler, lines, exits } = createJournal({ in: slowly(promise) });
    const { session, peer } = startInMemory({ role, handler, limits: { maxControlRate: 50, maxMailbox: 100 } });
    peer.text('slow');
    for (let i = 0; i < 1000; i++) peer.ping(`${i}`);
    await quiet();
    expect(peer.frames).toHaveLength(50);
    resolve(ok);
    expect(await session.exited()).toEqual(policy);
    expect(peer.seen.at(-1)).toMatch(/^close 1008 /);
    expect(lines.filter((line) => line.startsWith('in ping'))).toHaveLength(50);
    expect(exits).toEqual([policy]);
  });
});
