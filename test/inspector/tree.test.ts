import { createGroup, deliver, join, startSupervisor } from 'genws';
import { describe, expect, it } from 'vitest';
import { createActor, createMachine } from 'xstate';
import { startInspected } from '../support/inspected.ts';
import type { Node } from '../support/live-page.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';

expectNoStrayErrors();

const logger = (): void => {};

/** A process that fails when it is told to. */
const startWorker = () => {
  const worker = createActor(
    createMachine({
      on: {
        fail: {
          actions: () => {
            throw new Error('the disk is full');
          },
        },
      },
    }),
  );
  worker.subscribe({ error: () => {} });
  return worker.start();
};

const find = (nodes: readonly Node[] = [], name: string): Node | undefined => {
  for (const node of nodes) {
    const found = node.name === name ? node : find(node.children, name);
    if (found !== undefined) return found;
  }
  return undefined;
};

describe('the inspector', () => {
  it('shows the supervision tree: a worker that fails, with its stack, and its restart', async () => {
    let worker = startWorker();
    await using inspected = await startInspected();
    const supervisor = await startSupervisor({
      id: 'app',
      logger,
      children: [
        { id: 'disk', start: () => (worker = startWorker()) },
        { id: 'server', start: () => inspected.server },
      ],
    });
    await using watched = await startInspected(
      {},
      {
        servers: { main: inspected.server },
        supervisors: [supervisor],
        redact: (value) => value,
      },
    );
    const { session } = await inspected.peer();
    await using page = await watched.page();
    page.watch('tree');
    const roots = await page.until(({ tree }) => tree?.roots);
    expect(roots.map(({ name, kind }) => [name, kind])).toEqual([['app', 'supervisor']]);
    expect(find(roots, 'main')).toMatchObject({ kind: 'server', state: 'running', restarts: 0 });
    expect(find(roots, session.id)).toMatchObject({ kind: 'session', id: session.id });
    expect(find(roots, 'disk')).toMatchObject({ kind: 'worker', state: 'running', restarts: 0 });

    worker.send({ type: 'fail' });
    const { roots: after, crashes } = await page.until(({ tree }) =>
      find(tree?.roots, 'disk')?.restarts ? tree : undefined,
    );
    expect(find(after, 'disk')).toMatchObject({ state: 'running', restarts: 1 });
    expect(crashes).toMatchObject([
      {
        event: 'supervisor.childCrashed',
        text: 'disk ended: the disk is full',
        stack: expect.stringMatching(/^Error: the disk is full\n {4}at .*tree\.test\.ts/),
      },
    ]);
    supervisor.stop();
  });

  it('shows the crash of a session', async () => {
    await using inspected = await startInspected({}, { redact: (value) => value });
    const { session, say } = await inspected.peer();
    await using page = await inspected.page();
    page.watch('tree');
    say('fail, please');
    const [crash] = await page.until(({ tree }) => (tree?.crashes.length ? tree.crashes : undefined));
    expect(crash).toMatchObject({
      event: 'session.crashed',
      text: 'handleIn failed: fail, please',
      stack: expect.stringContaining('inspected.ts'),
    });
    await session.exited();
  });

  it('shows crashes of before it was looked at, to each page', async () => {
    await using inspected = await startInspected();
    deliver(logger, { level: 'error', event: 'app.failed', text: 'too bad' });
    for (let count = 0; count < 2; count++) {
      await using page = await inspected.page();
      page.watch('tree');
      const crashes = await page.until(({ tree }) => tree?.crashes);
      expect(crashes).toMatchObject([{ event: 'app.failed', text: 'too bad' }]);
    }
  });

  it('shows groups with their members, as they come and go', async () => {
    const group = createGroup<string>();
    await using inspected = await startInspected({}, { groups: { lobby: group } });
    const { session } = await inspected.peer();
    await using page = await inspected.page();
    page.watch('groups');
    expect(await page.until(({ groups }) => groups)).toEqual([{ name: 'lobby', size: 0, members: [] }]);
    for (const member of inspected.server.sessions.children()) join(group, member);
    expect(await page.until(({ groups }) => (groups?.[0]?.size ? groups : undefined))).toEqual([
      { name: 'lobby', size: 1, members: [session.id] },
    ]);
    session.stop();
    expect(await page.until(({ groups }) => (groups?.[0]?.size === 0 ? 'empty' : undefined))).toBe('empty');
  });

  it('shows how the process is', async () => {
    await using inspected = await startInspected();
    await inspected.peer();
    await using page = await inspected.page();
    page.watch('runtime');
    const sample = await page.until(({ runtime }) => runtime);
    expect(sample).toMatchObject({ sessions: 1, connections: expect.any(Number) });
    expect(Object.values(sample).filter((value) => !Number.isFinite(value) || value < 0)).toEqual([]);
    await inspected.peer();
    expect(await page.until(({ runtime }) => (runtime?.connections ? runtime.sessions : undefined))).toBe(2);
  });
});
