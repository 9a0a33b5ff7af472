/**
 * What it costs to start and to stop one supervised session among 1,000, 10,000 and 100,000 in-memory sessions, and
 * how much heap one holds: `pnpm bench spawn`. Medians of several rounds; each round starts and stops 1,000 sessions.
 */
import { measureSessions } from './spawn/sessions.ts';

console.log('| sessions | start µs | tell µs | stop µs | heap bytes each |');
console.log('| ---: | ---: | ---: | ---: | ---: |');
for (const population of [1_000, 10_000, 100_000]) {
  const { start, tell, stop, bytes } = await measureSessions(population, 9);
  const row = [population, ...[start, tell, stop].map((microseconds) => microseconds.toFixed(1)), bytes];
  console.log(`| ${row.join(' | ')} |`);
}
