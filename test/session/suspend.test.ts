import { type Call, call, exit, isCall, tell } from '@genws/actor';
import { text } from '@genws/protocol';
import { close, codeChange, defineHandler, processInfo, resume, send, stop, suspend } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { createJournal } from '../support/journal.ts';
import { type MemorySessionOptions, quiet, roles, startInMemory } from '../support/memory-session.ts';

describe.each(roles)('a %s that is suspended', (role) => {
  async function startSuspended(options: MemorySessionOptions = {}) {
    const journal = createJournal<string>();
    const one = startInMemory<string, string, unknown>({ ...options, role, handler: journal.handler });
    await suspend(one.session);
    return { ...one, ...journal };
  }

  it('calls no callback, reads nothing, and afterwards goes on with all that has come, in order', async () => {
    const { session, peer, transport, lines } = await startSuspended();
    peer.send({ opcode: 1, payload: 'a' }, { opcode: 1, payload: 'b' });
    await quiet();
    for (const news of ['1', '2', '3']) tell(session, news);
    peer.text('c');
    peer.close(1000);
    await quiet();
    expect([lines, transport.reading]).toEqual([['init'], false]);
    await resume(session);
    await quiet();
    const came = lines.slice(1, 8);
    expect(came.filter((line) => line.startsWith('in '))).toEqual([
      'in text a',
      'in text b',
      'in text c',
      'in close 1000',
    ]);
    expect(came.filter((line) => line.startsWith('info'))).toEqual(['info 1', 'info 2', 'info 3']);
    expect(peer.seen).toEqual(['close 1000']);
  });

  it('has finished the chunk that it was at when it was asked, and no other', async () => {
    const asked: Promise<void>[] = [];
    const { handler, lines } = createJournal<string>();
    const other = createJournal<string>({
      info: () => {
        asked.push(suspend(one.session));
        return undefined;
      },
    });
    const helper = startInMemory<string, string, unknown>({ role, handler: other.handler });
    const one = startInMemory<string, string, unknown>({
      role,
      handler: {
        ...handler,
        handleIn(frame, state, self) {
          if (frame.type === 'text' && frame.data === 'two') tell(helper.session, 'suspend it');
          return handler.handleIn(frame, state, self);
        },
      },
    });
    const { session, peer } = one;
    peer.send({ opcode: 1, payload: 'one' }, { opcode: 1, payload: 'two' }, { opcode: 9, payload: 'same chunk' });
    await quiet();
    await Promise.all(asked);
    peer.send({ opcode: 1, payload: 'next chunk' }, { opcode: 9, payload: 'next chunk' });
    await quiet();
    // It was asked while it was at a chunk, which it has finished; the next one waits.
    expect(lines).toEqual(['init', 'in text one', 'in text two', 'in ping same chunk']);
    expect(peer.seen).toEqual(['pong same chunk']);
    await resume(session);
    await quiet();
    expect(lines.slice(4)).toEqual(['in text next chunk', 'in ping next chunk']);
    expect(peer.seen).toEqual(['pong same chunk', 'pong next chunk']);
  });

  it('leaves pings unanswered until it is resumed (RFC 6455 §5.5.2)', async () => {
    const { session, peer } = await startSuspended();
    peer.ping('anybody there?');
    await quiet();
    expect(peer.seen).toEqual([]);
    await resume(session);
    expect(await peer.next()).toBe('pong anybody there?');
  });

  it('does not count the time against its peer, and counts from the beginning afterwards', async () => {
    const { session, peer, clock } = await startSuspended({ idleTimeout: 1000, heartbeat: 600 });
    clock.advance(100_000);
    await quiet();
    expect(session.state).toBe('open');
    expect(new Set(peer.seen)).toEqual(new Set(['ping'])); // it still shows that it is there
    await resume(session);
    clock.advance(599); // the next ping is due by then, the one after that is not
    await quiet();
    expect(session.state).toBe('open');
    peer.send({ opcode: 10 });
    await quiet();
    clock.advance(600);
    expect(session.state).toBe('open');
  });

  it('ends as ever when its peer is silent after it was resumed', async () => {
    const { session, clock } = await startSuspended({ idleTimeout: 1000 });
    clock.advance(5500);
    await resume(session);
    clock.advance(999);
    await quiet();
    expect(session.state).toBe('open');
    clock.advance(1);
    expect(session.state).toBe('closing');
  });

  it('can be sent through', async () => {
    const { session, peer } = await startSuspended();
    expect(send(session, text('meanwhile'))).toBe('sent');
    expect(await send(session, text('at your pace'), { slowConsumer: 'wait' })).toBe('sent');
    expect(await peer.take(2)).toEqual(['text meanwhile', 'text at your pace']);
  });

  it('can be closed: the closing handshake is done without the handler (RFC 6455 §7.1.2)', async () => {
    const { session, peer, lines, exits } = await startSuspended();
    peer.text('unseen');
    await quiet();
    close(session, 4000, 'bye');
    expect(await peer.next()).toBe('close 4000 bye');
    peer.close(4000);
    peer.end();
    expect(await session.exited()).toEqual({ type: 'normal' });
    expect([lines, exits]).toEqual([['init', 'terminate'], [{ type: 'normal' }]]);
  });

  it.each([
    ['stop', { type: 'shutdown', reason: 'enough' }],
    ['an exit signal', { type: 'shutdown', reason: 'deploy' }],
    ['killed', { type: 'killed' }],
    ['xstate’s stop', { type: 'killed' }],
    ['the end of the connection', { type: 'transportError', cause: new Error('reset') }],
  ])('can be ended: by %s', async (way, reason) => {
    const { session, peer, transport, exits } = await startSuspended();
    if (way === 'stop') stop(session, 'enough');
    else if (way === 'an exit signal') exit(session, { type: 'shutdown', reason: 'deploy' });
    else if (way === 'killed') exit(session, { type: 'killed' });
    else if (way === 'xstate’s stop') session.stop();
    else transport.fail(new Error('reset'));
    peer.end();
    expect(await session.exited()).toEqual(reason);
    expect(exits).toEqual([reason]);
  });

  it('ends with 1013 when more than maxMailbox waits', async () => {
    const { session, peer, lines } = await startSuspended({ limits: { maxMailbox: 3 } });
    for (const news of ['1', '2', '3']) tell(session, news);
    expect([session.state, processInfo(session).mailbox]).toEqual(['open', 3]);
    tell(session, '4');
    expect(await peer.rest()).toEqual(['close 1013 mailbox full']);
    expect(lines).toEqual(['init', 'terminate']);
  });

  it('traps exit signals when it is resumed, where the handler does', async () => {
    const { handler, lines } = createJournal<string>();
    const { session } = startInMemory<string, string, unknown>({
      role,
      handler: { ...handler, exitInfo: ({ reason }) => `exit ${reason.type}` },
    });
    await suspend(session);
    exit(session, { type: 'shutdown', reason: 'deploy' });
    await quiet();
    expect([session.state, lines]).toEqual(['open', ['init']]);
    await resume(session);
    expect([session.state, lines]).toEqual(['open', ['init', 'info exit shutdown']]);
  });

  it('answers calls when it is resumed; whoever does not wait so long is told', async () => {
    const handler = defineHandler({
      init: () => ['ok', 0],
      handleIn: (_, state) => ['ok', state],
      handleInfo: (message: Call<'count', number>, state) =>
        isCall(message) ? ['answer', state, state + 1] : ['ok', state],
    });
    const { session } = startInMemory({ role, handler });
    await suspend(session);
    const impatient = call(session, 'count', { timeout: 1 });
    const patient = call(session, 'count');
    await expect(impatient).rejects.toMatchObject({ code: 'timeout' });
    await resume(session);
    expect(await patient).toBe(1);
  });

  it('may get other code meanwhile, which is given all that has waited', async () => {
    const { session, peer, lines } = await startSuspended();
    const next = createJournal<string>();
    peer.text('a');
    await quiet();
    tell(session, '1');
    await codeChange(session, next.handler);
    await quiet();
    expect(next.lines).toEqual([]);
    await resume(session);
    await quiet();
    expect([lines, next.lines.toSorted()]).toEqual([['init'], ['in text a', 'info 1']]);
  });

  it('twice is suspended once; resuming what was not suspended does nothing', async () => {
    const { session, peer, lines } = await startSuspended();
    await suspend(session);
    await resume(session);
    await resume(session);
    peer.text('a');
    await quiet();
    expect(lines).toEqual(['init', 'in text a']);
  });

  it('again and again loses nothing', async () => {
    const { session, peer, lines } = await startSuspended();
    for (let i = 0; i < 50; i++) {
      peer.send({ opcode: 1, payload: `${2 * i}` }, { opcode: 1, payload: `${2 * i + 1}` });
      tell(session, `${i}`);
      const questions = [i % 2 === 0 ? resume(session) : suspend(session), resume(session), suspend(session)];
      await Promise.all(questions);
      if (i % 3 === 0) await quiet();
    }
    await resume(session);
    await quiet();
    expect(lines.filter((line) => line.startsWith('in text'))).toEqual(
      Array.from({ length: 100 }, (_, i) => `in text ${i}`),
    );
    expect(lines.filter((line) => line.startsWith('info'))).toEqual(Array.from({ length: 50 }, (_, i) => `info ${i}`));
  });
});
