import { startDynamicSupervisor, startSupervisor, terminateChild } from '@genws/actor';
import { stop } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { createActor, createMachine } from 'xstate';
import type { TreeNode } from '../protocol.ts';
import { createServer, crowd, quiet, sourcesOf, startQuiet } from '../session.fixture.ts';
import { treesOf } from './tree.ts';

const logger = (): void => {};
const none = (): number => 0;

/** A process that lives until it is stopped, or fails when it is told to. */
const startWorker = (id?: string) =>
  createActor(
    createMachine({
      on: {
        fail: {
          actions: () => {
            throw new Error('as I was told');
          },
        },
      },
    }),
    id === undefined ? {} : { id },
  ).start();

/** A tree as text: names, kinds, states other than `running`, restarts, and how many children there are. */
function drawn(nodes: readonly TreeNode[], indent = ''): string[] {
  return nodes.flatMap(({ name, kind, state, restarts, count, children }) => [
    [
      `${indent}${name} ${kind}`,
      ...(state === 'running' ? [] : [state]),
      ...(restarts === 0 ? [] : [`restarted ${restarts}`]),
      ...(count === children.length ? [] : [`${count} children`]),
    ].join(' '),
    ...drawn(children, `${indent}  `),
  ]);
}

const idsIn = (nodes: readonly TreeNode[]): string[] => nodes.flatMap(({ id, children }) => [id, ...idsIn(children)]);

describe('supervision trees', () => {
  it('are drawn from their roots: supervisors, servers, their sessions, and workers', async () => {
    const server = createServer();
    const session = server.add(startQuiet());
    const supervisor = await startSupervisor({
      id: 'app',
      logger,
      children: [
        { id: 'server', start: () => server },
        { id: 'inner', start: () => startSupervisor({ id: 'deep', logger }) },
        { id: 'clock', start: () => startWorker() },
      ],
    });
    const trees = treesOf(sourcesOf({ servers: { main: server }, supervisors: [supervisor] }), none);
    expect(drawn(trees)).toEqual([
      'app supervisor',
      '  main server',
      `    ${server.sessions.id} dynamic`,
      `      ${session.id} session`,
      '  inner supervisor',
      '  clock worker',
    ]);
  });

  it('of servers that no supervisor holds stand beside the others', async () => {
    const [one, other] = [createServer(), createServer()];
    const supervisor = await startSupervisor({ id: 'app', logger, children: [{ id: 'one', start: () => one }] });
    const trees = treesOf(sourcesOf({ servers: { one, other }, supervisors: [supervisor] }), none);
    expect(trees.map(({ name, kind }) => `${name} ${kind}`)).toEqual(['app supervisor', 'other server']);
  });

  it('J13: list 50 children of 1,000, and count all', () => {
    const server = createServer();
    crowd(server, 1000);
    const [tree] = treesOf(sourcesOf({ servers: { main: server } }), none);
    const [sessions] = tree?.children ?? [];
    expect([sessions?.kind, sessions?.count, sessions?.children.length]).toEqual(['dynamic', 1000, 50]);
  });

  it('list 50 children of a supervisor, too', async () => {
    const children = Array.from({ length: 60 }, (_, index) => ({ id: `w${index}`, start: () => startWorker() }));
    const supervisor = await startSupervisor({ logger, children });
    const [tree] = treesOf(sourcesOf({ supervisors: [supervisor] }), none);
    expect([tree?.count, tree?.children.length]).toEqual([60, 50]);
  });

  it('show who is down, who is about to be started again, and what has stopped', async () => {
    let slow = false;
    const again = () => (slow ? new Promise<never>(() => {}) : startSupervisor({ logger }));
    const supervisor = await startSupervisor({
      id: 'app',
      logger,
      children: [
        { id: 'works', start: () => startWorker() },
        { id: 'rests', start: () => startWorker() },
        { id: 'again', start: again },
      ],
    });
    const children = () => treesOf(sourcesOf({ supervisors: [supervisor] }), none);
    await terminateChild(supervisor, 'rests');
    slow = true;
    for (const { id, process } of supervisor.whichChildren()) if (id === 'again') process?.stop();
    await quiet();
    expect(drawn(children())).toEqual([
      'app supervisor',
      '  works worker',
      '  rests worker stopped',
      '  again supervisor restarting',
    ]);
    supervisor.stop();
    expect(drawn(children())[0]).toBe('app supervisor stopped');
  });

  it('tell how often each supervisor has started a child again', async () => {
    const children = [{ id: 'worker', start: () => startWorker() }];
    const inner = () => startSupervisor({ id: 'inner', logger, children });
    const outer = await startSupervisor({
      id: 'outer',
      logger,
      children: [...children, { id: 'inner', start: inner }],
    });
    const restarts = new Map([
      ['outer worker', 3],
      ['inner worker', 2],
      ['outer inner', 1],
    ]);
    const trees = treesOf(
      sourcesOf({ supervisors: [outer] }),
      (supervisor, child) => restarts.get(`${supervisor} ${child}`) ?? 0,
    );
    expect(drawn(trees)).toEqual([
      'outer supervisor',
      '  worker worker restarted 3',
      '  inner supervisor restarted 1',
      '    worker worker restarted 2',
    ]);
  });
});

describe('the ids in a tree', () => {
  it('of sessions are their own', () => {
    const server = createServer();
    const session = server.add(startQuiet());
    expect(idsIn(treesOf(sourcesOf({ servers: { main: server } }), none)).at(-1)).toBe(session.id);
  });

  it('are unique, whatever processes are called', async () => {
    const rooms = startDynamicSupervisor({ id: 'rooms', logger });
    for (const id of ['room', 'room', 'room', 'room%2', 'a/b']) rooms.startChild(() => startWorker(id));
    const inner = await startSupervisor({ logger, children: [{ id: 'b', start: () => startWorker() }] });
    const supervisor = await startSupervisor({
      logger,
      children: [
        { id: 'a/b', start: () => startWorker() },
        { id: 'a', start: () => inner },
        { id: 'rooms', start: () => rooms },
      ],
    });
    const nameless = { getSnapshot: () => rooms.getSnapshot(), subscribe: () => ({ unsubscribe() {} }), stop() {} };
    for (let count = 0; count < 2; count++) rooms.startChild(() => ({ ...nameless }));
    const ids = idsIn(treesOf(sourcesOf({ supervisors: [supervisor, supervisor] }), none));
    expect(ids).toHaveLength(24);
    expect(new Set(ids).size).toBe(24);
  });

  it('stay the same while nothing changes but their state', async () => {
    const server = createServer();
    const session = server.add(startQuiet());
    const sources = sourcesOf({ servers: { main: server } });
    const before = idsIn(treesOf(sources, none));
    stop(session);
    expect(idsIn(treesOf(sources, none))).toEqual(before);
  });
});
