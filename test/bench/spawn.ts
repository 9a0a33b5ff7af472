/**
 * What it costs to start and to stop one supervised session among 1,000, 10,000 and 100,000 in-memory sessions, and
 * how much heap one holds: `pnpm bench`. Medians of several rounds; each round starts and stops 1,000 sessions.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  createMemoryTransports,
  defineHandler,
  HeaderMap,
  type Session,
  startSession,
  startSupervisor,
  stop,
  tell,
} from 'genws';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const rounds = 9;
const perRound = 1000;
const request = { method: 'GET', path: '/', headers: new HeaderMap() };
const handler = defineHandler({
  init: () => ['ok', 0],
  handleIn: (_frame, count) => ['ok', count],
  handleInfo: (_message: string, count) => ['ok', count + 1],
});

function spawn(): Session<string> {
  const [transport] = createMemoryTransports();
  const session = startSession({ role: 'server', transport, handler, handlerOpts: undefined, request });
  session.send({ type: 'activate' });
  return session;
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
const microseconds = (ms: number): string => ((ms * 1000) / perRound).toFixed(1);
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** One batch of actions, ms per batch. */
function timed(action: () => void): number {
  const start = performance.now();
  for (let i = 0; i < perRound; i++) action();
  return performance.now() - start;
}

console.log('| sessions | start µs | tell µs | stop µs | heap bytes each |');
console.log('| ---: | ---: | ---: | ---: | ---: |');
for (const population of [1_000, 10_000, 100_000]) {
  collectGarbage();
  const heapBefore = process.memoryUsage().heapUsed;
  const supervisor = startSupervisor<Session<string>>({ stop });
  for (let i = 0; i < population; i++) supervisor.startChild(spawn);
  await settle();
  collectGarbage();
  const bytesEach = Math.round((process.memoryUsage().heapUsed - heapBefore) / population);

  const starts: number[] = [];
  const tells: number[] = [];
  const stops: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const born: Session<string>[] = [];
    starts.push(timed(() => born.push(supervisor.startChild(spawn))));
    await settle();
    let next = 0;
    tells.push(timed(() => tell(born[next++] ?? spawn(), 'hello')));
    next = 0;
    // Twice: the first asks the peer to close, the second drops the connection, which ends the session at once.
    stops.push(
      timed(() => {
        const session = born[next++] ?? spawn();
        stop(session, 'bench');
        stop(session, 'bench');
      }),
    );
    await settle();
    if (supervisor.count !== population) throw new Error(`${supervisor.count} sessions alive, not ${population}`);
  }
  const row = [
    population,
    microseconds(median(starts)),
    microseconds(median(tells)),
    microseconds(median(stops)),
    bytesEach,
  ];
  console.log(`| ${row.join(' | ')} |`);
  for (const session of [...supervisor.children()]) {
    stop(session, 'bench');
    stop(session, 'bench');
  }
  await supervisor.empty();
}
