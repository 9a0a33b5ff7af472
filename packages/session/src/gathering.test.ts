import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { flushSoon, Gathering } from './gathering.ts';

/** Turns of sessions that take as long as is said, ms, and whether their output was gathered. */
function createTurns() {
  const gathering = new Gathering();
  const left: string[] = [];
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const turn = (name: string, ms: number): boolean => {
    now += ms;
    const gathered = gathering.add({ flush: () => left.push(name) });
    if (!gathered) left.push(name);
    return gathered;
  };
  return { left, turn };
}

afterEach(() => void vi.restoreAllMocks());

describe('output that is gathered', () => {
  it('leaves at the end of the iteration, the last first', async () => {
    const { left, turn } = createTurns();
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    for (const name of names) expect(turn(name, 0.01)).toBe(true);
    await Promise.resolve();
    expect(left).toEqual([]);
    await setImmediate();
    expect(left).toEqual(names.toReversed());
    expect(turn('next', 0.01)).toBe(true);
  });

  it('does not wait for the timers that a test has put in place', async () => {
    const { left, turn } = createTurns();
    vi.useFakeTimers();
    turn('a', 0);
    vi.useRealTimers();
    await setImmediate();
    expect(left).toEqual(['a']);
  });

  it('of very many leaves together where turns are short', async () => {
    const { left, turn } = createTurns();
    for (let n = 0; n < 1000; n++) turn(`${n}`, 0.05);
    expect(left).toEqual([]);
    await setImmediate();
    expect(left).toHaveLength(1000);
  });

  it('leaves with the fourth turn at the latest where turns are long', () => {
    const { left, turn } = createTurns();
    for (const name of ['a', 'b', 'c']) turn(name, 5);
    expect(left).toEqual([]);
    turn('d', 5);
    expect(left).toEqual(['d', 'c', 'b', 'a']);
  });

  it.each([
    ['an iteration with long turns', [0, 0, 0, 0, 0, 0, 0, 0, 5]],
    ['one in which there were few', [0, 0, 0, 0, 0, 0, 0]],
  ])('does not wait after %s, until it is tried again', async (_, turns) => {
    const { left, turn } = createTurns();
    for (const [n, ms] of turns.entries()) turn(`${n}`, ms);
    await setImmediate();
    expect(left.splice(0)).toHaveLength(turns.length);
    const gathered = Array.from({ length: 33 }, (_, n) => turn(`${n}`, 0.01));
    expect(gathered).toEqual([...Array.from({ length: 32 }, () => false), true]);
    expect(left).toHaveLength(32);
  });
});

describe('output from elsewhere', () => {
  it('leaves in the next microtask, that of all together', async () => {
    const left: string[] = [];
    const output = (name: string) => ({ flush: () => left.push(name) });
    for (const name of ['a', 'b']) flushSoon(output(name));
    expect(left).toEqual([]);
    await Promise.resolve();
    expect(left).toEqual(['b', 'a']);
  });
});
