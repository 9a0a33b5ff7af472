import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { createActor, fromPromise, setup } from 'xstate';
import { exit, type Process } from './exit-signal.ts';
import { type SupervisorError, startSupervisor } from './supervisor.ts';
import { whichChildren } from './supervisor-verbs.ts';
import { boom, end, normal, shutdown, stateOf, Worker, Workshop } from './worker.fixture.ts';

const quiet = { logger: () => {} };

describe('startSupervisor', () => {
  it('starts the children one after the other, each when the one before it has started', async () => {
    const shop = new Workshop();
    const slow = Promise.withResolvers<Process>();
    const starting = shop.supervise(['a', { id: 'b', start: () => slow.promise }, 'c']);
    await setImmediate();
    expect(shop.news()).toEqual(['start a']);
    slow.resolve(shop.start('b'));
    const supervisor = await starting;
    expect(shop.news()).toEqual(['start a', 'start b', 'start c'].slice(1));
    expect(stateOf(supervisor)).toEqual({ value: 'running', children: ['a running', 'b running', 'c running'] });
    expect(supervisor.id).toBe('sup');
    expect(shop.reports).toEqual([]);
  });

  it('needs no children', async () => {
    const supervisor = await startSupervisor();
    expect(supervisor.getSnapshot().value).toBe('running');
    expect(await end(supervisor)).toEqual(shutdown);
  });

  it('is a statechart that can be watched from its first step on', async () => {
    const shop = new Workshop();
    const seen: string[] = [];
    await shop.supervise(['a'], {
      inspect: (news) => {
        if (news.type === '@xstate.event') seen.push(news.event.type);
      },
    });
    await shop.end('a', boom);
    expect(seen).toEqual(['xstate.init', 'child.started', 'child.down', 'child.started']);
  });

  it.each([
    ['throws', () => Promise.reject(new Error('no b'))],
    [
      'rejects',
      () => {
        throw new Error('no b');
      },
    ],
  ])('rejects when a start %s, after those already started have ended in reverse order', async (_, start) => {
    const shop = new Workshop();
    const error: unknown = await shop.supervise(['a', 'z', { id: 'b', start }, 'c']).catch((thrown: unknown) => thrown);
    const reason = { type: 'failedToStartChild', child: 'b', reason: { type: 'crash', error: new Error('no b') } };
    expect(error).toMatchObject({
      name: 'SupervisorError',
      code: 'failedToStartChild',
      message: 'child b could not be started: no b',
      cause: new Error('no b'),
      reason: { type: 'shutdown', reason },
    });
    expect(shop.news()).toEqual(['start a', 'start z', 'end z: shutdown', 'end a: shutdown']);
    expect(shop.events).toEqual(['supervisor.startFailed']);
  });

  it('takes an actor that crashes in its first actions for a start that has failed, and starts one that is not started', async () => {
    const uncaught = vi.fn();
    process.once('uncaughtException', uncaught);
    const fragile = setup({}).createMachine({
      entry: () => {
        throw new Error('stillborn');
      },
    });
    const children = [{ id: 'a', start: () => createActor(fragile) }];
    await expect(startSupervisor({ children, ...quiet })).rejects.toThrow('child a could not be started: stillborn');
    await setImmediate();
    await setImmediate();
    process.off('uncaughtException', uncaught);
    expect(uncaught).not.toHaveBeenCalled();
    const fine = createActor(fromPromise(() => new Promise(() => {})));
    const supervisor = await startSupervisor({ children: [{ id: 'a', start: () => fine }], ...quiet });
    expect(whichChildren(supervisor)).toEqual([{ id: 'a', state: 'running', type: 'worker', process: fine }]);
    fine.stop();
  });

  it('counts a child that has already done its work as started', async () => {
    const done = () => {
      const worker = new Worker().start();
      worker.end(normal);
      return worker;
    };
    const supervisor = await startSupervisor({ children: [{ id: 'a', start: done, restart: 'transient' }], ...quiet });
    expect(stateOf(supervisor)).toEqual({ value: 'running', children: ['a stopped'] });
  });

  it('is ready even if a child ends meanwhile: that is dealt with afterwards', async () => {
    const shop = new Workshop();
    const slow = Promise.withResolvers<Process>();
    const starting = shop.supervise(['a', { id: 'b', start: () => slow.promise }]);
    await setImmediate();
    await shop.end('a', boom);
    expect(shop.news()).toEqual(['start a', 'end a: crash']);
    slow.resolve(new Worker().start());
    const supervisor = await starting;
    await setImmediate();
    expect(stateOf(supervisor)).toEqual({ value: 'running', children: ['a running 1', 'b running'] });
    const start = (): Worker => {
      shop.worker('a').end(boom);
      return new Worker().start();
    };
    const hasty = shop.supervise(['a', { id: 'b', start }], { intensity: 0 });
    expect((await hasty).getSnapshot()).toMatchObject({
      status: 'done',
      output: { type: 'shutdown', reason: 'reachedMaxRestartIntensity' },
    });
  });

  it.each([
    ['the same id twice', TypeError, { children: [spec('__proto__'), spec('__proto__')] }],
    ['an intensity that is none', RangeError, { intensity: -1 }],
    ['a period that is none', RangeError, { period: 0 }],
    ['a shutdown that is none', RangeError, { children: [{ ...spec('a'), shutdown: -1 }] }],
  ])('rejects for %s, before anything is started', async (_, error, options) => {
    await expect(startSupervisor(options)).rejects.toBeInstanceOf(error);
  });

  it.each(['__proto__', 'constructor', 'toString', ''])(
    'takes the id %j for a name like any other (G18)',
    async (id) => {
      const shop = new Workshop();
      const supervisor = await shop.supervise([id]);
      await shop.end(id, boom);
      expect(stateOf(supervisor).children).toEqual([`${id} running 1`]);
    },
  );
});

