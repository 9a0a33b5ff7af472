import type { Result } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { createJournal, slowly } from '../support/journal.ts';
import type { RawFrame } from '../support/raw-frame.ts';
import { startOver } from '../support/wired-session.ts';
import { wiredSides } from '../support/wires.ts';

const ok: Result<string> = ['ok', 'state'];
const policy = { type: 'error', error: 'policy', violation: { type: 'violation', code: 'controlFlood' } };

/** Pings with their numbers. */
const pings = (count: number): RawFrame[] => Array.from({ length: count }, (_, i) => ({ opcode: 9, payload: `${i}` }));

describe.each(wiredSides)('a $role over $wire under a flood of control frames', ({ role, wire }) => {
  it('C21: answers as many pings a second as maxControlRate, and ends with 1008 at the next one (RFC 6455 §10.4)', async () => {
    const { handler, lines, exits } = createJournal();
    const { session, peer, clock } = await startOver({ role, wire, handler, limits: { maxControlRate: 50 } });
    await using _ = peer;
    for (let second = 0; second < 3; second++) {
      await peer.send(...pings(50));
      expect(await peer.hearAll(50)).toHaveLength(50);
      clock.advance(1000);
    }
    expect(session.state).toBe('open');
    await peer.send(...pings(1000));
    const rest = await peer.rest();
    expect(rest).toHaveLength(51);
    expect(rest.at(-1)).toMatch(/^close 1008 /);
    expect(await session.exited()).toEqual(policy);
    expect(exits).toEqual([policy]);
    expect(lines.filter((line) => line.startsWith('in ping'))).toHaveLength(200);
  });

  it('C21: takes 2000 a second by default, and 100,000 at once for what they are', async () => {
    const { handler } = createJournal();
    const { session, peer, reports } = await startOver({ role, wire, handler });
    await using _ = peer;
    const ping = peer.encode({ opcode: 9, payload: 'x' });
    peer.connection.write(Buffer.alloc(100_000 * ping.length, ping)).catch(() => {}); // it need not get through
    expect(await peer.rest()).toHaveLength(2001);
    expect(await session.exited()).toEqual(policy);
    expect(reports).toMatchObject([{ level: 'info', event: 'session.peer.violated' }]);
  });

  it('C21: keeps at most one pong for a peer that does not read, the latest (RFC 6455 §5.5.3)', async () => {
    const { handler } = createJournal();
    const { session, peer } = await startOver({ role, wire, handler, limits: { maxControlRate: 1e9 } });
    await using _ = peer;
    const filler = 'x'.repeat(120);
    const many = Array.from({ length: 3000 }, () => ({ opcode: 9, payload: filler }));
    peer.pause();
    let full = -1;
    while (full <= 0 || full !== session.buffered) {
      full = session.buffered;
      await peer.send(...many);
      await peer.settled();
    }
    await peer.send(...pings(10_000));
    await peer.settled();
    expect(session.buffered).toBe(full);
    peer.resume();
    let last = await peer.hear();
    while (last === `pong ${filler}`) last = await peer.hear();
    expect(last).toBe('pong 9999');
    await peer.settled();
    expect(peer.connection.unread).toBe(0);
  });

  it('C22: counts pongs nobody has asked for, and ends with 1008 (RFC 6455 §5.5.3, §10.4)', async () => {
    const { handler, exits } = createJournal();
    const { session, peer, clock } = await startOver({ role, wire, handler, limits: { maxControlRate: 50 } });
    await using _ = peer;
    await peer.send(...Array.from({ length: 50 }, () => ({ opcode: 10 })));
    await peer.settled();
    expect(session.state).toBe('open');
    clock.advance(999);
    await peer.send({ opcode: 10 });
    expect(await peer.rest()).toEqual([expect.stringMatching(/^close 1008 /)]);
    expect(await session.exited()).toEqual(policy);
    expect(exits).toEqual([policy]);
  });

  it('C22: counts pings and pongs together', async () => {
    const { handler } = createJournal();
    const { session, peer } = await startOver({ role, wire, handler, limits: { maxControlRate: 50 } });
    await using _ = peer;
    await peer.send(...Array.from({ length: 50 }, (_frame, i) => ({ opcode: i % 2 === 0 ? 9 : 10 })));
    await peer.settled();
    expect(session.state).toBe('open');
    await peer.send({ opcode: 10 });
    expect(await session.exited()).toEqual(policy);
  });

  it('C21: notices it while the handler is busy, and keeps no more of it', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler, lines, exits } = createJournal({ in: slowly(promise) });
    const limits = { maxControlRate: 50, maxMailbox: 100 };
    const { session, peer } = await startOver({ role, wire, handler, limits });
    await using _ = peer;
    await peer.say('slow');
    await peer.send(...pings(1000));
    expect(await peer.hearAll(50)).toHaveLength(50);
    await peer.settled();
    expect(peer.connection.unread).toBe(0);
    resolve(ok);
    expect(await session.exited()).toEqual(policy);
    expect(await peer.rest()).toEqual([expect.stringMatching(/^close 1008 /)]);
    expect(lines.filter((line) => line.startsWith('in ping'))).toHaveLength(50);
    expect(exits).toEqual([policy]);
  });
});
