import { setImmediate } from 'node:timers/promises';
import { tell } from '@genws/actor';
import { active, close, type Flow, type Session, send, stop } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { createJournal } from '../support/journal.ts';
import { numbersFrom } from '../support/numbered-messages.ts';
import { chunk, fill, limits, startObservedOver } from '../support/observed-session.ts';
import type { SocketPeer } from '../support/socket-peer.ts';
import { startOver } from '../support/wired-session.ts';
import { wiredSides } from '../support/wires.ts';

const kibibyte = 1024;

/** Resolves when nothing waits for the peer any more. */
async function drained(session: Session<never>): Promise<void> {
  while (session.buffered > 0) await setImmediate();
}

/** The numbers of the next messages. */
async function hearNumbers(peer: SocketPeer<never>, count: number): Promise<(number | undefined)[]> {
  const numbers: (number | undefined)[] = [];
  while (numbers.length < count) numbers.push((await peer.read()).payload[0]);
  return numbers;
}

describe.each(wiredSides)('flowInfo of a $role over $wire', ({ role, wire }) => {
  it('tells handleInfo once that the peer has fallen behind, and once that it has caught up, however much is sent', async () => {
    const { session, peer, lines, flows } = await startObservedOver({ role, wire });
    await using _ = peer;
    peer.pause();
    const sent = await fill(session, limits.highWater);
    for (let i = sent; i < sent + 10; i++) {
      send(session, chunk(i));
      await setImmediate();
    }
    expect(lines).toEqual(['congested']);
    expect(flows[0]?.buffered).toBeGreaterThan(limits.highWater);
    expect(flows[0]?.buffered).toBeLessThanOrEqual(limits.highWater + 33 * kibibyte);
    peer.resume();
    while (session.buffered > limits.lowWater) {
      expect(lines).toEqual(['congested']);
      await setImmediate();
    }
    await drained(session);
    expect(lines).toEqual(['congested', 'relieved']);
    expect(flows[1]?.buffered).toBeLessThanOrEqual(limits.lowWater);
    expect(await hearNumbers(peer, sent + 10)).toEqual(numbersFrom(0, sent + 10).map((number) => number % 256));
    expect(lines).toHaveLength(2);
  });

  it('tells of each time anew, in turns', async () => {
    const { session, peer, lines } = await startObservedOver({ role, wire });
    await using _ = peer;
    for (let time = 0; time < 5; time++) {
      peer.pause();
      await fill(session, limits.highWater);
      peer.resume();
      await drained(session);
    }
    expect(lines).toEqual(Array(5).fill(['congested', 'relieved']).flat());
  });

  it('between the marks says nothing, up or down', async () => {
    const { session, peer, lines } = await startObservedOver({ role, wire });
    await using _ = peer;
    for (let time = 0; time < 2; time++) {
      peer.pause();
      await fill(session, limits.lowWater);
      expect(session.buffered).toBeLessThanOrEqual(limits.highWater);
      peer.resume();
      await drained(session);
    }
    expect(lines).toEqual([]);
  });

  it.each(['congested', 'relieved'] as const)(
    'that throws on %s ends its own session, with a crash report',
    async (type) => {
      const { exits, handler } = createJournal<Flow>();
      const error = new Error('flowInfo');
      const throwing = {
        ...handler,
        flowInfo: (flow: Flow): Flow => {
          if (flow.type === type) throw error;
          return flow;
        },
      };
      const { session, peer, reports } = await startOver({ role, wire, handler: throwing, limits });
      await using _ = peer;
      const other = await startOver({
        role,
        wire,
        handler: { ...handler, flowInfo: (flow: Flow) => flow },
        limits,
      });
      await using _other = other.peer;
      for (const one of [peer, other.peer]) {
        one.pause();
        await fill(one.session, limits.highWater);
        one.resume();
      }
      let frame = await peer.read();
      while (frame.opcode !== 8) frame = await peer.read();
      expect(frame.payload.toString('utf8', 2)).toBe('internal error');
      peer.connection.end();
      const exit = { type: 'crash', callback: 'flowInfo', error };
      expect([await session.exited(), exits]).toEqual([exit, [exit]]);
      expect(reports).toMatchObject([{ level: 'error', event: 'session.crashed', fields: { callback: 'flowInfo' } }]);
      expect(other.session.state).toBe('open');
    },
  );

  it('may be left out, and so may handleInfo', async () => {
    const { handleInfo, ...handler } = createJournal().handler;
    for (const one of [handler, { ...handler, flowInfo: (flow: Flow): unknown => flow }]) {
      const { session, peer } = await startOver({ role, wire, handler: one, limits });
      await using _ = peer;
      peer.pause();
      const sent = await fill(session, limits.highWater);
      peer.resume();
      expect(await hearNumbers(peer, sent)).toHaveLength(sent);
      expect(session.state).toBe('open');
    }
  });
});

