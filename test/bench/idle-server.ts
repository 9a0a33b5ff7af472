/** The server that {@link file://./idle.ts} looks at: it echoes, and tells what it holds when it is asked. */
import { setTimeout } from 'node:timers/promises';
import { type DeflateOptions, defineHandler, hibernate, listen } from 'genws';

export interface IdleSettings {
  readonly compress: boolean | DeflateOptions;
  readonly hibernates: boolean;
}

export interface IdleReport {
  /** Messages handled so far. */
  readonly handled: number;
  readonly rss: number;
  readonly heap: number;
  readonly buffers: number;
}

const { compress, hibernates }: IdleSettings = JSON.parse(process.argv[2] ?? '{}');
let handled = 0;

const handler = defineHandler({
  init: () => ['ok', 0],
  handleIn(frame, count) {
    if (frame.type !== 'text') return ['ok', count];
    handled++;
    return hibernates ? ['reply', frame, count + 1, hibernate] : ['reply', frame, count + 1];
  },
});

const server = await listen({ handler, compress, host: '127.0.0.1', idleTimeout: Number.POSITIVE_INFINITY });

/** Collect garbage until the memory of buffers, which is freed later than their objects, has gone too. */
async function collectGarbage(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    globalThis.gc?.();
    await setTimeout(50);
  }
}

process.on('message', async (question) => {
  if (question === 'memory') await collectGarbage();
  const { rss, heapUsed, external } = process.memoryUsage();
  const report: IdleReport = { handled, rss, heap: heapUsed, buffers: external };
  process.send?.(report);
});
process.send?.({ port: server.port });
