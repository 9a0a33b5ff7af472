import { type AnyExitReason, broadcast, createGroup, join, monitor, tell } from '@genws/actor';
import { text } from '@genws/protocol';
import { close, type Result, type Session, send, sessionMachine } from '@genws/session';
import { describe, expect, it, vi } from 'vitest';
import { transition } from 'xstate';
import { createJournal, slowly } from '../support/journal.ts';
import { quiet, startInMemory } from '../support/memory-session.ts';

const ok: Result<string> = ['ok', 'state'];

/** What an inspector is shown: events of the mailbox as `> type`, transitions as `type → state`. */
function inspect(session: Session): string[] {
  const seen: string[] = [];
  session.system.inspect((news) => {
    if (news.type === '@xstate.event') seen.push(`> ${news.event.type}`);
    if (news.type === '@xstate.microstep') {
      const value = 'value' in news.snapshot ? JSON.stringify(news.snapshot.value) : '';
      seen.push(`${news.event.type} → ${value.replaceAll(/[{}"]/g, '').replace(':', '.')}`);
    }
  });
  return seen;
}

describe('a session is an xstate actor', () => {
  it('whose observers see its states', async () => {
    const { session, peer } = startInMemory({ handler: createJournal().handler, activate: false });
    const states: string[] = [];
    session.subscribe({
      next: () => states.at(-1) !== session.state && states.push(session.state),
      complete: () => states.push('complete'),
    });
    session.send({ type: 'activate' });
    peer.close(1000);
    peer.end();
    await session.exited();
    expect(states).toEqual(['open', 'closing', 'closed', 'complete']);
    expect(session.getSnapshot()).toMatchObject({
      status: 'done',
      value: 'closed',
      output: { type: 'remote', code: 1000, reason: '' },
    });
  });

  it('whose snapshot is as xstate has it, the same for all who ask, and can be written down without its inner parts', async () => {
    const inside: unknown[] = [];
    const { session, peer } = startInMemory<string, string, unknown>({
      handler: {
        ...createJournal<string>().handler,
        handleInfo(_message, state, self) {
          inside.push(self.getSnapshot());
          return ['ok', state];
        },
      },
    });
    await quiet();
    tell(session, 'ask');
    const snapshot = session.getSnapshot();
    expect(inside[0]).toBe(snapshot);
    expect(session.getSnapshot()).toBe(snapshot);
    expect([snapshot.can({ type: 'timeout.idle' }), snapshot.can({ type: 'activate' })]).toEqual([true, false]);
    expect(snapshot.matches('open')).toBe(true);
    expect(JSON.parse(JSON.stringify(snapshot))).toMatchObject({
      status: 'active',
      value: 'open',
      context: { lane: { role: 'server' }, busy: false, active: true },
    });
    expect(Object.keys(JSON.parse(JSON.stringify(snapshot)).context.lane)).toEqual(['role']);
    expect(transition(sessionMachine, snapshot, { type: 'peer.stalled' })[0].value).toEqual({ closing: 'disconnect' });
    peer.close(1000);
    peer.end();
    await session.exited();
    expect(session.getSnapshot()).not.toBe(snapshot);
  });

  it('whose inspector, however late it comes, sees every event of the mailbox and every transition', async () => {
    const { session, peer } = startInMemory({ role: 'client', handler: createJournal().handler });
    const seen = inspect(session);
    peer.text('hello');
    await quiet();
    tell(session, 'message');
    send(session, text('x'));
    expect(seen).toEqual(['> transport.data', '> info', '> send']);
    seen.length = 0;
    peer.close(1000);
    await quiet();
    expect(seen).toEqual(['> transport.data', 'peer.closed → closing.lingering']);
    seen.length = 0;
    peer.end();
    await session.exited();
    expect(seen.filter((line) => line.startsWith('>'))).toEqual(['> transport.closed', '> handler.terminated']);
    expect(seen.filter((line) => !line.startsWith('>'))).toEqual([
      'transport.closed → closing.settling',
      'transport.closed → closing.terminating',
      'handler.terminated → closed',
    ]);
  });

  it('whose inspector sees timers, and promises of the handler', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { handler } = createJournal({ in: slowly(promise) });
    const { session, peer, clock } = startInMemory({ handler, idleTimeout: 1000 });
    const seen = inspect(session);
    peer.text('slow');
    await quiet();
    resolve(ok);
    await quiet();
    clock.advance(1000);
    expect(seen.filter((line) => line.startsWith('>'))).toEqual([
      '> transport.data',
      '> handler.resolved',
      '> timeout.idle',
      '> timeout.silent',
    ]);
    expect(seen.at(-1)).toBe('timeout.silent → closing.handshake');
  });

  it('whose inspector from the beginning sees init run, and its timer set', () => {
    const actions: string[] = [];
    startInMemory({
      handler: createJournal().handler,
      activate: false,
      inspect: (news) => {
        if (news.type === '@xstate.action') actions.push(news.action.type);
      },
    });
    expect(actions).toEqual(['runInit', 'xstate.raise']);
  });

  it('with an inspector from the beginning, when one is given', async () => {
    const seen: string[] = [];
    startInMemory({
      handler: createJournal().handler,
      inspect: (news) => {
        if (news.type === '@xstate.event') seen.push(news.event.type);
      },
    });
    await quiet();
    expect(seen).toEqual(['xstate.init', 'handler.settled', 'activate']);
  });

  it('that drops what comes when it is over without a word: neither warnings nor payloads in the log', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const { session, transport } = startInMemory({ handler: createJournal().handler });
    session.stop();
    tell(session, 'late');
    close(session);
    transport.fail(new Error('late'));
    session.send({ type: 'transport.data', bytes: new Uint8Array(1) });
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  it('with a name that no other has', () => {
    const ids = Array.from({ length: 100 }, () => startInMemory({ handler: createJournal().handler }).session.id);
    expect(new Set(ids).size).toBe(100);
  });

  it('whose end monitors are told once each, and that who comes late is told at once', async () => {
    const { session, peer } = startInMemory({ handler: createJournal().handler });
    const news: AnyExitReason[] = [];
    monitor(session, ({ reason }) => news.push(reason));
    monitor(session, ({ reason }) => news.push(reason));
    peer.close(4000, 'bye');
    const exit = await session.exited();
    expect(news).toEqual([exit, exit]);
    monitor(session, ({ reason }) => news.push(reason));
    await quiet();
    expect(news.at(-1)).toEqual({ type: 'noproc' });
    expect(await session.exited()).toEqual(exit);
  });

  it('that can monitor another and hear of its end in handleInfo', async () => {
    const other = startInMemory({ handler: createJournal().handler });
    const { handler } = createJournal<AnyExitReason>({ info: ({ type }) => ['reply', text(type), 'state'] });
    const { session, peer } = startInMemory({ handler });
    monitor(other.session, ({ reason }) => tell(session, reason));
    other.peer.close(1000);
    expect(await peer.next()).toBe('text remote');
  });

  it('that can be in a group, and leaves it when it ends', async () => {
    const group = createGroup<string>();
    const { handler } = createJournal<string>({
      init: (self) => {
        join(group, self);
        return ok;
      },
      info: (message) => ['reply', text(message), 'state'],
    });
    const members = Array.from({ length: 3 }, () => startInMemory({ handler }));
    const [first] = members;
    expect(broadcast(group, 'hello', first === undefined ? {} : { except: first.session })).toBe(2);
    first?.peer.end();
    await first?.session.exited();
    expect(broadcast(group, 'bye')).toBe(2);
    await quiet();
    expect(members.map(({ peer }) => peer.seen)).toEqual([[], ...Array(2).fill(['text hello', 'text bye'])]);
  });
});
