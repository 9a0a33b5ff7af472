import type { Report } from '@genws/actor';
import type { Session, SessionExit } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { createActor, SimulatedClock } from 'xstate';
import { ConnectError } from '../connecting/connect-error.ts';
import { resolveBackoff } from './backoff.ts';
import type { ClientInput } from './client-context.ts';
import type { ClientEvent } from './client-event.ts';
import { clientMachine } from './client-machine.ts';
import { isWorthRetrying } from './retry-policy.ts';

const isSession = (_: unknown): _ is Session => true;

/** A client's statechart, whose connector only notes what it is to do. */
function startMachine(options: Partial<ClientInput> = {}) {
  const done: string[] = [];
  const note = (what: string) => () => done.push(what);
  const reports: Report[] = [];
  const clock = new SimulatedClock();
  const input: ClientInput = {
    connector: {
      prepare: (_self, attempt, failure) => done.push(`prepare ${attempt} ${failure?.type ?? '-'}`),
      dial: (_self, attempt, { origin }) => done.push(`dial ${attempt} ${origin ?? '-'}`),
      cancel: note('cancel'),
      open: note('open'),
      shut: note('shut'),
      end: note('end'),
    },
    backoff: resolveBackoff(),
    attempts: Number.POSITIVE_INFINITY,
    retry: isWorthRetrying,
    timeout: 15_000,
    random: () => 1,
    logger: (report) => reports.push(report),
    now: () => clock.now(),
    ...options,
  };
  const actor = createActor(clientMachine, { input, clock, id: 'c' }).start();
  const session: unknown = { send: (event: ClientEvent) => done.push(`session ${event.type}`) };
  if (!isSession(session)) throw new Error('no session');
  const where = (): string => {
    const { value } = actor.getSnapshot();
    return typeof value === 'string' ? value : `connecting.${value.connecting}`;
  };
  const send = (...events: ClientEvent[]): void => {
    for (const event of events) actor.send(event);
  };
  return { actor, clock, reports, done, send, where, session, take: () => done.splice(0) };
}

type Machine = ReturnType<typeof startMachine>;

const prepared = { type: 'attempt.prepared', prepared: {} } as const;
const opened = { type: 'session.opened' } as const;
const refused = new ConnectError({ code: 'unexpectedStatus', status: 403 });
const unreachable = new ConnectError({ code: 'connectionClosed' });
const failed = (error: ConnectError): ClientEvent => ({
  type: 'attempt.failed',
  failure: { type: 'connectFailed', error },
});
const down = (cause: SessionExit, exit = cause): ClientEvent => ({ type: 'session.down', cause, exit });
const lost = down({ type: 'error', error: 'closed' });

/** How to come to each state in which a client can be found. */
const states: Readonly<Record<string, (machine: Machine) => void>> = {
  'connecting.preparing': () => {},
  'connecting.dialling': ({ send }) => send(prepared),
  'connecting.initialising': ({ send, session }) => send(prepared, { type: 'session.started', session }),
  connected: ({ send, session }) => send(prepared, { type: 'session.started', session }, opened),
  waiting: ({ send }) => send(prepared, failed(unreachable)),
  stopping: ({ send, session }) =>
    send(prepared, { type: 'session.started', session }, opened, { type: 'stop', reason: 'first' }),
};
const bringTo = (state: string, options?: Partial<ClientInput>): Machine => {
  const machine = startMachine(options);
  states[state]?.(machine);
  expect(machine.where()).toBe(state);
  machine.take();
  return machine;
};
const close = { type: 'close', frame: { type: 'close', code: 1000 } } as const;
const stop = { type: 'stop', reason: 'enough' } as const;

