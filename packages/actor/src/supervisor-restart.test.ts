import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { RestartType } from './child-spec.ts';
import type { AnyExitReason } from './exit-reason.ts';
import { exit } from './exit-signal.ts';
import { monitor } from './monitor.ts';
import { createLogger } from './report.ts';
import { terminateChild } from './supervisor-verbs.ts';
import { boom, normal, shutdown, stateOf, Worker, Workshop } from './worker.fixture.ts';

describe('a child that has ended', () => {
  it.each<{ restart: RestartType; reason: AnyExitReason; fate: 'started again' | 'stopped' | 'forgotten' }>([
    { restart: 'permanent', reason: boom, fate: 'started again' },
    { restart: 'permanent', reason: shutdown, fate: 'started again' },
    { restart: 'permanent', reason: normal, fate: 'started again' },
    { restart: 'transient', reason: boom, fate: 'started again' },
    { restart: 'transient', reason: { type: 'killed' }, fate: 'started again' },
    { restart: 'transient', reason: { type: 'stop' }, fate: 'started again' },
    { restart: 'transient', reason: shutdown, fate: 'stopped' },
    { restart: 'transient', reason: normal, fate: 'stopped' },
    { restart: 'temporary', reason: boom, fate: 'forgotten' },
    { restart: 'temporary', reason: normal, fate: 'forgotten' },
  ])('is $fate when it is $restart and the reason was $reason.type', async ({ restart, reason, fate }) => {
    const shop = new Workshop();
    const supervisor = await shop.supervise([shop.spec('a', { restart }), 'b']);
    await shop.end('a', reason);
    const children = {
      'started again': ['a running 1', 'b running'],
      stopped: ['a stopped', 'b running'],
      forgotten: ['b running'],
    };
    expect(stateOf(supervisor)).toEqual({ value: 'running', children: children[fate] });
    expect(shop.has('a')).toBe(fate === 'started again');
  });

  it('is started again after everybody who watched it has heard of its end, so that its name is free', async () => {
    const shop = new Workshop();
    await shop.supervise(['a']);
    shop.news();
    monitor(shop.worker('a'), () => shop.journal.push('freed'));
    await shop.end('a', boom);
    expect(shop.news()).toEqual(['end a: crash', 'freed', 'start a']);
  });

  it('is reported when it crashed, and so is its restart', async () => {
    const shop = new Workshop();
    await shop.supervise(['a', shop.spec('b', { restart: 'temporary' })]);
    await shop.end('a', boom);
    await shop.end('b', { type: 'noSuchRoom' });
    expect(shop.reports).toEqual([
      {
        level: 'error',
        event: 'supervisor.childCrashed',
        text: 'a ended: boom',
        error: new Error('boom'),
        fields: { supervisor: 'sup', child: 'a', reason: 'crash', restarts: 0 },
      },
      {
        level: 'info',
        event: 'supervisor.restarted',
        text: 'a was restarted',
        fields: { supervisor: 'sup', child: 'a', reason: undefined, restarts: 1 },
      },
      {
        level: 'warn',
        event: 'supervisor.childCrashed',
        text: 'b ended: noSuchRoom',
        error: undefined,
        fields: { supervisor: 'sup', child: 'b', reason: 'noSuchRoom', restarts: 0 },
      },
    ]);
  });
});

