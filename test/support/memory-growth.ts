import { setImmediate } from 'node:timers/promises';
import { collectGarbage } from './garbage.ts';

/** Bytes in use beyond what was in use before. */
export interface MemoryGrowth {
  /** Objects. */
  readonly heap: number;
  /** What buffers hold, beside the heap. */
  readonly external: number;
  /** Of the whole process, with what has not been collected. */
  readonly resident: number;
}

/** Measures what is held at some moments, after a collection. */
export class MemoryMeter {
  readonly #before = process.memoryUsage();

  private constructor() {}

  /** Begin to measure. */
  static async start(): Promise<MemoryMeter> {
    await collectGarbage(2);
    return new MemoryMeter();
  }

  /** What is held now that was not held at the beginning. */
  async held(): Promise<MemoryGrowth> {
    await collectGarbage(2);
    return this.now();
  }

  /** The same without a collection. */
  now(): MemoryGrowth {
    const { heapUsed, external, rss } = process.memoryUsage();
    const before = this.#before;
    return { heap: heapUsed - before.heapUsed, external: external - before.external, resident: rss - before.rss };
  }
}

/** The most that some work takes, looked at in each turn of the event loop. */
export async function peakDuring(work: () => Promise<unknown>): Promise<MemoryGrowth> {
  const meter = await MemoryMeter.start();
  let peak: MemoryGrowth = { heap: 0, external: 0, resident: 0 };
  const look = (): void => {
    const now = meter.now();
    peak = {
      heap: Math.max(peak.heap, now.heap),
      external: Math.max(peak.external, now.external),
      resident: Math.max(peak.resident, now.resident),
    };
  };
  let over = false;
  const watching = (async () => {
    while (!over) {
      look();
      await setImmediate();
    }
  })();
  await work();
  look();
  over = true;
  await watching;
  return peak;
}