describe.each(wiredSides)('a congested $role over $wire', ({ role, wire, breaks }) => {
  it('dispatches no message of the peer that is behind; those of actors it does', async () => {
    const { session, peer, lines } = await startObservedOver({ role, wire });
    await using _ = peer;
    peer.pause();
    const sent = await fill(session, limits.highWater);
    await peer.send({ opcode: 1, payload: 'a' }, { opcode: 9, payload: 'b' });
    await peer.say('c');
    await peer.settled();
    tell(session, 'news');
    expect(lines).toEqual(['congested', 'news']);
    peer.resume();
    await hearNumbers(peer, sent);
    expect(await peer.hear()).toBe('pong b');
    await peer.settled();
    expect(lines.slice(2)).toEqual(['relieved', 'a', 'ping', 'c']);
  });

  it('with active(false) besides is read again only when both are over, in either order', async () => {
    for (const first of ['active', 'relieved'] as const) {
      const { session, peer, lines } = await startObservedOver({ role, wire });
      await using _ = peer;
      peer.pause();
      await fill(session, limits.highWater);
      tell(session, active(false));
      await peer.say('a');
      await peer.settled();
      for (const now of [first, first === 'active' ? 'relieved' : 'active']) {
        expect(lines).not.toContain('a');
        if (now === 'active') tell(session, active(true));
        else {
          peer.resume();
          await drained(session);
        }
        await peer.settled();
      }
      expect(lines.at(-1)).toBe('a');
    }
  });

  const endings: readonly (readonly [string, (peer: SocketPeer<never>) => void, { type: string; all: boolean }])[] = [
    ['closed, after all that waits', ({ session }) => close(session), { type: 'normal', all: true }],
    ['stopped, without what waits', ({ session }) => stop(session), { type: 'shutdown', all: false }],
  ];

  it.each(endings)('ends as it would otherwise when it is %s', async (_what, end, { type, all }) => {
    const { session, peer, lines } = await startObservedOver({ role, wire, slowConsumer: 'wait' });
    await using _peer = peer;
    peer.pause();
    const sent = await fill(session, limits.highWater);
    end(peer);
    peer.resume();
    let heard = 0;
    while ((await peer.read()).opcode !== 8) heard++;
    expect(heard === sent).toBe(all);
    await peer.close(1000);
    peer.connection.end();
    expect(await session.exited()).toMatchObject({ type });
    expect(lines.at(-1)).toBe(type);
  });

  it(`ends as it would otherwise when the connection ${breaks ? 'breaks' : 'is let go of'}`, async () => {
    const { session, peer, lines } = await startObservedOver({ role, wire, slowConsumer: 'wait' });
    await using _ = peer;
    peer.pause();
    await fill(session, limits.highWater);
    peer.connection.reset();
    const type = breaks ? 'transportError' : 'error';
    expect(await session.exited()).toMatchObject({ type });
    expect(lines.at(-1)).toBe(type);
  });
});
