import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createActor, fromCallback } from 'xstate';
import { startDynamicSupervisor } from './dynamic-supervisor.ts';
import { exit, type Process } from './exit-signal.ts';
import { startSupervisor } from './supervisor.ts';
import {
  countChildren,
  deleteChild,
  getChildspec,
  restartChild,
  startChild,
  terminateChild,
  whichChildren,
} from './supervisor-verbs.ts';
import { boom, normal, shutdown, stateOf, Worker, Workshop } from './worker.fixture.ts';

async function startShop() {
  const shop = new Workshop();
  const children = ['a', shop.spec('b', { restart: 'transient' }), shop.spec('c', { restart: 'temporary' })];
  const supervisor = await shop.supervise(children, { intensity: 3 });
  shop.news();
  return { shop, supervisor };
}

describe('whichChildren, countChildren and getChildspec', () => {
  it('tell of the children in the order of their start', async () => {
    const { shop, supervisor } = await startShop();
    expect(whichChildren(supervisor)).toEqual([
      { id: 'a', state: 'running', type: 'worker', process: shop.worker('a') },
      { id: 'b', state: 'running', type: 'worker', process: shop.worker('b') },
      { id: 'c', state: 'running', type: 'worker', process: shop.worker('c') },
    ]);
    await shop.end('b', normal);
    await shop.end('c', normal);
    expect(whichChildren(supervisor)[1]).toEqual({ id: 'b', state: 'stopped', type: 'worker', process: undefined });
    expect(countChildren(supervisor)).toEqual({ specs: 2, active: 1, supervisors: 0, workers: 2 });
  });

  it('count supervisors among the children, even when they have ended', async () => {
    const supervisor = await startSupervisor({
      children: [
        { id: 'a', start: () => startSupervisor() },
        { id: 'b', start: () => startDynamicSupervisor() },
        spec('c'),
      ],
    });
    await terminateChild(supervisor, 'a');
    expect(countChildren(supervisor)).toEqual({ specs: 3, active: 2, supervisors: 2, workers: 1 });
    exit(supervisor, shutdown);
  });

  it('give back the spec as it was given', async () => {
    const mine = { ...spec('a'), shutdown: 17 };
    const supervisor = await startSupervisor({ children: [mine] });
    expect(getChildspec(supervisor, 'a')).toEqual({ ok: true, spec: mine });
    expect(getChildspec(supervisor, 'toString')).toEqual({ ok: false, code: 'notFound' });
    exit(supervisor, shutdown);
    expect(getChildspec(supervisor, 'a')).toEqual({ ok: false, code: 'notFound' });
    expect(whichChildren(supervisor)).toEqual([]);
  });
});

describe('startChild', () => {
  it('starts one more, as the last', async () => {
    const { shop, supervisor } = await startShop();
    expect(await startChild(supervisor, shop.spec('d'))).toEqual({ ok: true, child: shop.worker('d') });
    await shop.end('d', boom);
    expect(stateOf(supervisor).children.slice(-1)).toEqual(['d running 1']);
    shop.news();
    exit(supervisor, shutdown);
    expect(shop.news()).toEqual(['d', 'c', 'b', 'a'].map((id) => `end ${id}: shutdown enough`));
  });

  it('does not start a child of a name that is taken: alreadyStarted, or alreadyPresent', async () => {
    const { shop, supervisor } = await startShop();
    expect(await startChild(supervisor, shop.spec('a'))).toEqual({
      ok: false,
      code: 'alreadyStarted',
      child: shop.worker('a'),
    });
    await terminateChild(supervisor, 'a');
    expect(await startChild(supervisor, shop.spec('a'))).toEqual({ ok: false, code: 'alreadyPresent' });
    expect(shop.news()).toEqual(['end a: shutdown terminateChild']);
  });

  it('has no such child when its start fails, and that counts as no restart', async () => {
    const { shop, supervisor } = await startShop();
    shop.sabotage('d', 1);
    expect(await startChild(supervisor, shop.spec('d'))).toEqual({
      ok: false,
      code: 'failedToStartChild',
      reason: { type: 'crash', error: new Error('no d') },
    });
    expect(stateOf(supervisor)).toEqual({ value: 'running', children: ['a running', 'b running', 'c running'] });
    expect(supervisor.getSnapshot().context.restarts).toEqual([]);
    expect(await startChild(supervisor, shop.spec('d'))).toMatchObject({ ok: true });
  });

  it.each([
    ['TypeError', TypeError, { id: 'x', start: () => new Worker(), restart: 'sometimes' }],
    ['RangeError', RangeError, { id: 'x', start: () => new Worker(), shutdown: Number.NaN }],
  ])('rejects with %s for what is no child spec', async (_, error, wrong) => {
    const { supervisor } = await startShop();
    await expect(Reflect.apply(startChild, undefined, [supervisor, wrong])).rejects.toBeInstanceOf(error);
  });
});

