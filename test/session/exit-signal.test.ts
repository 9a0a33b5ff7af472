import { type ExitReason, type ExitSignal, exit, link, startDynamicSupervisor } from '@genws/actor';
import type { Session } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { createJournal } from '../support/journal.ts';
import { quiet, roles, startInMemory } from '../support/memory-session.ts';

const boom: ExitReason = { type: 'crash', error: new Error('boom') };

describe.each(roles)('an exit signal to a %s', (role) => {
  const start = () => {
    const { handler, exits } = createJournal<string>({});
    return { ...startInMemory({ role, handler }), exits };
  };

  it.each<{ title: string; reason: ExitReason; told: unknown }>([
    { title: 'shutdown', reason: { type: 'shutdown', reason: 'deploy' }, told: 'deploy' },
    { title: 'crash', reason: boom, told: boom },
    { title: 'noproc', reason: { type: 'noproc' }, told: { type: 'noproc' } },
  ])('ends it as stop does when the reason is $title: the peer gets 1001', async ({ reason, told }) => {
    const { session, peer, exits } = start();
    exit(session, reason);
    await quiet();
    expect(peer.seen.at(-1)).toBe('close 1001');
    peer.end();
    expect(await session.exited()).toEqual({ type: 'shutdown', reason: told });
    expect(exits).toEqual([{ type: 'shutdown', reason: told }]);
  });

  it('ends it at once when it is killed', () => {
    const { session, exits } = start();
    exit(session, { type: 'killed' });
    expect([session.state, exits]).toEqual(['closed', [{ type: 'killed' }]]);
  });

  it('does nothing when another has ended with normal', async () => {
    const [one, other] = [start(), start()];
    link(one.session, other.session);
    exit(one.session, { type: 'normal' }, other.session);
    await quiet();
    expect(one.session.state).toBe('open');
  });

  it('comes of a link when the other session ends, and of a supervisor that ends', async () => {
    const [one, other] = [start(), start()];
    link(one.session, other.session);
    one.session.stop();
    expect(other.session.state).toBe('closed');
    const supervisor = startDynamicSupervisor<Session<string>>();
    const third = start();
    supervisor.startChild(() => third.session);
    exit(supervisor, { type: 'shutdown', reason: 'deploy' });
    third.peer.end();
    expect(await supervisor.exited()).toEqual({ type: 'shutdown', reason: 'deploy' });
    expect(third.exits).toEqual([{ type: 'shutdown', reason: 'deploy' }]);
  });

  it('is trapped where the handler wants that, unless it is its own supervisor’s', async () => {
    const trapped: unknown[] = [];
    const { handler } = createJournal<string>({});
    const trapping = { ...handler, exitInfo: ({ reason }: ExitSignal) => `${trapped.push(reason)} trapped` };
    const { session } = startInMemory({ role, handler: trapping });
    const [own, other] = [startDynamicSupervisor<Session<string>>(), startDynamicSupervisor<Session<string>>()];
    own.startChild(() => session);
    exit(session, boom);
    exit(session, { type: 'shutdown', reason: 'deploy' }, other);
    link(other, session);
    other.stop();
    await quiet();
    expect(trapped).toEqual([boom, { type: 'shutdown', reason: 'deploy' }, { type: 'killed' }]);
    expect(session.state).toBe('open');
    exit(session, { type: 'shutdown', reason: 'deploy' }, own);
    expect(session.state).not.toBe('open');
  });
});
