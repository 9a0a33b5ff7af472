import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  createMemoryTransports,
  defineHandler,
  HeaderMap,
  type Session,
  startDynamicSupervisor,
  startSession,
  stop,
  tell,
} from 'genws';
import { median } from '../report/statistics.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const perRound = 1000;
const request = { method: 'GET', path: '/', headers: new HeaderMap() };
const handler = defineHandler({
  init: () => ['ok', 0],
  handleIn: (_frame, count) => ['ok', count],
  handleInfo: (_message: string, count) => ['ok', count + 1],
});

/** What one session costs among so many others: medians of rounds. */
export interface SessionCosts {
  /** µs. */
  readonly start: number;
  readonly tell: number;
  readonly stop: number;
  /** Of heap: the session, its actor, and both ends of its transport in memory. */
  readonly bytes: number;
}

function spawn(): Session<string> {
  const [transport] = createMemoryTransports();
  const session = startSession({ role: 'server', transport, handler, handlerOpts: undefined, request });
  session.send({ type: 'activate' });
  return session;
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** One batch of actions, µs for each. */
function timed(action: () => void): number {
  const start = performance.now();
  for (let i = 0; i < perRound; i++) action();
  return ((performance.now() - start) * 1000) / perRound;
}

/** The first asks the peer to close, the second drops the connection, which ends the session at once. */
function stopAtOnce(session: Session<string>): void {
  stop(session, 'bench');
  stop(session, 'bench');
}

/** Start and stop 1,000 in-memory sessions in each round, under a supervisor with so many others. */
export async function measureSessions(population: number, rounds: number): Promise<SessionCosts> {
  collectGarbage();
  const heapBefore = process.memoryUsage().heapUsed;
  const supervisor = startDynamicSupervisor<Session<string>>();
  for (let i = 0; i < population; i++) supervisor.startChild(spawn);
  await settle();
  collectGarbage();
  const bytes = Math.round((process.memoryUsage().heapUsed - heapBefore) / population);

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
    stops.push(timed(() => stopAtOnce(born[next++] ?? spawn())));
    await settle();
    if (supervisor.count !== population) throw new Error(`${supervisor.count} sessions alive, not ${population}`);
  }
  for (const session of [...supervisor.children()]) stopAtOnce(session);
  await supervisor.empty();
  return { start: median(starts), tell: median(tells), stop: median(stops), bytes };
}
