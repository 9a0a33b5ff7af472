import { tell } from '@genws/actor';
import { active, close, type Flow, send, stop } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { createJournal } from '../support/journal.ts';
import { quiet, roles, startInMemory } from '../support/memory-session.ts';
import { numbersFrom } from '../support/numbered-messages.ts';
import { chunk, limits, numbersIn, startObserved } from '../support/observed-session.ts';

const kibibyte = 1024;

describe.each(roles)('flowInfo of a %s', (role) => {
  it('tells handleInfo once that the peer has fallen behind, and once that it has caught up, however much is sent', async () => {
    const { session, peer, lines, flows } = startObserved({ role, peerReads: false });
    for (let i = 0; i < 20; i++) {
      send(session, chunk(i));
      await quiet();
    }
    expect(lines).toEqual(['congested']);
    expect(flows[0]?.buffered).toBeGreaterThan(limits.highWater);
    expect(flows[0]?.buffered).toBeLessThanOrEqual(limits.highWater + 33 * kibibyte);
    while (session.buffered > limits.lowWater) {
      expect(lines).toEqual(['congested']);
      peer.readOnce();
      await quiet();
    }
    expect(lines).toEqual(['congested', 'relieved']);
    expect(flows[1]?.buffered).toBeLessThanOrEqual(limits.lowWater);
    peer.resume();
    await quiet();
    expect(numbersIn(peer.frames)).toEqual(numbersFrom(0, 20));
    expect(lines).toHaveLength(2);
  });

  it('tells of each time anew, in turns', async () => {
    const { session, peer, lines } = startObserved({ role });
    for (let time = 0; time < 5; time++) {
      peer.pause();
      for (let i = 0; i < 15; i++) send(session, chunk(i));
      await quiet();
      peer.resume();
      await quiet();
    }
    expect(lines).toEqual(Array(5).fill(['congested', 'relieved']).flat());
  });

  it('between the marks says nothing, up or down', async () => {
    const { session, peer, lines } = startObserved({ role, peerReads: false });
    for (let i = 0; i < 7; i++) send(session, chunk(i));
    await quiet();
    expect(session.buffered).toBeGreaterThan(limits.lowWater);
    expect(session.buffered).toBeLessThanOrEqual(limits.highWater);
    peer.readOnce();
    await quiet();
    for (let i = 0; i < 2; i++) send(session, chunk(i));
    await quiet();
    peer.resume();
    await quiet();
    expect(lines).toEqual([]);
  });

  it.each(['congested', 'relieved'] as const)(
    'that throws on %s ends its own session, with a crash report',
    async (type) => {
      const { exits, handler } = createJournal();
      const error = new Error('flowInfo');
      const throwing = {
        ...handler,
        flowInfo: (flow: Flow): Flow => {
          if (flow.type === type) throw error;
          return flow;
        },
      };
      const { session, peer, reports } = startInMemory({ role, handler: throwing, limits, peerReads: false });
      const other = startInMemory({
        role,
        handler: { ...handler, flowInfo: (flow: Flow) => flow },
        limits,
        peerReads: false,
      });
      for (let i = 0; i < 20; i++) for (const one of [session, other.session]) send(one, chunk(i));
      await quiet();
      peer.resume();
      await quiet();
      expect(peer.seen.at(-1)).toBe('close 1011 internal error');
      peer.end();
      const exit = { type: 'crash', callback: 'flowInfo', error };
      expect([await session.exited(), exits]).toEqual([exit, [exit]]);
      expect(reports).toMatchObject([{ level: 'error', event: 'session.crashed', fields: { callback: 'flowInfo' } }]);
      expect(other.session.state).toBe('open');
    },
  );

  it('may be left out, and so may handleInfo', async () => {
    const { handleInfo, ...handler } = createJournal().handler;
    for (const one of [handler, { ...handler, flowInfo: (flow: Flow): unknown => flow }]) {
      const { session, peer } = startInMemory({ role, handler: one, limits, peerReads: false });
      for (let i = 0; i < 20; i++) send(session, chunk(i));
      peer.resume();
      await quiet();
      expect([session.state, peer.frames.length]).toEqual(['open', 20]);
    }
  });
});

describe.each(roles)('a congested %s', (role) => {
  it('is not read by, and dispatches no message of, the peer that is behind; those of actors it does', async () => {
    const { session, peer, transport, lines } = startObserved({ role, peerReads: false });
    for (let i = 0; i < 20; i++) send(session, chunk(i));
    peer.send({ opcode: 1, payload: 'a' }, { opcode: 9, payload: 'b' });
    peer.text('c');
    await quiet();
    tell(session, 'news');
    expect([transport.reading, ...lines]).toEqual([false, 'congested', 'news']);
    peer.resume();
    await quiet();
    expect([transport.reading, ...lines.slice(2)]).toEqual([true, 'relieved', 'a', 'ping', 'c']);
    expect(peer.seen.at(-1)).toBe('pong b');
  });

  it('with active(false) besides is read again only when both are over, in either order', async () => {
    for (const first of ['active', 'relieved'] as const) {
      const { session, peer, transport, lines } = startObserved({ role, peerReads: false });
      for (let i = 0; i < 20; i++) send(session, chunk(i));
      tell(session, active(false));
      peer.text('a');
      await quiet();
      for (const now of [first, first === 'active' ? 'relieved' : 'active']) {
        expect([transport.reading, lines.includes('a')]).toEqual([false, false]);
        if (now === 'active') tell(session, active(true));
        else peer.resume();
        await quiet();
      }
      expect([transport.reading, lines.at(-1)]).toEqual([true, 'a']);
    }
  });

  it('ends as it would otherwise: closed, stopped, or when the connection is gone', async () => {
    for (const [end, type] of [
      ['close', 'normal'],
      ['stop', 'shutdown'],
      ['abort', 'error'],
    ] as const) {
      const { session, peer, lines } = startObserved({ role, peerReads: false, slowConsumer: 'wait' });
      for (let i = 0; i < 20; i++) send(session, chunk(i));
      await quiet();
      if (end === 'close') close(session);
      if (end === 'stop') stop(session);
      if (end === 'abort') peer.abort();
      else {
        peer.resume();
        await quiet();
        expect(peer.frames.length).toBe(end === 'close' ? 21 : peer.frames.length);
        peer.close(1000);
        peer.end();
      }
      expect(await session.exited()).toMatchObject({ type });
      expect(lines.at(-1)).toBe(type);
    }
  });
});
