import { fileURLToPath } from 'node:url';
import { Child } from '../child.ts';
import type { SessionCosts } from '../spawn/sessions.ts';
import type { Workload } from './workload.ts';

const program = fileURLToPath(new URL('../spawn/program.ts', import.meta.url));

/** Sessions without a network: what the actors alone cost. */
export const sessions: Workload = {
  name: 'supervised sessions, 100,000 in memory',
  shown: ['sessionBytes', 'startMicroseconds', 'stopMicroseconds'],
  goals: [{ metric: 'sessionBytes', bound: 4000 }],
  atRest: true,
  async measure({ rounds, scale }) {
    const population = Math.ceil(100_000 * scale);
    await using child = new Child(program, { parameters: [String(population), String(rounds)] });
    const { start, stop, bytes } = await child.receive<SessionCosts>();
    return new Map([['genws', [{ sessionBytes: bytes, startMicroseconds: start, stopMicroseconds: stop }]]]);
  },
};
