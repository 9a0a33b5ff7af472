import { type Call, call, exit, isCall, tell } from '@genws/actor';
import { text } from '@genws/protocol';
import { codeChange, defineHandler, getState, send } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { createJournal } from '../support/journal.ts';
import { quiet, roles, startInMemory } from '../support/memory-session.ts';

const boom = new Error('boom');

type Message = Call<'who', string> | 'news';

/** Counts in its state, an array of the numbers so far. */
const first = defineHandler<number[], Message>({
  version: '1.0',
  init: () => ['ok', []],
  handleIn: (frame, state) =>
    frame.type === 'text' ? ['reply', text(`first ${frame.data}`), [...state, state.length]] : ['ok', state],
  handleInfo: (message, state) => (isCall(message) ? ['answer', 'first', state] : ['ok', [...state, -1]]),
});

/** Has a sum in its state. */
const second = defineHandler<{ readonly sum: number; readonly from: unknown }, Message>({
  version: '2.0',
  init: () => ['ok', { sum: 0, from: undefined }],
  codeChange(old, from) {
    if (!Array.isArray(old)) throw boom;
    return { sum: old.length, from };
  },
  handleIn: (frame, state) =>
    frame.type === 'text' ? ['reply', text(`second ${frame.data} ${state.sum} ${state.from}`), state] : ['ok', state],
  handleInfo: (message, state) => (isCall(message) ? ['answer', 'second', state] : ['ok', state]),
  exitInfo: () => 'news',
});

describe.each(roles)('a %s that is given other code', (role) => {
  it('goes on with it: the state is made over, the peer notices nothing, messages find the new handler', async () => {
    const { session, peer } = startInMemory<number[], Message, unknown>({ role, handler: first });
    peer.send({ opcode: 1, payload: 'a' }, { opcode: 1, payload: 'b' });
    expect(await peer.take(2)).toEqual(['text first a', 'text first b']);
    expect(await call(session, 'who')).toBe('first');
    await codeChange(session, second);
    peer.text('c');
    expect(await peer.next()).toBe('text second c 2 1.0');
    expect(await call(session, 'who')).toBe('second');
    expect(await getState(session)).toEqual({ sum: 2, from: '1.0' });
    expect(send(session, text('still here'))).toBe('sent');
    expect(await peer.next()).toBe('text still here');
  });

  it('has whatever the new handler has: here it traps exit signals from then on', async () => {
    const { session } = startInMemory<number[], Message, unknown>({ role, handler: first });
    await codeChange(session, second);
    exit(session, { type: 'shutdown', reason: 'deploy' });
    await quiet();
    expect(session.state).toBe('open');
    await codeChange(session, first);
    exit(session, { type: 'shutdown', reason: 'deploy' });
    expect(session.state).toBe('closing');
  });

  it('goes on as before when codeChange throws', async () => {
    const { session, peer, reports } = startInMemory<number[], Message, unknown>({ role, handler: first });
    await codeChange(session, second);
    // Of its own state it knows nothing.
    await expect(codeChange(session, second)).rejects.toBe(boom);
    peer.text('a');
    expect(await peer.next()).toBe('text second a 0 1.0');
    expect([session.state, reports]).toEqual(['open', []]);
  });

  it('ends with the terminate of the new handler', async () => {
    const old = createJournal<string>();
    const next = createJournal<string>();
    const { session, peer } = startInMemory<string, string, unknown>({ role, handler: old.handler });
    await codeChange(session, next.handler);
    peer.close(1000);
    peer.end();
    await session.exited();
    expect([old.lines, next.lines]).toEqual([['init'], ['in close 1000', 'terminate']]);
  });

  it('drops messages of actors where the new handler does not take any', async () => {
    const { handler, lines } = createJournal<string>();
    const { session } = startInMemory<string, string, unknown>({ role, handler });
    await codeChange(session, { init: handler.init, handleIn: handler.handleIn });
    tell(session, 'news');
    await quiet();
    expect([lines, session.state]).toEqual([['init'], 'open']);
  });

  it('may be asked for by its own handler, which does not wait for it', async () => {
    const next = createJournal<string>();
    const changes: Promise<void>[] = [];
    const { handler } = createJournal<string>({
      info(_, self) {
        queueMicrotask(() => {
          changes.push(codeChange(self, next.handler));
        });
        return undefined;
      },
    });
    const { session, peer } = startInMemory<string, string, unknown>({ role, handler });
    tell(session, 'upgrade yourself');
    await quiet();
    await Promise.all(changes);
    peer.text('a');
    await quiet();
    expect([changes.length, next.lines]).toEqual([1, ['in text a']]);
  });
});
