/**
 * Loaded into a server before its program, which stays as it is (`--import`): answers the process that has started it
 * when that asks for `memory` or `writes`, and ends the server with it.
 */
import { Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';

export type Question = 'memory' | 'writes';

export interface SelfReport {
  /** Bytes of objects, and of what buffers hold beside them, after garbage collection. */
  readonly heap: number;
  readonly external: number;
  /** How often a socket has handed bytes to the system so far. */
  readonly writes: number;
}

let writes = 0;

/** Each call of one of these is one write of the system: what is corked comes together in `_writev`. */
function countWrites(method: '_write' | '_writev'): void {
  const original = Socket.prototype[method];
  if (original === undefined) throw new Error(`sockets have no ${method}`);
  Object.defineProperty(Socket.prototype, method, {
    configurable: true,
    writable: true,
    value(this: Socket, ...parameters: unknown[]) {
      writes++;
      return Reflect.apply(original, this, parameters);
    },
  });
}

/** Collect until the memory of buffers, which is freed later than their objects, has gone too. */
async function collectGarbage(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    globalThis.gc?.();
    await setTimeout(50);
  }
}

if (process.env.COUNT_WRITES === '1') {
  countWrites('_write');
  countWrites('_writev');
}
process.on('message', async (question: Question) => {
  if (question === 'memory') await collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  const report: SelfReport = { heap: heapUsed, external, writes };
  process.send?.(report);
});
process.on('disconnect', () => process.exit());
// While its parent is there, the server alone decides how long it runs.
process.channel?.unref();
