import { exit, tell } from '@genws/actor';
import { text } from '@genws/protocol';
import { codeChange, type Result, type TraceEvent, trace } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { createJournal, plainReceived, type Reactions } from '../support/journal.ts';
import { quiet, roles, startInMemory } from '../support/memory-session.ts';

const boom = new Error('boom');

/** One line for a call: `handleIn text hello -> ok,state`. */
function plainTrace({ callback, input, outcome }: TraceEvent): string {
  const isFrame = (_: unknown): _ is Parameters<typeof plainReceived>[0] => callback === 'handleIn';
  const given = isFrame(input) ? plainReceived(input) : callback === 'terminate' ? '' : ` ${input}`;
  return `${callback} ${given.trim()} -> ${outcome.ok ? `${outcome.value}` : `threw ${outcome.error}`}`;
}

describe.each(roles)('a %s that is traced', (role) => {
  async function startTraced(reactions: Reactions<string> = {}) {
    const journal = createJournal<string>(reactions);
    const one = startInMemory<string, string, unknown>({ role, handler: journal.handler });
    const told: string[] = [];
    await trace(one.session, (event) => told.push(plainTrace(event)));
    return { ...one, ...journal, told };
  }

  it('tells of each callback that it has run, in order, at once or later', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { session, peer, told } = await startTraced({
      in: (frame) => (frame.type === 'text' && frame.data === 'slow' ? promise : undefined),
    });
    peer.send({ opcode: 1, payload: 'a' }, { opcode: 9, payload: 'p' }, { opcode: 1, payload: 'slow' });
    tell(session, 'news');
    await quiet();
    expect(told).toEqual(['handleInfo news -> ok,state', 'handleIn text a -> ok,state', 'handleIn ping p -> ok,state']);
    resolve(['ok', 'late']);
    await quiet();
    expect(told.slice(3)).toEqual(['handleIn text slow -> ok,late']);
    peer.close(1000);
    peer.end();
    await session.exited();
    expect(told.slice(4)).toEqual(['handleIn close 1000 -> ok,late', 'terminate  -> undefined']);
  });

  it('does nothing else than it does untraced', async () => {
    const { session, peer, lines } = await startTraced({
      in: (frame) => (frame.type === 'text' ? ['reply', frame, 'changed'] : undefined),
      info: (message) => Promise.resolve(['reply', text(message), 'changed again']),
    });
    peer.text('hello');
    await quiet();
    tell(session, 'news');
    await quiet();
    expect([lines, peer.seen]).toEqual([
      ['init', 'in text hello', 'info news'],
      ['text hello', 'text news'],
    ]);
  });

  it.each([false, true])('crashes as ever, and tells why (later: %s)', async (later) => {
    const { session, peer, told, exits } = await startTraced({
      in: () => {
        if (later) return Promise.reject(boom);
        throw boom;
      },
    });
    peer.text('hello');
    expect(await peer.rest()).toEqual(['close 1011 internal error']);
    expect(await session.exited()).toEqual({ type: 'crash', callback: 'handleIn', error: boom });
    expect(told).toEqual(['handleIn text hello -> threw Error: boom', 'terminate  -> undefined']);
    expect(exits).toHaveLength(1);
  });

  it('is not traced any more once it was said so', async () => {
    const { session, peer, told, lines } = await startTraced();
    peer.text('a');
    await quiet();
    await trace(session, undefined);
    peer.text('b');
    await quiet();
    expect([told, lines]).toEqual([['handleIn text a -> ok,state'], ['init', 'in text a', 'in text b']]);
  });

  it('is traced for several at a time, each until it has enough', async () => {
    const { session, peer, told } = await startTraced();
    const others: string[] = [];
    const enough = await trace(session, (event) => others.push(plainTrace(event)));
    peer.text('a');
    await quiet();
    await enough();
    peer.text('b');
    await quiet();
    expect(told).toEqual(['handleIn text a -> ok,state', 'handleIn text b -> ok,state']);
    expect(others).toEqual(['handleIn text a -> ok,state']);
  });

  it('is traced from its next callback on, not in the middle of one', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler } = createJournal<string>({ in: () => promise });
    const { session, peer } = startInMemory<string, string, unknown>({ role, handler });
    peer.send({ opcode: 1, payload: 'before' }, { opcode: 1, payload: 'after' });
    await quiet();
    const told: string[] = [];
    const tracing = trace(session, (event) => told.push(plainTrace(event)));
    resolve(['ok', 'state']);
    await tracing;
    await quiet();
    expect(told).toEqual(['handleIn text after -> ok,state']);
  });

  it('is traced no more with other code', async () => {
    const { session, peer, told } = await startTraced();
    const next = createJournal<string>();
    await codeChange(session, next.handler);
    peer.text('a');
    await quiet();
    expect([told, next.lines]).toEqual([[], ['in text a']]);
  });

  it('traps exit signals all the same', async () => {
    const { handler } = createJournal<string>();
    const { session } = startInMemory<string, string, unknown>({
      role,
      handler: { ...handler, exitInfo: ({ reason }) => reason.type },
    });
    const told: string[] = [];
    await trace(session, (event) => told.push(plainTrace(event)));
    exit(session, { type: 'shutdown', reason: 'deploy' });
    await quiet();
    expect([session.state, told]).toEqual(['open', ['handleInfo shutdown -> ok,state']]);
  });

  it('goes on although its listener throws, which is reported', async () => {
    const { handler, lines } = createJournal<string>({ info: () => Promise.resolve(['ok', 'state']) });
    const { session, peer, reports } = startInMemory<string, string, unknown>({ role, handler });
    await trace(session, () => {
      throw boom;
    });
    peer.text('a');
    await quiet();
    tell(session, 'b');
    await quiet();
    expect([session.state, lines]).toEqual(['open', ['init', 'in text a', 'info b']]);
    expect(reports).toMatchObject([
      { event: 'session.traceFailed', error: boom, fields: { session: session.id } },
      { event: 'session.traceFailed', error: boom },
    ]);
  });
});
