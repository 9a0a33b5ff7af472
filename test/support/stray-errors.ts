import { afterAll, beforeAll, expect } from 'vitest';

/** Fails the file in which it is called when an error has escaped while its tests ran: thrown or rejected, and not caught. */
export function expectNoStrayErrors(): void {
  const stray: unknown[] = [];
  const note = (error: unknown): void => {
    stray.push(error);
  };
  beforeAll(() => {
    process.on('uncaughtExceptionMonitor', note).on('unhandledRejection', note);
  });
  afterAll(() => {
    process.off('uncaughtExceptionMonitor', note).off('unhandledRejection', note);
    expect(stray).toEqual([]);
  });
}