describe('terminateChild', () => {
  it('ends a child, which is not restarted, but stays known', async () => {
    const { shop, supervisor } = await startShop();
    expect(await terminateChild(supervisor, 'a')).toEqual({ ok: true });
    expect(shop.news()).toEqual(['end a: shutdown terminateChild']);
    expect(stateOf(supervisor).children[0]).toBe('a stopped');
    expect(await terminateChild(supervisor, 'a')).toEqual({ ok: true });
  });

  it('forgets a temporary child', async () => {
    const { supervisor } = await startShop();
    expect(await terminateChild(supervisor, 'c')).toEqual({ ok: true });
    expect(await terminateChild(supervisor, 'c')).toEqual({ ok: false, code: 'notFound' });
  });

  it('answers when the child has ended, killed if need be; meanwhile other requests wait their turn', async () => {
    const shop = new Workshop();
    const supervisor = await shop.supervise([shop.spec('a', { manners: 'deaf', shutdown: 100 }), 'b']);
    const answers: string[] = [];
    terminateChild(supervisor, 'a').then(() => answers.push('a'));
    terminateChild(supervisor, 'b').then(() => answers.push('b'));
    shop.worker('b').end(boom); // taken up later as well, and before the second request has been
    await setImmediate();
    expect([answers, stateOf(supervisor).value]).toEqual([[], { changing: 'ending' }]);
    await shop.pass(100);
    await setImmediate();
    expect(answers).toEqual(['a', 'b']);
    expect(stateOf(supervisor)).toEqual({ value: 'running', children: ['a stopped', 'b stopped'] });
  });

  it('calls off the next attempt at a restart', async () => {
    const { shop, supervisor } = await startShop();
    shop.sabotage('a', 1);
    await shop.end('a', boom);
    expect(await terminateChild(supervisor, 'a')).toEqual({ ok: true });
    await shop.pass(0);
    expect(stateOf(supervisor).children[0]).toBe('a stopped');
    expect(shop.has('a')).toBe(false);
  });
});

describe('restartChild', () => {
  it('starts a child that has ended, with its old spec; that is no restart by the supervisor', async () => {
    const { shop, supervisor } = await startShop();
    await shop.end('b', normal);
    expect(await restartChild(supervisor, 'b')).toEqual({ ok: true, child: shop.worker('b') });
    expect(stateOf(supervisor).children[1]).toBe('b running');
    expect(supervisor.getSnapshot().context.restarts).toEqual([]);
  });

  it('answers running, restarting, notFound, or how the start has failed', async () => {
    const { shop, supervisor } = await startShop();
    expect(await restartChild(supervisor, 'a')).toEqual({ ok: false, code: 'running' });
    expect(await restartChild(supervisor, '__proto__')).toEqual({ ok: false, code: 'notFound' });
    shop.sabotage('a', 2);
    await shop.end('a', boom);
    expect(await restartChild(supervisor, 'a')).toEqual({ ok: false, code: 'restarting' });
    await terminateChild(supervisor, 'a');
    expect(await restartChild(supervisor, 'a')).toMatchObject({ ok: false, code: 'failedToStartChild' });
    expect(stateOf(supervisor).children[0]).toBe('a stopped');
  });
});

