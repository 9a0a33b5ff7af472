import { type AnyExitReason, createGroup, join, monitor, tell } from '@genws/actor';
import { text } from '@genws/protocol';
import { close, type Result, send } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { createJournal, slowly } from '../support/journal.ts';
import { type MemorySession, quiet, roles, startInMemory } from '../support/memory-session.ts';

const killed = { type: 'killed' };

type Stage = (one: MemorySession<string>, pending: PromiseWithResolvers<Result<string>>) => Promise<void> | void;

/** Where a session can be when it is stopped, and how often terminate is to run in all. */
const stages: readonly [string, Stage, number][] = [
  ['is not activated', () => {}, 1],
  ['is open', async ({ session }) => session.send({ type: 'activate' }), 1],
  [
    'is busy, with messages waiting',
    async ({ session, peer }) => {
      session.send({ type: 'activate' });
      peer.text('slow');
      peer.text('waiting');
      await quiet();
      tell(session, 'waiting as well');
    },
    1,
  ],
  ['waits for the peer’s close frame', ({ session }) => close(session), 1],
  [
    'waits for the connection to end',
    async ({ session, peer }) => {
      session.send({ type: 'activate' });
      peer.pause();
      peer.close(1000);
      await quiet();
    },
    1,
  ],
  [
    'waits for terminate',
    async ({ session, peer }) => {
      session.send({ type: 'activate' });
      peer.close(1000);
      peer.end();
      await quiet();
    },
    1,
  ],
];

describe.each(roles)('a %s that xstate stops', (role) => {
  it.each(stages)(
    'while it %s: terminates once, lets go of everything at once, and tells its monitors',
    async (...stage) => {
      const [name, reach, terminations] = stage;
      const pending = Promise.withResolvers<Result<string>>();
      const { handler, lines, exits } = createJournal<string>({
        in: slowly(pending.promise),
        terminate: () => new Promise(() => {}),
      });
      const one = startInMemory({ role, handler, activate: false });
      const { session, transport, peer, clock } = one;
      const { signal } = session;
      const news: AnyExitReason[] = [];
      monitor(session, ({ reason }) => news.push(reason));
      const group = createGroup<string>();
      join(group, session);
      await reach(one, pending);
      const exited = session.exited();
      session.stop();
      expect(session.state).toBe('closed');
      expect(news).toEqual([killed]);
      expect(transport.aborts).toBe(1);
      expect(signal.aborted).toBe(true);
      expect(session.signal.aborted).toBe(true);
      expect(clock.pending).toBe(0);
      expect(group.size).toBe(0);
      expect(exits).toEqual([name === 'waits for terminate' ? { type: 'remote', code: 1000, reason: '' } : killed]);
      // Nothing that comes later makes a difference.
      const before = [...lines];
      pending.resolve(['reply', text('late'), 'changed']);
      tell(session, 'late');
      peer.text('late');
      expect(send(session, text('late'))).toBe('closed');
      close(session);
      await quiet();
      session.stop();
      expect(lines).toEqual(before);
      expect(exits).toHaveLength(terminations);
      expect(await exited).toEqual(killed);
      expect(await session.exited()).toEqual(killed);
      peer.resume();
      await peer.ended();
      expect(peer.seen).not.toContain('text late');
    },
  );

  it('while init is pending: aborts its signal, and does not terminate what has no state', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    let signal: AbortSignal | undefined;
    const { handler, lines } = createJournal({
      init: (self) => {
        signal = self.signal;
        return promise;
      },
    });
    const { session, transport } = startInMemory({ role, handler });
    session.stop();
    expect(signal?.aborted).toBe(true);
    expect(transport.aborts).toBe(1);
    resolve(['reply', text('late'), 'state']);
    await quiet();
    expect(lines).toEqual(['init']);
    expect(await session.exited()).toEqual(killed);
  });

  it('from within a callback: finishes the callback, and sends nothing of it', async () => {
    const { handler, lines, exits } = createJournal({
      in: (_, self) => {
        if ('stop' in self && typeof self.stop === 'function') self.stop();
        return ['reply', text('unsent'), 'state'];
      },
    });
    const { session, peer, transport } = startInMemory({ role, handler });
    peer.text('go');
    expect(await session.exited()).toEqual(killed);
    expect(lines).toEqual(['init', 'in text go', 'terminate']);
    expect(exits).toEqual([killed]);
    expect(transport.aborts).toBe(1);
  });

  it('while terminate runs after the handler has been given up: terminates no second time', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler, exits } = createJournal({ in: slowly(promise), terminate: () => new Promise(() => {}) });
    const { session, peer, clock } = startInMemory({ role, handler, closeTimeout: 100 });
    peer.text('slow');
    await quiet();
    close(session);
    await quiet();
    clock.advance(100);
    expect(exits).toHaveLength(1);
    resolve(['ok', 'late']);
    await quiet();
    expect(session.state).toBe('closing');
    session.stop();
    expect(exits).toHaveLength(1);
  });

  it('reports a terminate that fails', async () => {
    for (const later of [false, true]) {
      const { handler } = createJournal({
        terminate: () => {
          if (later) return Promise.reject(new Error('boom'));
          throw new Error('boom');
        },
      });
      const { session, reports, transport } = startInMemory({ role, handler });
      session.stop();
      await quiet();
      expect(reports).toMatchObject([{ event: 'session.crashed', fields: { callback: 'terminate' } }]);
      expect(transport.aborts).toBe(1);
    }
  });
});
