import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createActor, SimulatedClock, setup } from 'xstate';
import { startDynamicSupervisor } from './dynamic-supervisor.ts';
import type { AnyExitReason } from './exit-reason.ts';
import { exit, type Process } from './exit-signal.ts';
import { monitor } from './monitor.ts';
import type { Report } from './report.ts';
import { boom, type Manners, normal, shutdown, Worker } from './worker.fixture.ts';

/** An actor that lives until it is stopped or made to fall. */
const startFragile = () =>
  createActor(
    setup({ types: { events: {} as { type: 'fall' } } }).createMachine({
      on: {
        fall: {
          actions: () => {
            throw new Error('fall');
          },
        },
      },
    }),
  ).start();

function startTeam() {
  const ends: AnyExitReason[] = [];
  const supervisor = startDynamicSupervisor<Process>({ id: 'team', onDown: ({ reason }) => ends.push(reason) });
  return { supervisor, ends };
}

describe('a dynamic supervisor', () => {
  it('counts the children it starts, and gives them back as they are', () => {
    const { supervisor } = startTeam();
    const workers = [1, 2, 3].map(() => supervisor.startChild(startFragile));
    expect(supervisor.count).toBe(3);
    expect([...supervisor.children()]).toEqual(workers);
    expect(supervisor.getSnapshot().context).toEqual({ children: 3, started: 3, crashed: 0 });
    expect(supervisor.id).toBe('team');
  });

  it('forgets a child that has ended, tells of it, and does not start it again', () => {
    const { supervisor, ends } = startTeam();
    const worker = supervisor.startChild(startFragile);
    worker.stop();
    expect(supervisor.count).toBe(0);
    expect(ends).toEqual([{ type: 'killed' }]);
    expect(supervisor.getSnapshot().context).toEqual({ children: 0, started: 1, crashed: 0 });
  });

  it('tells whoever wants to know from some time on, until they no longer do', () => {
    const { supervisor, ends } = startTeam();
    const [first, second, third] = [1, 2, 3].map(() => supervisor.startChild(startFragile));
    first?.stop();
    const heard: unknown[] = [];
    const cancel = supervisor.onDown(({ target, reason }) => heard.push([target, reason.type, supervisor.count]));
    second?.send({ type: 'fall' });
    cancel();
    third?.stop();
    expect(heard).toEqual([[second, 'crash', 1]]);
    expect(ends).toHaveLength(3);
  });

  it('counts a crash and lives on', () => {
    const { supervisor, ends } = startTeam();
    const [first] = [1, 2].map(() => supervisor.startChild(startFragile));
    first?.send({ type: 'fall' });
    expect(ends).toEqual([{ type: 'crash', error: new Error('fall') }]);
    expect(supervisor.getSnapshot().context).toEqual({ children: 1, started: 2, crashed: 1 });
    supervisor.startChild(startFragile);
    expect(supervisor.count).toBe(2);
    expect(supervisor.getSnapshot().status).toBe('active');
  });

  it('has no such child when starting one throws, and throws the same', async () => {
    const { supervisor, ends } = startTeam();
    const error = new Error('no room');
    const start = (): Process => {
      throw error;
    };
    expect(() => supervisor.startChild(start)).toThrow(error);
    expect(supervisor.count).toBe(0);
    expect(supervisor.getSnapshot().context).toEqual({ children: 0, started: 0, crashed: 0 });
    await supervisor.empty();
    expect(ends).toEqual([]);
  });

  it('asks a child to end, with the reason, and no one else’s', async () => {
    const { supervisor, ends } = startTeam();
    const worker = supervisor.startChild(() => new Worker().start());
    const stranger = new Worker().start();
    expect(await supervisor.terminateChild(stranger, 'not yours')).toEqual({ ok: false, code: 'notFound' });
    expect(await supervisor.terminateChild(worker, 'enough')).toEqual({ ok: true });
    expect(await supervisor.terminateChild(worker, 'again')).toEqual({ ok: false, code: 'notFound' });
    expect([worker.signals.length, stranger.signals.length]).toEqual([1, 0]);
    expect(worker.signals[0]).toEqual({ type: 'exit', from: supervisor, reason: shutdown });
    expect(ends).toEqual([shutdown]);
    expect(supervisor.count).toBe(0);
  });

  it('tells everybody who waits for it when its last child has ended', async () => {
    const { supervisor } = startTeam();
    await supervisor.empty();
    const workers = [1, 2].map(() => supervisor.startChild(startFragile));
    const news: string[] = [];
    supervisor.empty().then(() => news.push('first'));
    supervisor.empty().then(() => news.push('second'));
    workers[0]?.stop();
    await setImmediate();
    expect(news).toEqual([]);
    workers[1]?.stop();
    await setImmediate();
    expect(news).toEqual(['first', 'second']);
    supervisor.startChild(startFragile);
    expect(supervisor.count).toBe(1);
  });

  it('forgets a child that was dead when it was handed over', async () => {
    const { supervisor, ends } = startTeam();
    supervisor.startChild(() => {
      const worker = startFragile();
      worker.stop();
      return worker;
    });
    await supervisor.empty();
    expect(ends).toEqual([{ type: 'noproc' }]);
    expect(supervisor.count).toBe(0);
  });

  it('is an actor that can be watched: each start and each end is an event of its own', () => {
    const { supervisor } = startTeam();
    const counts: number[] = [];
    const events: string[] = [];
    supervisor.subscribe(({ context }) => counts.push(context.children));
    supervisor.system.inspect((news) => {
      if (news.type === '@xstate.event') events.push(news.event.type);
    });
    const worker = supervisor.startChild(startFragile);
    supervisor.startChild(startFragile);
    worker.stop();
    expect(counts).toEqual([1, 2, 1]);
    expect(events).toEqual(['child.started', 'child.started', 'child.down']);
  });

  it('starts and ends 20,000 children without a copy of them all for each', () => {
    const { supervisor } = startTeam();
    const workers = Array.from({ length: 20_000 }, () => supervisor.startChild(startFragile));
    expect(supervisor.count).toBe(20_000);
    for (const worker of workers) worker.stop();
    expect(supervisor.count).toBe(0);
    expect(supervisor.getSnapshot().context.started).toBe(20_000);
  });
});