describe('deleteChild', () => {
  it('forgets a child that has ended, and no other', async () => {
    const { shop, supervisor } = await startShop();
    expect(await deleteChild(supervisor, 'b')).toEqual({ ok: false, code: 'running' });
    shop.sabotage('a', 1);
    await shop.end('a', boom);
    expect(await deleteChild(supervisor, 'a')).toEqual({ ok: false, code: 'restarting' });
    await shop.end('b', normal);
    expect(await deleteChild(supervisor, 'b')).toEqual({ ok: true });
    expect(await deleteChild(supervisor, 'b')).toEqual({ ok: false, code: 'notFound' });
    expect(await startChild(supervisor, shop.spec('b'))).toMatchObject({ ok: true });
  });
});

describe('a supervisor that is gone, or goes', () => {
  const requests = {
    startChild: (supervisor: Process) => startChild(supervisor, spec('x')),
    restartChild: (supervisor: Process) => restartChild(supervisor, 'a'),
    terminateChild: (supervisor: Process) => terminateChild(supervisor, 'a'),
    deleteChild: (supervisor: Process) => deleteChild(supervisor, 'a'),
  };

  it.each(Object.entries(requests))('answers noproc to %s, and nothing keeps waiting', async (_, ask) => {
    const shop = new Workshop();
    const supervisor = await shop.supervise([shop.spec('a', { manners: 'deaf' })]);
    exit(supervisor, shutdown);
    const answer = ask(supervisor);
    shop.worker('a').end(normal);
    expect(await answer).toEqual({ ok: false, code: 'noproc' });
    expect(await ask(supervisor)).toEqual({ ok: false, code: 'noproc' });
  });
});

describe('a process that is no supervisor', () => {
  it('answers as one without children', async () => {
    const process = createActor(fromCallback(() => {})).start();
    expect(whichChildren(process)).toEqual([]);
    expect(countChildren(process)).toEqual({ specs: 0, active: 0, supervisors: 0, workers: 0 });
    expect(getChildspec(process, 'a')).toEqual({ ok: false, code: 'notFound' });
    expect(await startChild(process, spec('a'))).toEqual({ ok: false, code: 'startChildDisabled' });
    for (const ask of [terminateChild, restartChild, deleteChild])
      expect(await ask(process, 'a')).toEqual({ ok: false, code: 'notFound' });
  });
});

describe('a dynamic supervisor', () => {
  it('answers whichChildren and countChildren, and ends a child that is named by itself', async () => {
    const supervisor = startDynamicSupervisor<Worker>();
    const [a, b] = [1, 2].map(() => supervisor.startChild(() => new Worker().start()));
    expect(whichChildren(supervisor)).toEqual(
      [a, b].map((process) => ({ id: undefined, state: 'running', type: 'worker', process })),
    );
    if (a === undefined) throw new Error('no child');
    expect(await terminateChild(supervisor, a)).toEqual({ ok: true });
    expect(await terminateChild(supervisor, a)).toEqual({ ok: false, code: 'notFound' });
    expect(a.signals.map(({ reason }) => reason)).toEqual([{ type: 'shutdown', reason: 'terminateChild' }]);
    expect(countChildren(supervisor)).toEqual({ specs: 1, active: 1, supervisors: 0, workers: 1 });
  });

  it('answers simpleOneForOne to what its children have no names for', async () => {
    const supervisor = startDynamicSupervisor();
    const answers = [
      await startChild(supervisor, spec('a')),
      await terminateChild(supervisor, 'a'),
      await restartChild(supervisor, 'a'),
      await deleteChild(supervisor, 'a'),
    ];
    expect(answers).toEqual(Array(4).fill({ ok: false, code: 'simpleOneForOne' }));
    expect(getChildspec(supervisor, 'a')).toEqual({ ok: false, code: 'notFound' });
  });
});

function spec(id: string) {
  return { id, start: () => new Worker().start() };
}
