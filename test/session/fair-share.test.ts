import { tell } from '@genws/actor';
import { active, close, getState, processInfo, resume, suspend } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { createJournal } from '../support/journal.ts';
import { quiet, roles, startInMemory } from '../support/memory-session.ts';

/** Messages of actors that a handler is given in one turn of the event loop. */
const share = 1024;
const infos = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `info ${from + i}`);

describe.each(roles)('a %s that is told much at once', (role) => {
  function startTold(count: number) {
    const journal = createJournal<string>();
    const one = startInMemory<string, string, unknown>({ role, handler: journal.handler });
    for (let i = 0; i < count; i++) tell(one.session, `${i}`);
    return { ...one, ...journal };
  }

  it('takes its share, and the rest when the event loop has come round, turn by turn', () => {
    const turns: (() => void)[] = [];
    const clock = {
      now: () => 0,
      setTimeout: (callback: () => void, ms: number) => ms === 0 && turns.push(callback),
      clearTimeout: () => {},
    };
    const { handler, lines } = createJournal<string>();
    const { session } = startInMemory<string, string, unknown>({ role, handler, clock });
    const count = 3 * share + 10;
    for (let i = 0; i < count; i++) tell(session, `${i}`);
    for (const done of [share, 2 * share, 3 * share]) {
      expect([lines.slice(1), processInfo(session).mailbox]).toEqual([infos(0, done), count - done]);
      expect(turns).toHaveLength(1);
      turns.pop()?.();
    }
    expect([lines.slice(1), processInfo(session).mailbox, turns]).toEqual([infos(0, count), 0, []]);
  });

  it('takes what its peer sends meanwhile in its turn, after what came before it', async () => {
    const { session, peer, lines, clock, transport } = startTold(share + 2);
    peer.text('meanwhile');
    await quiet();
    tell(session, 'last');
    expect([lines.length, transport.reading]).toEqual([1 + share, true]);
    clock.advance(0);
    expect(lines.slice(1 + share)).toEqual(['info 1024', 'info 1025', 'in text meanwhile', 'info last']);
  });

  it('answers pings meanwhile (RFC 6455 §5.5.2)', async () => {
    const { peer, lines } = startTold(share + 1);
    peer.ping('anybody there?');
    expect(await peer.next()).toBe('pong anybody there?');
    expect(lines).toHaveLength(1 + share);
  });

  it('is asked meanwhile, and answers', async () => {
    const { session, lines } = startTold(share + 1);
    expect(await getState(session)).toBe('state');
    expect(lines).toHaveLength(1 + share);
  });

  it.each([
    ['its peer has closed', { type: 'remote', code: 4000, reason: '' }],
    ['its peer has ended the stream', { type: 'error', error: 'closed' }],
    ['the connection has broken', { type: 'transportError', cause: new Error('reset') }],
  ])('has handled everything before it hears that %s', async (way, reason) => {
    const { session, peer, transport, lines, clock } = startTold(share + 2);
    peer.text('before');
    await quiet();
    if (way.endsWith('closed')) peer.close(4000);
    else if (way.endsWith('stream')) session.send({ type: 'transport.ended' });
    else transport.fail(new Error('reset'));
    await quiet();
    expect([session.state, lines.length]).toEqual(['open', 1 + share]);
    clock.advance(0);
    peer.end();
    expect(await session.exited()).toEqual(reason);
    const rest = lines.slice(1 + share).filter((line) => !line.startsWith('in close'));
    expect(rest).toEqual(['info 1024', 'info 1025', 'in text before', 'terminate']);
    expect(clock.pending).toBe(0);
  });

  it('that wants no frames any more hears of the end of the stream after those that came first, when it wants them', async () => {
    const { handler, lines } = createJournal<string>({
      info: (message) => (message.startsWith('active') ? ['reply', active(message === 'active'), 'state'] : undefined),
    });
    const one = startInMemory<string, string, unknown>({ role, handler });
    const { session, peer, clock } = one;
    for (let i = 0; i < share; i++) tell(session, `${i}`);
    tell(session, 'active no more');
    peer.text('before');
    await quiet();
    session.send({ type: 'transport.ended' });
    clock.advance(0);
    expect([session.state, lines.length]).toEqual(['open', 2 + share]);
    tell(session, 'active');
    await quiet();
    peer.end();
    expect(await session.exited()).toEqual({ type: 'error', error: 'closed' });
    expect(lines.slice(2 + share)).toEqual(['info active', 'in text before', 'terminate']);
  });

  it('can be closed meanwhile, and hears no more then', async () => {
    const { session, peer, lines, clock } = startTold(share + 1);
    close(session);
    peer.close(1000);
    peer.end();
    expect(await session.exited()).toEqual({ type: 'normal' });
    expect([lines.length, lines.at(-1), clock.pending]).toEqual([2 + share, 'terminate', 0]);
  });

  it('that is suspended meanwhile waits until it is resumed', async () => {
    const { session, lines, clock } = startTold(share + 1);
    await suspend(session);
    clock.advance(0);
    expect(lines).toHaveLength(1 + share);
    await resume(session);
    expect(lines).toHaveLength(2 + share);
  });
});
