import {
  broadcast,
  createRegistry,
  createScope,
  exit,
  join,
  members,
  monitor,
  register,
  sendAfter,
  sendInterval,
  startDynamicSupervisor,
  type TimerRef,
  tell,
  whereis,
  whichGroups,
} from '@genws/actor';
import {
  createMemoryTransports,
  defineHandler,
  type MemoryTransport,
  type Session,
  startSession,
} from '@genws/session';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../support/manual-clock.ts';
import { plainRequest, quiet } from '../support/memory-session.ts';
import { observersOf } from '../support/observers.ts';

const groups = 100;
const hour = 3_600_000;

/** Messages that were handled, by all of them. */
let handled = 0;

const handler = defineHandler<number, string>({
  init: () => ['ok', 0],
  handleIn: (_, heard) => ['ok', heard],
  handleInfo(message, heard) {
    if (message === 'crash') throw new Error('as I was told');
    handled++;
    return ['ok', heard + 1];
  },
});

/** Numbers that look random, the same each time. */
function* noise(): Generator<number, never> {
  for (let n = 1; ; n = (n * 48_271) % 0x7fff_ffff) yield n;
}

/** The same list in an order that looks random. */
function shuffled<Item>(items: readonly Item[]): Item[] {
  const numbers = noise();
  return items
    .map((item) => ({ item, at: numbers.next().value }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** Many sessions under one supervisor, each of which is known under a name and in a group, and watched. */
class Crowd {
  readonly supervisor = startDynamicSupervisor<Session<string>>({ logger: () => {} });
  readonly registry = createRegistry<number, Session<string>>({ keys: 'unique' });
  readonly scope = createScope<string, string, Session<string>>();
  readonly clock = new ManualClock();
  readonly timers: TimerRef[] = [];
  readonly downs = new Map<string, number>();
  readonly reasons = new Map<string, number>();
  #ends: { readonly session: Session<string>; readonly far: MemoryTransport }[] = [];

  start(count: number): void {
    for (let number = 0; number < count; number++) {
      const [transport, far] = createMemoryTransports();
      const session = this.supervisor.startChild(() =>
        startSession<number, string, unknown>({
          ...{ role: 'server', transport, handler, handlerOpts: undefined, request: plainRequest },
          ...{ clock: this.clock, logger: () => {} },
        }),
      );
      session.send({ type: 'activate' });
      register(this.registry, number, session);
      join(this.scope, `group ${number % groups}`, session);
      monitor(session, ({ target, reason }) => {
        this.downs.set(target.id, (this.downs.get(target.id) ?? 0) + 1);
        this.reasons.set(reason.type, (this.reasons.get(reason.type) ?? 0) + 1);
      });
      if (number % 10 === 0) this.timers.push(sendAfter(session, 'never', hour));
      if (number % 10 === 5) this.timers.push(sendInterval(session, 'never', hour));
      this.#ends.push({ session, far });
    }
  }

  /** End all of them, in an order and in ways that look random. */
  async end(): Promise<void> {
    const ways: readonly ((session: Session<string>, far: MemoryTransport) => unknown)[] = [
      (session) => session.stop(),
      (session) => exit(session, { type: 'killed' }),
      (_, far) => far.abort(),
      (session, far) => {
        tell(session, 'crash');
        far.abort();
      },
      (session, far) => {
        far.abort();
        return this.supervisor.terminateChild(session);
      },
    ];
    const numbers = noise();
    for (const { session, far } of shuffled(this.#ends)) ways[numbers.next().value % ways.length]?.(session, far);
    this.#ends = [];
    await this.supervisor.empty();
    await quiet();
  }
}

/** What one of `count` takes, µs. */
async function taken(count: number, work: () => unknown): Promise<string> {
  const began = performance.now();
  await work();
  return `${(((performance.now() - began) / count) * 1000).toFixed(1)} µs`;
}

describe('sessions in great numbers', () => {
  it('are started, found, told and ended, 100,000 of them at once, and none is lost or left over', async () => {
    const warmUp = new Crowd();
    warmUp.start(2000);
    await warmUp.end();
    const lines: string[] = [];
    for (const count of [1000, 100_000]) {
      const crowd = new Crowd();
      const { supervisor, registry, scope, clock, timers, downs, reasons } = crowd;
      const active = (): number => timers.filter((timer) => timer.active).length;
      const started = await taken(count, () => crowd.start(count));
      expect([supervisor.count, registry.size, whichGroups(scope).length]).toEqual([count, count, groups]);
      expect([clock.pending, active()]).toEqual([count, count / 5]);
      for (const number of [0, 7, count - 1]) {
        const session = whereis(registry, number);
        expect([session?.state, members(scope, `group ${number % groups}`).includes(session ?? lost())]).toEqual([
          'open',
          true,
        ]);
      }
      let told = 0;
      handled = 0;
      const tellEveryone = (): void => {
        for (const name of whichGroups(scope)) told += broadcast(scope, name, 'hello');
      };
      const heard = await taken(count, tellEveryone);
      expect([told, handled]).toEqual([count, count]);
      const sessions = [...supervisor.children()];

      const ended = await taken(count, () => crowd.end());
      lines.push(`${count} sessions: a start takes ${started}, a broadcast ${heard}, an end ${ended}`);
      expect([supervisor.count, registry.size, whichGroups(scope)]).toEqual([0, 0, []]);
      expect([downs.size, Math.max(...new Set(downs.values()))]).toEqual([count, 1]);
      expect([clock.pending, active()]).toEqual([0, 0]);
      expect(supervisor.getSnapshot().context).toMatchObject({ children: 0, started: count });
      expect([...reasons.keys()].sort()).toEqual(['crash', 'error', 'killed', 'shutdown']);
      expect(sessions.filter(({ state }) => state !== 'closed')).toEqual([]);
      expect(sessions.filter((session) => observersOf(session) > 0)).toEqual([]);
      expect(whereis(registry, 7)).toBeUndefined();
    }
    process.stdout.write(`${lines.join('\n')}\n`);
  }, 60_000);
});

const lost = (): never => {
  throw new Error('a session is lost');
};
