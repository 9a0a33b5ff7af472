import { exit, tell } from '@genws/actor';
import { close, defineHandler, getState, type Handler, type Result, type SessionRef, stop } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { createJournal } from '../support/journal.ts';
import { type MemorySession, quiet, roles, startInMemory } from '../support/memory-session.ts';
import { all, askAll } from '../support/system-verbs.ts';

const ok: Result<string> = ['ok', 'state'];

/** Each callback, with a way to have something done in it. */
const inside: Readonly<Record<string, (ask: (self: SessionRef<string>) => void) => Partial<Handler<string, string>>>> =
  {
    init: (ask) => ({
      init(_request, _opts, self) {
        ask(self);
        return ok;
      },
    }),
    handleIn: (ask) => ({
      handleIn(_frame, _state, self) {
        ask(self);
        return ok;
      },
    }),
    handleInfo: (ask) => ({
      handleInfo(_message, _state, self) {
        ask(self);
        return ok;
      },
    }),
    terminate: (ask) => ({ terminate: (_exit, _state, self) => ask(self) }),
  };

describe.each(roles)('what is asked in vain of a session that is a %s', (role) => {
  it('while init is pending is refused when that fails, with the reason of the end', async () => {
    const { promise, reject } = Promise.withResolvers<Result<string>>();
    const { handler } = createJournal<string>({ init: () => promise });
    const { session, peer } = startInMemory<string, string, unknown>({ role, handler });
    const question = getState(session);
    const outcomes = askAll(session);
    const error = new Error('boom');
    reject(error);
    peer.end();
    await expect(question).rejects.toMatchObject({ code: 'down', reason: { type: 'crash', callback: 'init', error } });
    await quiet();
    expect(outcomes).toEqual(all('down'));
  });

  it('after init has failed, before the connection has ended, is refused in the same way', async () => {
    const { handler } = createJournal<string>({ init: () => Promise.reject(new Error('boom')) });
    const { session, peer } = startInMemory<string, string, unknown>({ role, handler, peerReads: false });
    await quiet();
    expect(session.state).toBe('closing');
    const outcomes = askAll(session);
    await quiet();
    expect(outcomes).toEqual(all('waits'));
    peer.resume();
    peer.end();
    await session.exited();
    await quiet();
    expect(outcomes).toEqual(all('down'));
  });

  it.each<{ title: string; reach: (one: MemorySession<string>) => void; reason: unknown }>([
    { title: 'close', reach: ({ session }) => close(session), reason: { type: 'normal' } },
    {
      title: 'stop',
      reach: ({ session }) => stop(session, 'enough'),
      reason: { type: 'shutdown', reason: 'enough' },
    },
    {
      title: 'the signal of a supervisor',
      reach: ({ session }) => exit(session, { type: 'shutdown', reason: 'deploy' }),
      reason: { type: 'shutdown', reason: 'deploy' },
    },
    { title: 'xstate’s stop', reach: ({ session }) => void session.stop(), reason: { type: 'killed' } },
    {
      title: 'the signal killed',
      reach: ({ session }) => exit(session, { type: 'killed' }),
      reason: { type: 'killed' },
    },
  ])('of a busy one is refused when that ends: by $title', async ({ reach, reason }) => {
    const { handler } = createJournal<string>({ in: () => new Promise<Result<string>>(() => {}) });
    const one = startInMemory<string, string, unknown>({ role, handler, closeTimeout: 100 });
    const { session, peer, clock } = one;
    peer.text('go');
    await quiet();
    const question = getState(session);
    const before = askAll(session);
    question.catch(() => {});
    reach(one);
    const after = session.state === 'closed' ? before : askAll(session);
    peer.close(1000);
    peer.end();
    await quiet();
    clock.advance(100);
    clock.advance(100);
    await quiet();
    expect(session.state).toBe('closed');
    expect([before, after]).toEqual([all('down'), all('down')]);
    await expect(question).rejects.toMatchObject({ code: 'down', reason });
  });

  it('while terminate runs, or once it has, is refused', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { handler, exits } = createJournal<string>({ terminate: () => promise });
    const { session, peer } = startInMemory<string, string, unknown>({ role, handler });
    peer.close(1000);
    peer.end();
    await quiet();
    expect([session.state, exits.length]).toEqual(['closing', 1]);
    const during = askAll(session);
    await quiet();
    expect(during).toEqual(all('waits'));
    resolve();
    await session.exited();
    const after = askAll(session);
    await quiet();
    expect([during, after]).toEqual([all('down'), all('noproc')]);
  });

  it.each(Object.keys(inside))('by its own %s is refused as the deadlock that it is', async (callback) => {
    let outcomes: Readonly<Record<string, string>> = {};
    const ask = (self: SessionRef<string>): void => {
      outcomes = askAll(self);
    };
    const handler = defineHandler<string, string>({
      init: () => ok,
      handleIn: () => ok,
      ...inside[callback]?.(ask),
    });
    const { session, peer } = startInMemory<string, string, unknown>({ role, handler });
    peer.text('go');
    tell(session, 'go');
    await quiet();
    peer.close(1000);
    peer.end();
    await session.exited();
    await quiet();
    expect(outcomes).toEqual(all('deadlock'));
  });

  it('by what makes messages of its signals is refused as well', async () => {
    const seen: Readonly<Record<string, string>>[] = [];
    const sessions: SessionRef<string>[] = [];
    const ask = (): string => {
      const [session] = sessions;
      if (session !== undefined) seen.push(askAll(session));
      return 'news';
    };
    const { handler } = createJournal<string>();
    const { session } = startInMemory<string, string, unknown>({ role, handler: { ...handler, exitInfo: ask } });
    sessions.push(session);
    exit(session, { type: 'shutdown', reason: 'enough' });
    await quiet();
    expect(seen).toEqual([all('deadlock')]);
  });
});