describe('the statechart of a client', () => {
  it('prepares, dials, waits for init, and is connected', () => {
    const { send, where, session, take } = startMachine();
    expect([where(), take()]).toEqual(['connecting.preparing', ['prepare 1 -']]);
    send({ type: 'attempt.prepared', prepared: { origin: 'here' } });
    expect([where(), take()]).toEqual(['connecting.dialling', ['dial 1 here']]);
    send({ type: 'session.started', session });
    expect([where(), take()]).toEqual(['connecting.initialising', []]);
    send(opened);
    expect([where(), take()]).toEqual(['connected', ['open']]);
  });

  it.each(['connecting.initialising', 'connected'])('comes back when its session ends while %s', (state) => {
    const { send, where, take, clock } = bringTo(state);
    send(lost);
    expect([where(), take()]).toEqual(['waiting', ['shut']]);
    clock.increment(499);
    expect(where()).toBe('waiting');
    clock.increment(1);
    expect([where(), take()]).toEqual(['connecting.preparing', ['prepare 2 error']]);
  });

  it('waits twice as long after each failure in a row, up to the cap', () => {
    const { send, clock, where, take } = startMachine();
    for (const delay of [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      send(prepared, failed(unreachable));
      clock.increment(delay - 1);
      expect(where()).toBe('waiting');
      clock.increment(1);
      expect(where()).toBe('connecting.preparing');
    }
    expect(take().at(-1)).toBe('prepare 9 connectFailed');
  });

  it('begins anew with the delay only after a connection that has lasted stableAfter (I09)', () => {
    const { actor, send, clock, session } = startMachine();
    const live = (ms: number): number | undefined => {
      send(prepared, { type: 'session.started', session }, opened);
      clock.increment(ms);
      send(lost);
      const { delay, failures } = actor.getSnapshot().context;
      clock.increment(delay ?? 0);
      return failures;
    };
    expect([live(0), live(9999), live(9999), live(10_000), live(0), live(0)]).toEqual([1, 2, 3, 0, 1, 2]);
  });

  it('does not count the time in which init was pending as that of a connection', () => {
    const { actor, send, clock } = bringTo('connecting.initialising');
    clock.increment(60_000);
    send(lost);
    expect(actor.getSnapshot().context.failures).toBe(1);
  });

  it('has failed an attempt whose prepare takes longer than the timeout', () => {
    const { actor, clock, where, take } = bringTo('connecting.preparing');
    clock.increment(15_000);
    expect([where(), take()]).toEqual(['waiting', ['cancel']]);
    expect(actor.getSnapshot().context.failure).toMatchObject({
      type: 'prepareFailed',
      error: { message: 'prepare took longer than 15000 ms' },
    });
  });

  it('waits for prepare as long as it takes when the timeout is Infinity', () => {
    const { clock, where } = bringTo('connecting.preparing', { timeout: Number.POSITIVE_INFINITY });
    clock.increment(24 * 3_600_000);
    expect(where()).toBe('connecting.preparing');
  });

  it('gives up what is not retriable at once, and says why', () => {
    const { actor, send, reports } = startMachine();
    send(prepared, failed(refused));
    expect(actor.getSnapshot()).toMatchObject({
      status: 'done',
      output: { type: 'transportError', cause: refused },
    });
    expect(reports.map(({ level, event }) => `${level} ${event}`)).toEqual(['info client.down', 'warn client.gaveUp']);
    expect(reports[1]?.fields).toEqual({
      client: 'c',
      attempt: 1,
      failures: 1,
      reason: 'connectFailed',
      code: 'unexpectedStatus',
      status: undefined,
    });
  });

  it('gives up after as many attempts in a row as it is told, and does not count those before a stable connection', () => {
    const { actor, send, clock, session } = startMachine({ attempts: 2 });
    send(prepared, failed(unreachable));
    clock.increment(500);
    send(prepared, { type: 'session.started', session }, opened);
    clock.increment(10_000);
    send(lost);
    clock.increment(500);
    send(prepared, failed(unreachable));
    clock.increment(500);
    send(prepared, failed(unreachable));
    expect(actor.getSnapshot()).toMatchObject({ status: 'done', context: { attempt: 4 } });
  });

  it('asks the policy with the failure and how many there were in a row, and waits as many ms as it says', () => {
    const asked: unknown[] = [];
    const { send, clock, where } = startMachine({
      retry: (failure, failures) => {
        asked.push([failure.type, failures]);
        return failures * 7;
      },
    });
    send(prepared, failed(refused));
    clock.increment(7);
    send(prepared, failed(refused));
    clock.increment(13);
    expect(where()).toBe('waiting');
    clock.increment(1);
    expect(where()).toBe('connecting.preparing');
    expect(asked).toEqual([
      ['connectFailed', 1],
      ['connectFailed', 2],
    ]);
  });

  it.each([
    [-1, 0],
    [Number.POSITIVE_INFINITY, 2 ** 31 - 1],
    [Number.NaN, undefined],
    [false, undefined],
  ])('takes %s of a policy for a delay of %s ms', (verdict, delay) => {
    const { actor, send } = startMachine({ retry: () => verdict });
    send(prepared, failed(unreachable));
    expect(actor.getSnapshot().context.delay).toBe(delay);
    expect(actor.getSnapshot().status).toBe(delay === undefined ? 'done' : 'active');
  });

  it('waits at least as long as the server asks for, up to the cap, with the jitter on top', async () => {
    const { HeaderMap } = await import('@genws/protocol');
    const busy = (after: string): ClientEvent => {
      const response = { status: 503, headers: new HeaderMap({ 'Retry-After': after }), body: new Uint8Array() };
      return failed(new ConnectError({ code: 'unexpectedStatus', status: 503 }, { response }));
    };
    const delayAfter = (after: string): number | undefined => {
      const { actor, send } = startMachine();
      send(prepared, busy(after));
      return actor.getSnapshot().context.delay;
    };
    expect([delayAfter('7'), delayAfter('0'), delayAfter('100000')]).toEqual([7500, 500, 30_500]);
  });

  it.each<SessionExit>([{ type: 'normal' }, { type: 'stop', reason: 'bored' }, { type: 'shutdown', reason: 'deploy' }])(
    'ends with its session, without a word, when this side wanted it to: $type',
    (exit) => {
      const { actor, send, reports } = bringTo('connected');
      send(down(exit));
      expect(actor.getSnapshot()).toMatchObject({ status: 'done', output: exit });
      expect(reports).toEqual([]);
    },
  );

  it('judges by what has ended a session in the first place, and ends with what its monitors were told', () => {
    const told = { type: 'error', error: 'closed' } as const;
    const { actor, send } = bringTo('connected');
    send(down({ type: 'normal' }, told));
    expect(actor.getSnapshot()).toMatchObject({ status: 'done', output: told });
    const other = bringTo('connected');
    other.send(down({ type: 'remote', code: 1011 }, { type: 'shutdown', reason: 'of the handler' }));
    expect(other.where()).toBe('waiting');
  });

  it('reports that it is down and that it will reconnect, with what a reader needs and no URL', () => {
    const { send, reports } = bringTo('connected');
    send(down({ type: 'remote', code: 4000, reason: 'secret' }));
    expect(reports).toEqual([
      {
        level: 'info',
        event: 'client.down',
        text: 'the peer closed with 4000',
        fields: { client: 'c', attempt: 1, failures: 1, reason: 'remote', code: 4000 },
      },
      {
        level: 'info',
        event: 'client.reconnecting',
        text: 'attempt 2 in 500 ms',
        fields: { client: 'c', attempt: 1, failures: 1, reason: 'remote', code: 4000 },
      },
    ]);
  });
});

describe('close and stop end a client in every state (I10)', () => {
  const commands = [
    { command: close, exit: { type: 'normal' } },
    { command: stop, exit: { type: 'shutdown', reason: 'enough' } },
  ] as const;

  it.each(['connecting.preparing', 'connecting.dialling'])('%s: at once, and the attempt is given up', (state) => {
    for (const { command, exit } of commands) {
      const { actor, send, take, reports } = bringTo(state);
      send(command);
      expect(actor.getSnapshot()).toMatchObject({ status: 'done', output: exit });
      expect(take()).toEqual(['cancel']);
      expect(reports).toEqual([]);
    }
  });

  it('waiting: at once', () => {
    for (const { command, exit } of commands) {
      const { actor, send } = bringTo('waiting');
      send(command);
      expect(actor.getSnapshot()).toMatchObject({ status: 'done', output: exit });
    }
  });

  it.each(['connecting.initialising', 'connected', 'stopping'])('%s: when the session has ended', (state) => {
    for (const { command, exit } of commands) {
      const { actor, send, where, take, reports } = bringTo(state);
      send(command);
      expect(where()).toBe('stopping');
      expect(take()).toContain(`session ${command.type}`);
      send(down({ type: 'error', error: 'closed' }, exit));
      expect(actor.getSnapshot()).toMatchObject({ status: 'done', output: exit });
      expect(reports).toEqual([]);
    }
  });

  it.each(Object.keys(states))('%s: no timer is left, nothing happens later', (state) => {
    const { actor, send, clock, take } = bringTo(state);
    send(stop);
    if (actor.getSnapshot().status === 'active') send(down({ type: 'shutdown', reason: 'enough' }));
    take();
    const snapshot = actor.getSnapshot();
    clock.increment(2 ** 31);
    expect(actor.getSnapshot()).toBe(snapshot);
    expect(take()).toEqual([]);
  });
});