describe('a dynamic supervisor that is asked to end', () => {
  const start = (manners?: Manners) => () => new Worker(manners).start();

  it('ends all children first, those started last before the others, and then itself', async () => {
    const { supervisor } = startTeam();
    const order: number[] = [];
    const workers = [0, 1, 2].map((i) => {
      const worker = supervisor.startChild(start(i === 0 ? 'deaf' : 'polite'));
      monitor(worker, () => order.push(i));
      return worker;
    });
    exit(supervisor, shutdown);
    expect([order, supervisor.getSnapshot().status]).toEqual([[2, 1], 'active']);
    workers[0]?.end(normal);
    expect(order).toEqual([2, 1, 0]);
    expect(supervisor.getSnapshot()).toMatchObject({ status: 'done', output: shutdown, context: { children: 0 } });
    expect(await supervisor.exited()).toEqual(shutdown);
  });

  it('has ended at once when it has no children; a normal end of others is none of its business', () => {
    const { supervisor } = startTeam();
    exit(supervisor, normal);
    expect(supervisor.getSnapshot().status).toBe('active');
    exit(supervisor, boom);
    expect(supervisor.getSnapshot().output).toEqual(boom);
  });

  it('kills those that take too long, and leaves no timer', () => {
    const clock = new SimulatedClock();
    const supervisor = startDynamicSupervisor<Worker>({ clock, shutdown: 100 });
    const workers = ['deaf' as const, 'polite' as const, 'deaf' as const].map((manners) =>
      supervisor.startChild(start(manners)),
    );
    exit(supervisor, shutdown);
    clock.increment(99);
    expect(supervisor.count).toBe(2);
    clock.increment(1);
    expect([supervisor.count, supervisor.getSnapshot().status]).toEqual([0, 'done']);
    expect(workers.map(({ signals }) => signals.length)).toEqual([2, 1, 2]);
    expect(clock).toHaveProperty('timeouts.size', 0);
  });

  it('kills without asking where that is wanted', () => {
    const supervisor = startDynamicSupervisor<Worker>({ shutdown: 'brutalKill' });
    const worker = supervisor.startChild(start('deaf'));
    exit(supervisor, shutdown);
    expect(worker.signals.map(({ reason }) => reason.type)).toEqual(['killed']);
    expect(() => startDynamicSupervisor({ shutdown: -1 })).toThrow(RangeError);
  });

  it.each(['killed', 'stopped by xstate'])('leaves nobody behind when it is %s', (how) => {
    const { supervisor, ends } = startTeam();
    supervisor.startChild(start('deaf'));
    supervisor.startChild(startFragile);
    if (how === 'killed') exit(supervisor, { type: 'killed' });
    else supervisor.stop();
    expect(ends).toEqual([{ type: 'killed' }, { type: 'killed' }]);
  });

  it('asks who is started meanwhile, or afterwards, to end at once', () => {
    const { supervisor } = startTeam();
    const first = supervisor.startChild(start('deaf'));
    exit(supervisor, shutdown);
    const second = supervisor.startChild(start());
    expect(second.signals.map(({ reason }) => reason)).toEqual([shutdown]);
    first.end(normal);
    expect(supervisor.getSnapshot().status).toBe('done');
    const third = supervisor.startChild(start());
    expect([third.signals.length, supervisor.count]).toEqual([1, 0]);
  });

  it('is not held up by a child that throws when it is asked', () => {
    const reports: Report[] = [];
    const supervisor = startDynamicSupervisor<Worker>({ id: 'team', logger: (report) => reports.push(report) });
    const polite = supervisor.startChild(start());
    supervisor.startChild(start('rude'));
    exit(supervisor, shutdown);
    expect([polite.signals.length, supervisor.getSnapshot().status]).toEqual([1, 'done']);
    expect(reports).toMatchObject([
      { event: 'supervisor.exitFailed', error: new Error('rude'), fields: { supervisor: 'team' } },
    ]);
  });
});