describe('a strategy', () => {
  it('oneForOne restarts the child alone', async () => {
    const shop = new Workshop();
    const supervisor = await shop.supervise(['a', 'b', 'c']);
    shop.news();
    await shop.end('b', boom);
    expect(shop.news()).toEqual(['end b: crash', 'start b']);
    expect(stateOf(supervisor).children).toEqual(['a running', 'b running 1', 'c running']);
  });

  it('restForOne ends those started later, in reverse order, and starts the child and them in order (G07)', async () => {
    const shop = new Workshop();
    const supervisor = await shop.supervise(['a', 'b', 'c', 'd'], { strategy: 'restForOne' });
    shop.news();
    await shop.end('b', boom);
    expect(shop.news()).toEqual([
      'end b: crash',
      'end d: shutdown restart',
      'end c: shutdown restart',
      'start b',
      'start c',
      'start d',
    ]);
    expect(stateOf(supervisor).children).toEqual(['a running', 'b running 1', 'c running 1', 'd running 1']);
  });

  it('oneForAll ends all others, in reverse order, and starts all in order', async () => {
    const shop = new Workshop();
    await shop.supervise(['a', 'b', 'c'], { strategy: 'oneForAll' });
    shop.news();
    await shop.end('b', boom);
    expect(shop.news()).toEqual([
      'end b: crash',
      'end c: shutdown restart',
      'end a: shutdown restart',
      'start a',
      'start b',
      'start c',
    ]);
  });

  it.each(['oneForAll', 'restForOne'] as const)(
    '%s forgets temporary siblings, and starts again even those who had ended, as in Erlang',
    async (strategy) => {
      const shop = new Workshop();
      const supervisor = await shop.supervise(
        ['a', shop.spec('b', { restart: 'temporary' }), shop.spec('c', { restart: 'transient' }), 'd'],
        { strategy },
      );
      await shop.end('c', normal);
      await terminateChild(supervisor, 'd');
      expect(stateOf(supervisor).children).toEqual(['a running', 'b running', 'c stopped', 'd stopped']);
      await shop.end('a', boom);
      expect(stateOf(supervisor).children).toEqual(['a running 1', 'c running 1', 'd running 1']);
    },
  );

  it('waits for slow siblings, and kills those that take too long, before it starts anybody', async () => {
    const shop = new Workshop();
    const deaf = { manners: 'deaf', shutdown: 100 } as const;
    await shop.supervise(['a', shop.spec('b', deaf), shop.spec('c', deaf)], { strategy: 'oneForAll' });
    shop.news();
    await shop.end('a', boom);
    await shop.end('c', normal);
    expect(shop.news()).toEqual(['end a: crash', 'end c: normal']);
    await shop.pass(100);
    expect(shop.news()).toEqual(['end b: killed', 'start a', 'start b', 'start c']);
  });

  it('takes the end of several children at once as one, where all are restarted anyway', async () => {
    const shop = new Workshop();
    const supervisor = await shop.supervise(['a', shop.spec('b', { manners: 'deaf' }), 'c'], { strategy: 'oneForAll' });
    for (const id of ['c', 'a', 'b']) shop.worker(id).end(boom);
    await setImmediate();
    expect(stateOf(supervisor).children).toEqual(['a running 1', 'b running 1', 'c running 1']);
    expect(supervisor.getSnapshot().context.restarts).toHaveLength(1);
  });
});

describe('a restart that fails', () => {
  it('is tried once more, and that counts', async () => {
    const shop = new Workshop();
    const supervisor = await shop.supervise(['a'], { intensity: 3 });
    shop.sabotage('a', 2);
    await shop.end('a', boom);
    for (let i = 0; i < 2; i++) {
      expect(stateOf(supervisor)).toEqual({ value: 'running', children: ['a restarting'] });
      await shop.pass(0);
    }
    expect(stateOf(supervisor)).toEqual({ value: 'running', children: ['a running 1'] });
    expect(supervisor.getSnapshot().context.restarts).toHaveLength(3);
    expect(shop.events).toEqual([
      'supervisor.childCrashed',
      'supervisor.startFailed',
      'supervisor.startFailed',
      'supervisor.restarted',
    ]);
  });

  it('for ever ends in giving up, and does not keep the event loop busy', async () => {
    const shop = new Workshop();
    const supervisor = await shop.supervise(['a', 'b'], { intensity: 100 });
    shop.sabotage('a', Number.POSITIVE_INFINITY);
    await shop.end('a', boom);
    for (let turn = 1; turn <= 100; turn++) {
      expect(shop.news().filter((line) => line === 'fail a')).toHaveLength(1);
      await shop.pass(0);
    }
    expect(await supervisor.exited()).toEqual({ type: 'shutdown', reason: 'reachedMaxRestartIntensity' });
    expect(shop.has('b')).toBe(false);
  });

  it.each([
    ['oneForAll', ['end a: shutdown restart', 'start a', 'start b', 'start c']],
    ['restForOne', ['start b', 'start c']],
  ] as const)('under %s is tried with all that belong to it', async (strategy, then) => {
    const shop = new Workshop();
    await shop.supervise(['a', 'b', 'c'], { strategy, intensity: 2 });
    shop.news();
    shop.sabotage('b', 1);
    await shop.end('b', boom);
    expect(shop.news().slice(-1)).toEqual(['fail b']);
    await shop.pass(0);
    expect(shop.news()).toEqual(then);
  });

  it('leaves room between attempts, for a shutdown above all', async () => {
    const shop = new Workshop();
    const supervisor = await shop.supervise(['a', 'b'], { intensity: 1000 });
    shop.sabotage('a', 1000);
    await shop.end('a', boom);
    exit(supervisor, shutdown);
    expect(supervisor.getSnapshot().output).toEqual(shutdown);
    await shop.pass(1000);
    expect(shop.journal.filter((line) => line === 'fail a')).toHaveLength(1);
  });
});

