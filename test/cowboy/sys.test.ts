import {
  codeChange,
  countChildren,
  defineHandler,
  deleteChild,
  exit,
  getChildspec,
  getState,
  processInfo,
  question,
  replaceState,
  restartChild,
  resume,
  type SessionExit,
  type SessionRef,
  type SystemReply,
  startChild,
  startSupervisor,
  stop,
  suspend,
  terminateChild,
  text,
  whichChildren,
} from 'genws';
import { describe, expect, it } from 'vitest';
import { Inbox } from '../support/inbox.ts';
import { roundTrip } from '../support/round-trip.ts';
import { serve, type Visitor } from '../support/served.ts';
import { schemes } from '../support/serving.ts';

/** What is no system message, from code that is not checked. */
const isMessage = (_: unknown): _ is Parameters<SessionRef['send']>[0] => true;

function put(session: SessionRef, message: unknown): void {
  if (isMessage(message)) session.send(message);
}

describe.each(schemes)('a session over $scheme', ({ secure }) => {
  /** A session whose handler echoes with a word of its own, and traps exit signals if it is to. */
  async function start({ traps = false } = {}) {
    const signals: string[] = [];
    const exits = new Inbox<SessionExit>();
    const handler = defineHandler<{ readonly word: string }, string>({
      version: 1,
      init: () => ['ok', { word: 'echo' }],
      handleIn: (frame, state) =>
        frame.type === 'text' ? ['reply', text(`${state.word} ${frame.data}`), state] : ['ok', state],
      handleInfo(message, state) {
        signals.push(message);
        return ['ok', state];
      },
      ...(traps && { exitInfo: ({ reason }) => reason.type }),
      terminate(reason) {
        exits.push(reason);
      },
    });
    const served = await serve({ secure, handler });
    const visitor = await served.visit();
    return { served, visitor, session: visitor.session, signals, exits };
  }

  /** See that it answers its peer. */
  async function expectAlive(visitor: Visitor, word = 'echo'): Promise<void> {
    await visitor.say('there?');
    expect(await visitor.next()).toBe(`text ${word} there?`);
  }

  it('CW-T-137 bad_system_from: does what is asked by somebody who cannot be answered, and lives', async () => {
    const { served, visitor, session } = await start();
    await using _ = served;
    put(session, { type: 'system', request: { type: 'getState' }, from: 'bad' });
    put(session, { type: 'system', request: { type: 'getState' } });
    await expectAlive(visitor);
    expect(served.reports).toEqual([]);
  });

  it('CW-T-138 bad_system_message: refuses what cannot be asked with a TypeError, and lives', async () => {
    const { served, visitor, session } = await start();
    await using _ = served;
    const asked = question<SystemReply>(session, (from) => put(session, { type: 'system', request: 'hello', from }));
    expect(await asked).toEqual({ ok: false, error: expect.any(TypeError) });
    await expectAlive(visitor);
  });

  it('CW-T-139 good_system_message: answers what can be asked, and lives', async () => {
    const { served, visitor, session } = await start();
    await using _ = served;
    const asked = question<SystemReply>(session, (from) =>
      session.send({ type: 'system', request: { type: 'getState' }, from }),
    );
    expect(await asked).toEqual({ ok: true, value: { word: 'echo' } });
    await expectAlive(visitor);
  });

  it('CW-T-140 trap_exit_parent_exit: ends with its supervisor although it traps exit signals; the peer gets 1001', async () => {
    const { served, visitor, session, signals, exits } = await start({ traps: true });
    await using _ = served;
    exit(served.server.sessions, { type: 'shutdown', reason: 'deploy' });
    expect(await visitor.next()).toBe('close 1001');
    await visitor.leave();
    expect(await session.exited()).toEqual({ type: 'shutdown', reason: 'deploy' });
    expect([await exits.next(), signals]).toEqual([{ type: 'shutdown', reason: 'deploy' }, []]);
  });

  it('CW-T-141 trap_exit_other_exit: hears of other signals, and lives', async () => {
    const { served, visitor, session, signals } = await start({ traps: true });
    await using _ = served;
    exit(session, { type: 'shutdown', reason: 'enough' });
    exit(session, { type: 'normal' });
    await expectAlive(visitor);
    expect(signals).toEqual(['shutdown', 'normal']);
  });

  it('CW-T-142 sys_change_code: is given other code while it is suspended, which answers what has come meanwhile', async () => {
    const { served, visitor, session } = await start();
    await using _ = served;
    await suspend(session);
    await visitor.say('meanwhile');
    await roundTrip();
    const next = defineHandler<string>({
      init: () => ['ok', ''],
      codeChange: (old, version) => `${JSON.stringify(old)} of version ${version}:`,
      handleIn: (frame, state) =>
        frame.type === 'text' ? ['reply', text(`${state} ${frame.data}`), state] : ['ok', state],
    });
    await codeChange(session, next);
    await resume(session);
    expect(await visitor.next()).toBe('text {"word":"echo"} of version 1: meanwhile');
  });

  it('CW-T-143 sys_get_state: shows the state of its handler', async () => {
    const { served, session } = await start();
    await using _ = served;
    expect(await getState(session)).toEqual({ word: 'echo' });
  });

  it('CW-T-144 sys_get_status: says how it is', async () => {
    const { served, visitor, session } = await start();
    await using _ = served;
    await expectAlive(visitor);
    expect(processInfo(session)).toMatchObject({
      id: session.id,
      state: 'open',
      peer: { address: '127.0.0.1', port: expect.any(Number) },
      ...{ messagesIn: 1, messagesOut: 1, bytesIn: 12, bytesOut: 13, mailbox: 0 },
    });
  });

  it('CW-T-145 sys_replace_state: goes on with another state', async () => {
    const { served, visitor, session } = await start();
    await using _ = served;
    expect(await replaceState(session, () => ({ word: 'repaired' }))).toEqual({ word: 'repaired' });
    await expectAlive(visitor, 'repaired');
  });

  it('CW-T-146 sys_suspend_and_resume: answers nothing while it is suspended, and everything afterwards', async () => {
    const { served, visitor, session } = await start();
    await using _ = served;
    await suspend(session);
    await visitor.say('one', 'two');
    await roundTrip();
    expect(session.statistics.messagesOut).toBe(0);
    await resume(session);
    expect(await visitor.take(2)).toEqual(['text echo one', 'text echo two']);
  });

  it('CW-T-147 sys_terminate: ends when it is told to, suspended or not; the peer gets 1001', async () => {
    for (const suspended of [false, true]) {
      const { served, visitor, session, exits } = await start();
      await using _ = served;
      if (suspended) await suspend(session);
      stop(session, 'enough');
      expect(await visitor.next()).toBe('close 1001');
      await visitor.leave();
      expect(await exits.next()).toEqual({ type: 'shutdown', reason: 'enough' });
    }
  });

  // To a supervisor's questions it answers as one that has no children.

  it('CW-T-148 supervisor_count_children: has none', async () => {
    const { served, session } = await start();
    await using _ = served;
    expect(countChildren(session)).toEqual({ specs: 0, active: 0, supervisors: 0, workers: 0 });
  });

  it('CW-T-149 supervisor_delete_child_not_found: notFound', async () => {
    const { served, visitor, session } = await start();
    await using _ = served;
    expect(await deleteChild(session, 'nobody')).toEqual({ ok: false, code: 'notFound' });
    await expectAlive(visitor);
  });

  it('CW-T-150 supervisor_get_childspec_not_found: notFound', async () => {
    const { served, session } = await start();
    await using _ = served;
    expect(getChildspec(session, 'nobody')).toEqual({ ok: false, code: 'notFound' });
  });

  it('CW-T-151 supervisor_restart_child_not_found: notFound', async () => {
    const { served, visitor, session } = await start();
    await using _ = served;
    expect(await restartChild(session, 'nobody')).toEqual({ ok: false, code: 'notFound' });
    await expectAlive(visitor);
  });

  it('CW-T-152 supervisor_start_child_not_found: startChildDisabled, and nothing is started', async () => {
    const { served, visitor, session } = await start();
    await using _ = served;
    const started: unknown[] = [];
    const spec = {
      id: 'error',
      start: async () => {
        const supervisor = await startSupervisor();
        started.push(supervisor);
        return supervisor;
      },
    };
    expect(await startChild(session, spec)).toEqual({ ok: false, code: 'startChildDisabled' });
    expect(started).toEqual([]);
    await expectAlive(visitor);
  });

  it('CW-T-153 supervisor_terminate_child_not_found: notFound', async () => {
    const { served, visitor, session } = await start();
    await using _ = served;
    expect(await terminateChild(session, 'nobody')).toEqual({ ok: false, code: 'notFound' });
    await expectAlive(visitor);
  });

  it('CW-T-154 supervisor_which_children: none', async () => {
    const { served, session } = await start();
    await using _ = served;
    expect(whichChildren(session)).toEqual([]);
  });
});
