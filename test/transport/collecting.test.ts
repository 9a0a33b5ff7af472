import { constants, PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { expectNoStrayErrors } from '../support/stray-errors.ts';
import { type NearSide, tcpPair } from './socket-pairs.ts';

const mebibyte = 1024 * 1024;
const mebibytes = 1024;

expectNoStrayErrors();

const kindOf = (entry: object): unknown => {
  const detail: unknown = 'detail' in entry ? entry.detail : undefined;
  return typeof detail === 'object' && detail !== null && 'kind' in detail ? detail.kind : undefined;
};

/** How often V8 collects its young space, and its whole heap, while something runs. */
async function collections(run: () => Promise<void>): Promise<{ young: number; whole: number }> {
  const kinds: unknown[] = [];
  const observer = new PerformanceObserver((list) => kinds.push(...list.getEntries().map(kindOf)));
  observer.observe({ entryTypes: ['gc'] });
  await run();
  await setImmediate();
  kinds.push(...observer.takeRecords().map(kindOf));
  observer.disconnect();
  const count = (kind: number): number => kinds.filter((other) => other === kind).length;
  return { young: count(constants.NODE_PERFORMANCE_GC_MINOR), whole: count(constants.NODE_PERFORMANCE_GC_MAJOR) };
}

/** Read all that the peer sends, and look at none of it. */
async function receive(side: NearSide): Promise<void> {
  const { near, far, close } = await tcpPair(side);
  const received = new Promise<void>((resolve) => {
    let left = mebibytes * mebibyte;
    near.handOver((event) => {
      if (event.type === 'transport.data') left -= event.bytes.length;
      if (left === 0) resolve();
    });
  });
  near.activate(Number.POSITIVE_INFINITY);
  const bytes = new Uint8Array(mebibyte);
  for (let i = 0; i < mebibytes; i++) await far.write(bytes);
  await received;
  near.abort();
  await close?.();
}

describe('what a socket has read, and nobody has any more', () => {
  it.each<NearSide>(['server', 'client'])('is collected before V8 marks its whole heap for it: a %s', async (side) => {
    const { young, whole } = await collections(() => receive(side));
    expect(young).toBeGreaterThan(mebibytes / 64);
    expect(whole).toBeLessThan(mebibytes / 256);
  });
});
