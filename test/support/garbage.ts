import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');

/** Let the collector run until what can go has gone; fewer rounds leave some of what others still hold on to. */
export async function collectGarbage(rounds = 4): Promise<void> {
  for (let i = 0; i < rounds; i++) {
    await setImmediate();
    await setImmediate();
    if (typeof collect === 'function') collect();
  }
}

/** MiB in use after a collection, on the heap and beside it. */
export async function mebibytesUsed(): Promise<number> {
  await collectGarbage();
  const { heapUsed, arrayBuffers, external } = process.memoryUsage();
  return (heapUsed + arrayBuffers + external) / 2 ** 20;
}