describe('the restart intensity', () => {
  it('exceeded, ends all children in reverse order, and the supervisor', async () => {
    const shop = new Workshop();
    const supervisor = await shop.supervise(['a', 'b', 'c'], { intensity: 2, period: 1000 });
    for (let i = 0; i < 3; i++) {
      expect(supervisor.getSnapshot().status).toBe('active');
      shop.news();
      await shop.end('b', boom);
    }
    expect(shop.news()).toEqual([
      'end b: crash',
      'end c: shutdown reachedMaxRestartIntensity',
      'end a: shutdown reachedMaxRestartIntensity',
    ]);
    expect(supervisor.getSnapshot().output).toEqual({ type: 'shutdown', reason: 'reachedMaxRestartIntensity' });
    expect(shop.reports.at(-1)).toMatchObject({
      level: 'error',
      event: 'supervisor.escalated',
      fields: { child: 'b' },
    });
  });

  it('is counted over a window of time', async () => {
    const shop = new Workshop();
    const supervisor = await shop.supervise(['a'], { intensity: 1, period: 1000 });
    for (let i = 0; i < 100; i++) {
      await shop.end('a', boom);
      await shop.pass(1001);
    }
    expect(stateOf(supervisor).children).toEqual(['a running 100']);
    await shop.end('a', boom);
    await shop.pass(1000);
    await shop.end('a', boom);
    expect(supervisor.getSnapshot().status).toBe('done');
  });

  it('of a crash storm of 1,000 temporary children is not touched; nobody else notices, and the log is not flooded (G05)', async () => {
    const shop = new Workshop();
    const lines: string[] = [];
    const logger = createLogger({ write: (line) => lines.push(line), now: () => 0 });
    const storm = Array.from({ length: 1000 }, (_, i) => shop.spec(`${i}`, { restart: 'temporary' }));
    const supervisor = await shop.supervise(['steady', ...storm], { intensity: 0, logger });
    for (const { id } of storm) shop.worker(id).end(boom);
    expect(stateOf(supervisor)).toEqual({ value: 'running', children: ['steady running'] });
    expect(lines).toHaveLength(20);
  });

  it('of a permanent child that crashes for ever is exceeded on every level up to the root (G06)', async () => {
    const shop = new Workshop();
    const root = await shop.supervise([
      'sibling',
      { id: 'middle', start: () => shop.supervise([{ id: 'inner', start: () => shop.supervise(['loop']) }]) },
    ]);
    let crashes = 0;
    for (; root.getSnapshot().status === 'active'; crashes++) {
      await shop.end('loop', boom);
    }
    expect(crashes).toBe(8); // 2 in each of 2 supervisors in each of 2 lives
    expect(root.getSnapshot().output).toEqual({ type: 'shutdown', reason: 'reachedMaxRestartIntensity' });
    expect([shop.has('sibling'), shop.has('loop')]).toEqual([false, false]);
    expect(shop.events.filter((event) => event === 'supervisor.escalated')).toHaveLength(7);
  });
});

it('leaves nothing behind: neither observers nor timers, however often children are restarted', async () => {
  const shop = new Workshop();
  const resident = new Worker('deaf').start();
  const supervisor = await shop.supervise(['a', { id: 'resident', start: () => resident }], { intensity: 1000 });
  for (let i = 0; i < 200; i++) await shop.end('a', boom);
  expect(resident).toHaveProperty('observers.size', 1);
  expect(supervisor).toHaveProperty('observers.size', 1); // its own, see Supervisor
  expect(shop.clock).toHaveProperty('timeouts.size', 0);
  exit(supervisor, shutdown);
  resident.end(normal);
  expect(shop.clock).toHaveProperty('timeouts.size', 0);
});
