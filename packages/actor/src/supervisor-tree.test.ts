import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { exit, type Process } from './exit-signal.ts';
import { startSupervisor } from './supervisor.ts';
import { whichChildren } from './supervisor-verbs.ts';
import { shutdown, Workshop } from './worker.fixture.ts';

describe('a supervisor as a child', () => {
  it('is known as one, and given all the time it needs', async () => {
    const shop = new Workshop();
    const child = { id: 'inner', start: () => shop.supervise([shop.spec('a', { manners: 'deaf', shutdown: 1e9 })]) };
    const root = await shop.supervise([child, 'b']);
    expect(whichChildren(root).map(({ id, type }) => [id, type])).toEqual([
      ['inner', 'supervisor'],
      ['b', 'worker'],
    ]);
    exit(root, shutdown);
    await shop.pass(1e9 - 1);
    expect(root.getSnapshot().value).toBe('stopping');
    await shop.pass(1);
    expect(root.getSnapshot().output).toEqual(shutdown);
    expect(shop.has('a')).toBe(false);
  });

  it('takes its children with it when it is killed, and is restarted with new ones', async () => {
    const shop = new Workshop();
    const root = await shop.supervise([{ id: 'inner', start: () => shop.supervise(['a', 'b']) }]);
    shop.news();
    const [inner] = whichChildren(root);
    if (inner?.process !== undefined) exit(inner.process, { type: 'killed' });
    await setImmediate();
    expect(shop.news()).toEqual(['end b: killed', 'end a: killed', 'start a', 'start b']);
  });

  it('that cannot start is a start that has failed, with what it says as error', async () => {
    const inner = () => startSupervisor({ children: [{ id: 'a', start: (): Process => fail() }], logger: () => {} });
    const failing = startSupervisor({ children: [{ id: 'inner', start: inner }], logger: () => {} });
    await expect(failing).rejects.toMatchObject({
      message: 'child inner could not be started: child a could not be started: no way',
      cause: { code: 'failedToStartChild', cause: new Error('no way') },
    });
  });
});

function fail(): never {
  throw new Error('no way');
}
