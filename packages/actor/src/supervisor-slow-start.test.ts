import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { exit, type Process } from './exit-signal.ts';
import { boom, type Manners, normal, shutdown, stateOf, Workshop } from './worker.fixture.ts';

describe('a child whose start takes its time', () => {
  it('is waited for when the supervisor is to end, and ended first', async () => {
    const { shop, supervisor, late } = await restartSlowly();
    exit(supervisor, shutdown);
    await setImmediate();
    expect(stateOf(supervisor)).toEqual({
      value: { restarting: 'starting' },
      children: ['a running', 'b starting', 'c running'],
    });
    late.resolve(shop.start('b'));
    expect(await supervisor.exited()).toEqual(shutdown);
    expect(shop.news().slice(1)).toEqual(['c', 'b', 'a'].map((id) => `end ${id}: shutdown enough`));
  });

  it('is given up when that takes longer than its shutdown, and killed when it comes after all', async () => {
    const { shop, supervisor, late } = await restartSlowly();
    exit(supervisor, shutdown);
    shop.clock.increment(4999);
    expect(shop.news()).toEqual([]);
    shop.clock.increment(1);
    expect(shop.news()).toEqual(['end c: shutdown enough', 'end a: shutdown enough']);
    expect(await supervisor.exited()).toEqual(shutdown);
    late.resolve(shop.start('b'));
    await setImmediate();
    expect(shop.news()).toEqual(['start b', 'end b: killed']);
  });

  it('is killed when it comes while the others are still ending', async () => {
    const { shop, supervisor, late } = await restartSlowly('deaf');
    exit(supervisor, shutdown);
    await shop.pass(5000);
    expect(stateOf(supervisor).value).toBe('stopping');
    late.resolve(shop.start('b'));
    await setImmediate();
    expect(shop.news()).toEqual(['start b', 'end b: killed']);
    shop.worker('c').end(normal);
    expect(await supervisor.exited()).toEqual(shutdown);
  });

  it('is ended even if it throws then', async () => {
    const { shop, supervisor, late } = await restartSlowly('deaf');
    exit(supervisor, shutdown);
    await shop.pass(5000);
    late.resolve(shop.start('b', 'rude'));
    await setImmediate();
    expect([shop.has('b'), shop.events.at(-1)]).toEqual([false, 'supervisor.exitFailed']);
    shop.worker('c').end(normal);
    expect(await supervisor.exited()).toEqual(shutdown);
  });

  it('is killed when the supervisor was killed meanwhile', async () => {
    const { shop, supervisor, late } = await restartSlowly();
    exit(supervisor, { type: 'killed' });
    late.resolve(shop.start('b'));
    await setImmediate();
    expect(shop.news()).toEqual(['end c: killed', 'end a: killed', 'start b', 'end b: killed']);
  });
});

/** A supervisor whose child b has ended and is being started again. */
async function restartSlowly(manners: Manners = 'polite') {
  const shop = new Workshop();
  const late = Promise.withResolvers<Process>();
  const starts = [() => shop.start('b'), () => late.promise];
  const supervisor = await shop.supervise([
    'a',
    { id: 'b', start: () => starts.shift()?.() ?? shop.start('b') },
    shop.spec('c', { manners }),
  ]);
  await shop.end('b', boom);
  shop.news();
  return { shop, supervisor, late };
}
