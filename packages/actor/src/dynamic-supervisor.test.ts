import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createActor, setup } from 'xstate';
import { startSupervisor } from './dynamic-supervisor.ts';
import type { AnyExitReason } from './exit-reason.ts';

/** An actor that lives until it is stopped or made to fall. */
const startWorker = () =>
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

type Worker = ReturnType<typeof startWorker>;

function startTeam() {
  const ends: AnyExitReason[] = [];
  const asked: unknown[] = [];
  const supervisor = startSupervisor<Worker>({
    id: 'team',
    stop: (worker, reason) => {
      asked.push(reason);
      worker.stop();
    },
    onDown: ({ reason }) => ends.push(reason),
  });
  return { supervisor, ends, asked };
}

describe('a dynamic supervisor', () => {
  it('counts the children it starts, and gives them back as they are', () => {
    const { supervisor } = startTeam();
    const workers = [1, 2, 3].map(() => supervisor.startChild(startWorker));
    expect(supervisor.count).toBe(3);
    expect([...supervisor.children()]).toEqual(workers);
    expect(supervisor.getSnapshot().context).toEqual({ children: 3, started: 3, crashed: 0 });
    expect(supervisor.id).toBe('team');
  });

  it('forgets a child that has ended, tells of it, and does not start it again', () => {
    const { supervisor, ends } = startTeam();
    const worker = supervisor.startChild(startWorker);
    worker.stop();
    expect(supervisor.count).toBe(0);
    expect(ends).toEqual([{ type: 'killed' }]);
    expect(supervisor.getSnapshot().context).toEqual({ children: 0, started: 1, crashed: 0 });
  });

  it('counts a crash and lives on', () => {
    const { supervisor, ends } = startTeam();
    const [first] = [1, 2].map(() => supervisor.startChild(startWorker));
    first?.send({ type: 'fall' });
    expect(ends).toEqual([{ type: 'crash', error: new Error('fall') }]);
    expect(supervisor.getSnapshot().context).toEqual({ children: 1, started: 2, crashed: 1 });
    supervisor.startChild(startWorker);
    expect(supervisor.count).toBe(2);
    expect(supervisor.getSnapshot().status).toBe('active');
  });

  it('has no such child when starting one throws, and throws the same', async () => {
    const { supervisor, ends } = startTeam();
    const error = new Error('no room');
    const start = (): Worker => {
      throw error;
    };
    expect(() => supervisor.startChild(start)).toThrow(error);
    expect(supervisor.count).toBe(0);
    expect(supervisor.getSnapshot().context).toEqual({ children: 0, started: 0, crashed: 0 });
    await supervisor.empty();
    expect(ends).toEqual([]);
  });

  it('asks a child to end, with the reason, and no one else’s', () => {
    const { supervisor, asked } = startTeam();
    const worker = supervisor.startChild(startWorker);
    const stranger = startWorker();
    supervisor.terminateChild(stranger, 'not yours');
    supervisor.terminateChild(worker, 'enough');
    supervisor.terminateChild(worker, 'again');
    expect(asked).toEqual(['enough']);
    expect(stranger.getSnapshot().status).toBe('active');
    expect(supervisor.count).toBe(0);
  });

  it('tells everybody who waits for it when its last child has ended', async () => {
    const { supervisor } = startTeam();
    await supervisor.empty();
    const workers = [1, 2].map(() => supervisor.startChild(startWorker));
    const news: string[] = [];
    supervisor.empty().then(() => news.push('first'));
    supervisor.empty().then(() => news.push('second'));
    workers[0]?.stop();
    await setImmediate();
    expect(news).toEqual([]);
    workers[1]?.stop();
    await setImmediate();
    expect(news).toEqual(['first', 'second']);
    supervisor.startChild(startWorker);
    expect(supervisor.count).toBe(1);
  });

  it('forgets a child that was dead when it was handed over', async () => {
    const { supervisor, ends } = startTeam();
    supervisor.startChild(() => {
      const worker = startWorker();
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
    const worker = supervisor.startChild(startWorker);
    supervisor.startChild(startWorker);
    worker.stop();
    expect(counts).toEqual([1, 2, 1]);
    expect(events).toEqual(['child.started', 'child.started', 'child.down']);
  });

  it('starts and ends 20,000 children without a copy of them all for each', () => {
    const { supervisor } = startTeam();
    const workers = Array.from({ length: 20_000 }, () => supervisor.startChild(startWorker));
    expect(supervisor.count).toBe(20_000);
    for (const worker of workers) worker.stop();
    expect(supervisor.count).toBe(0);
    expect(supervisor.getSnapshot().context.started).toBe(20_000);
  });
});