describe('a supervisor that is asked to end', () => {
  it('ends its children in reverse order, each when the one after it has ended', async () => {
    const shop = new Workshop();
    const supervisor = await shop.supervise(['a', shop.spec('b', { manners: 'deaf' }), 'c']);
    shop.news();
    exit(supervisor, { type: 'shutdown', reason: 'deploy' });
    expect(shop.news()).toEqual(['end c: shutdown deploy']);
    expect(stateOf(supervisor)).toEqual({ value: 'stopping', children: ['a running', 'b stopping', 'c stopped'] });
    shop.worker('b').end(shutdown);
    expect(shop.news()).toEqual(['end b: shutdown enough', 'end a: shutdown deploy']);
    expect(await supervisor.exited()).toEqual({ type: 'shutdown', reason: 'deploy' });
    expect(shop.reports).toEqual([]);
  });

  it('kills who does not end in time', async () => {
    const shop = new Workshop();
    const supervisor = await shop.supervise([
      'a',
      shop.spec('b', { manners: 'deaf' }),
      shop.spec('c', { manners: 'deaf', shutdown: 100 }),
    ]);
    shop.news();
    exit(supervisor, shutdown);
    shop.clock.increment(99);
    expect(shop.news()).toEqual([]);
    shop.clock.increment(1);
    expect(shop.news()).toEqual(['end c: killed']);
    shop.clock.increment(4999);
    expect(shop.news()).toEqual([]);
    shop.clock.increment(1);
    expect(shop.news()).toEqual(['end b: killed', 'end a: shutdown enough']);
    expect(shop.events).toEqual(['supervisor.childKilled', 'supervisor.childKilled']);
  });

  it('kills without asking where that is wanted, and waits for ever where that is', async () => {
    const shop = new Workshop();
    const supervisor = await shop.supervise([
      shop.spec('a', { manners: 'deaf', shutdown: Number.POSITIVE_INFINITY }),
      shop.spec('b', { manners: 'deaf', shutdown: 'brutalKill' }),
    ]);
    exit(supervisor, shutdown);
    expect(shop.worker('b').signals.map(({ reason }) => reason.type)).toEqual(['killed']);
    shop.clock.increment(1e12);
    expect(stateOf(supervisor).children).toEqual(['a stopping', 'b stopped']);
    shop.worker('a').end(normal);
    expect(supervisor.getSnapshot().status).toBe('done');
  });

  it('is not held up by a child that throws when it is asked', async () => {
    const shop = new Workshop();
    const supervisor = await shop.supervise(['a', shop.spec('b', { manners: 'rude' }), 'c']);
    shop.news();
    expect(await end(supervisor)).toEqual(shutdown);
    expect(shop.news()).toEqual(['end c: shutdown enough', 'end b: killed', 'end a: shutdown enough']);
    expect(shop.reports).toMatchObject([{ event: 'supervisor.exitFailed', error: new Error('rude') }]);
  });

  it('reports a child that crashes on the way out, and restarts none', async () => {
    const shop = new Workshop();
    const supervisor = await shop.supervise(['a', shop.spec('b', { manners: 'deaf' })]);
    exit(supervisor, shutdown);
    shop.worker('a').end(boom); // whose turn has not come
    shop.worker('b').end(boom);
    expect(await supervisor.exited()).toEqual(shutdown);
    expect(shop.journal.filter((line) => line.startsWith('start'))).toHaveLength(2);
    expect(shop.events).toEqual(['supervisor.childCrashed', 'supervisor.childCrashed']);
  });

  it('ignores normal, and takes the first reason of several', async () => {
    const shop = new Workshop();
    const supervisor = await shop.supervise([shop.spec('a', { manners: 'deaf' })]);
    exit(supervisor, normal);
    expect(supervisor.getSnapshot().value).toBe('running');
    exit(supervisor, boom);
    exit(supervisor, shutdown);
    shop.worker('a').end(normal);
    expect(await supervisor.exited()).toEqual(boom);
    expect(shop.worker('a').signals.map(({ reason }) => reason)).toEqual([{ type: 'shutdown', reason: boom }]);
  });

  it.each(['killed', 'stopped by xstate'])('leaves nobody behind when it is %s, and does so at once', async (how) => {
    const shop = new Workshop();
    const children = ['a', shop.spec('b', { manners: 'deaf' }), shop.spec('c', { manners: 'rude' })];
    const supervisor = await shop.supervise(children);
    shop.news();
    if (how === 'killed') exit(supervisor, { type: 'killed' });
    else supervisor.stop();
    expect(shop.news()).toEqual(['end c: killed', 'end b: killed', 'end a: killed']);
    expect(await supervisor.exited()).toEqual({ type: 'killed' });
    expect(shop.events).toEqual(['supervisor.exitFailed']);
  });
});

it('says so when it was made to end before all of its children had started', async () => {
  const shop = new Workshop();
  const suicidal: Process[] = [];
  const starting = shop.supervise(['a', { id: 'b', start: () => new Promise(() => {}) }], {
    inspect: ({ actorRef }) => {
      if (suicidal.length === 0 && isProcess(actorRef)) suicidal.push(actorRef);
    },
  });
  const failure = starting.catch((error: SupervisorError) => error);
  await setImmediate();
  for (const supervisor of suicidal) exit(supervisor, shutdown);
  shop.clock.increment(5000);
  expect(await failure).toMatchObject({ name: 'SupervisorError', code: 'ended', reason: shutdown });
  expect(shop.news()).toEqual(['start a', 'end a: shutdown enough']);
});

function spec(id: string) {
  return { id, start: () => new Worker().start() };
}

const isProcess = (value: object): value is Process => 'exit' in value;
