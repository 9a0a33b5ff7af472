import { type AnyExitReason, monitor, tell } from '@genws/actor';
import { ping, text } from '@genws/protocol';
import { type CallbackName, close, type Result, stop } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { createJournal } from '../support/journal.ts';
import { type MemorySession, quiet, roles, startInMemory } from '../support/memory-session.ts';

const ok: Result<string> = ['ok', 'state'];

type Failing = Exclude<CallbackName, 'terminate'>;

/** How to have each callback called; what it does then is up to the test. */
const failing: readonly Failing[] = ['init', 'handleIn', 'handleInfo'];
const crashes = roles.flatMap((role) =>
  failing.flatMap((callback) =>
    [false, true].map((later) => ({ role, callback, how: later ? 'rejects' : 'throws', later })),
  ),
);

describe.each(crashes)('a $role whose $callback $how', ({ role, callback, later }) => {
  function startCrashing(error: unknown) {
    const fail = (): Promise<Result<string>> => {
      if (later) return Promise.reject(error);
      throw error;
    };
    const pick = (name: Failing) => (name === callback ? fail : () => ok);
    const journal = createJournal<string>({ init: pick('init'), in: pick('handleIn'), info: pick('handleInfo') });
    const started = startInMemory({ role, handler: journal.handler });
    if (callback === 'handleIn') started.peer.text('go');
    if (callback === 'handleInfo') tell(started.session, 'go');
    return { ...started, ...journal };
  }

  it('sends 1011, reports once, terminates once, and monitors are told (RFC 6455 §7.4.1)', async () => {
    const error = new Error('boom');
    const { session, peer, reports, exits, transport, clock } = startCrashing(error);
    const news: AnyExitReason[] = [];
    monitor(session, ({ reason }) => news.push(reason));
    expect(await peer.rest()).toEqual(['close 1011 internal error']);
    const exit = { type: 'crash', callback, error };
    expect(await session.exited()).toEqual(exit);
    expect(news).toEqual([exit]);
    expect(exits).toEqual(callback === 'init' ? [] : [exit]);
    expect(reports).toEqual([
      {
        level: 'error',
        event: 'session.crashed',
        text: `${callback} failed: boom`,
        error,
        fields: expect.objectContaining({ session: session.id, callback }),
      },
    ]);
    expect(transport.released).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it.each([[undefined], ['a string'], [null], [Object.create(null)], [Symbol('odd')]])(
    'does the same when what is thrown is %s',
    async (error) => {
      const { session, peer, reports } = startCrashing(error);
      expect(await peer.rest()).toEqual(['close 1011 internal error']);
      expect(await session.exited()).toEqual({ type: 'crash', callback, error });
      expect(reports).toHaveLength(1);
    },
  );
});

describe('a crash', () => {
  it('does not touch a thousand other sessions of the same handler', async () => {
    const { handler } = createJournal({
      in: (frame) => {
        if (frame.type === 'text' && frame.data === 'boom') throw new Error('boom');
        return ['reply', frame.type === 'text' ? frame : [], 'state'];
      },
    });
    const others: MemorySession<unknown>[] = Array.from({ length: 1000 }, () => startInMemory({ handler }));
    const victim = startInMemory({ handler });
    victim.peer.text('boom');
    expect(await victim.session.exited()).toMatchObject({ type: 'crash' });
    others.forEach(({ peer }, i) => {
      peer.text(`${i}`);
    });
    await quiet();
    expect(others.map(({ peer }) => peer.seen)).toEqual(others.map((_, i) => [`text ${i}`]));
    expect(others.every(({ session, reports }) => session.state === 'open' && reports.length === 0)).toBe(true);
  });

  it('sends what was replied to the messages before it', async () => {
    const { handler } = createJournal({
      in: (frame) => {
        if (frame.type === 'text' && frame.data === 'boom') throw new Error('boom');
        return ['reply', frame.type === 'text' ? frame : [], 'state'];
      },
    });
    const { peer } = startInMemory({ handler });
    peer.send({ opcode: 1, payload: 'a' }, { opcode: 1, payload: 'boom' }, { opcode: 1, payload: 'b' });
    expect(await peer.rest()).toEqual(['text a', 'close 1011 internal error']);
  });

  it.each([false, true])(
    'in terminate is reported, and the session ends with its own reason (later: %s)',
    async (later) => {
      const error = new Error('boom');
      const { handler, exits } = createJournal({
        terminate: () => {
          if (later) return Promise.reject(error);
          throw error;
        },
      });
      const { session, peer, reports } = startInMemory({ handler });
      peer.close(1000);
      expect(await session.exited()).toEqual({ type: 'remote', code: 1000, reason: '' });
      expect(exits).toHaveLength(1);
      expect(reports).toMatchObject([
        { level: 'error', event: 'session.crashed', error, fields: { callback: 'terminate' } },
      ]);
    },
  );

  it.each([
    ['close', (one: MemorySession<unknown>) => close(one.session), { type: 'normal' }],
    ['stop', (one: MemorySession<unknown>) => stop(one.session, 'enough'), { type: 'shutdown', reason: 'enough' }],
  ])(
    'of a handler that is busy while the session ends by %s is reported, and changes nothing else',
    async (_, end, exit) => {
      const { promise, reject } = Promise.withResolvers<Result<string>>();
      const { handler, exits } = createJournal({ in: () => promise });
      const one = startInMemory({ handler });
      one.peer.text('go');
      await quiet();
      end(one);
      one.peer.close(1000);
      one.peer.end();
      await quiet();
      expect(exits).toEqual([]);
      reject(new Error('late'));
      expect(await one.session.exited()).toEqual(exit);
      expect(exits).toEqual([exit]);
      expect(one.reports).toMatchObject([{ event: 'session.crashed', fields: { callback: 'handleIn' } }]);
    },
  );

  it('of the logger does not end the session', async () => {
    const { handler } = createJournal({ in: () => ['reply', [ping('x'.repeat(126)), text('alive')], 'state'] });
    const lines: unknown[] = [];
    const { error } = console;
    console.error = (line: unknown) => lines.push(line);
    const { peer } = startInMemory({
      handler,
      logger: () => {
        throw new Error('disk full');
      },
    });
    peer.text('go');
    await quiet();
    console.error = error;
    expect(peer.seen).toEqual(['text alive']);
    expect(lines).toEqual([expect.stringContaining('disk full')]);
  });
});
