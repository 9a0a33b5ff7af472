import { describe, expect, it } from 'vitest';
import { runAs, runningActor } from './running.ts';

describe('runAs', () => {
  const [first, second] = [{ name: 'first' }, { name: 'second' }];

  it('says whose code runs, as long as it runs, and returns what it returns', () => {
    expect(runningActor()).toBeUndefined();
    expect(runAs(first, () => runningActor())).toBe(first);
    expect(runningActor()).toBeUndefined();
  });

  it('returns to the outer actor when the inner one is done', () => {
    const seen: unknown[] = [];
    runAs(first, () => {
      runAs(second, () => seen.push(runningActor()));
      seen.push(runningActor());
    });
    expect(seen).toEqual([second, first]);
  });

  it('ends when the code throws, and throws the same', () => {
    const error = new Error('boom');
    const fail = (): never => {
      throw error;
    };
    expect(() => runAs(first, () => runAs(second, fail))).toThrow(error);
    expect(runningActor()).toBeUndefined();
  });

  it('covers no code after an await', async () => {
    const later = runAs(first, async () => {
      await Promise.resolve();
      return runningActor();
    });
    expect(await later).toBeUndefined();
  });
});
