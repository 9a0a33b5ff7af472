import type { Role } from '@genws/protocol';
import { createActor, SimulatedClock, type SnapshotFrom } from 'xstate';
import { getShortestPaths, getSimplePaths } from 'xstate/graph';
import type { DataLane } from './data-lane.ts';
import type { HandlerCommanded, SessionEvent } from './event.ts';
import { sessionMachine } from './machine.ts';

export type MachineSnapshot = SnapshotFrom<typeof sessionMachine>;

const error = new Error('boom');

/** A reply that changes the session. */
export const commanded = (changes: Partial<HandlerCommanded>): HandlerCommanded => ({
  type: 'handler.commanded',
  active: undefined,
  shutdownReason: undefined,
  options: [],
  hibernate: false,
  next: undefined,
  ...changes,
});

/** One event of every kind that the statechart can get. */
export const everyEvent: readonly SessionEvent[] = [
  { type: 'activate' },
  { type: 'close', frame: { type: 'close', code: 4000 } },
  { type: 'stop', reason: 'enough' },
  { type: 'handler.pending' },
  { type: 'handler.settled' },
  commanded({ active: false }),
  commanded({ active: true }),
  commanded({ options: [{ idleTimeout: 2000 }] }),
  commanded({ shutdownReason: { reason: 'maintenance' }, hibernate: true }),
  { type: 'handler.stopped', reason: 'done' },
  { type: 'handler.closed', frame: { type: 'close', code: 4001 } },
  { type: 'handler.crashed', callback: 'handleInfo', error },
  { type: 'handler.terminated' },
  { type: 'peer.closed', frame: { type: 'close', code: 4002, reason: 'bye' } },
  { type: 'peer.violated', violation: { type: 'violation', code: 'reservedOpcode', detail: '0x3' } },
  { type: 'peer.stalled' },
  { type: 'peer.congested' },
  { type: 'peer.relieved' },
  { type: 'peer.throttled', ms: 5000 },
  { type: 'message.inflating' },
  { type: 'mailbox.overflowed' },
  { type: 'transport.ended' },
  { type: 'transport.closed' },
  { type: 'transport.error', error },
  { type: 'timeout.init' },
  { type: 'timeout.idle' },
  { type: 'timeout.silent' },
  { type: 'timeout.heartbeat' },
  { type: 'timeout.unanswered' },
  { type: 'timeout.throttle' },
  { type: 'timeout.turn' },
  { type: 'handler.yielded' },
  { type: 'system.suspended' },
  { type: 'system.resumed' },
  { type: 'timeout.close' },
];

/** Timers are told apart by their deadlines. */
export const timeouts = { initTimeout: 1000, idleTimeout: 2000, heartbeat: 3000, closeTimeout: 100 };

/** A data lane that does nothing and writes down what it is told to do. */
export class FakeLane implements DataLane {
  readonly role: Role;
  readonly tuning = { ...timeouts };
  readonly buffered = 0;
  readonly dropped = 0;
  readonly peer = undefined;
  readonly transport = {};
  readonly behaviour = { name: undefined };
  readonly request = {};
  /** Ms that the peer has not been silent for yet. */
  silence = 0;
  /** The same, look by look, before that. */
  readonly silences: number[] = [];
  /** Whether the last ping was answered, look by look; then a silent peer has not. */
  readonly answers: boolean[] = [];
  readonly done: string[] = [];

  constructor(role: Role) {
    this.role = role;
  }

  handle(event: SessionEvent): undefined {
    this.done.push(`handle ${event.type}`);
  }
  resume(): undefined {
    this.done.push('resume');
  }
  flow(): undefined {
    this.done.push('flow');
  }
  silenceLeft(): number {
    return this.silences.shift() ?? this.silence;
  }
  unanswered(): boolean {
    return !(this.answers.shift() ?? this.silence > 0);
  }
  readonly statistics = { uptime: 0, messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0 };
  readonly load = { mailbox: 0, memory: 0 };
  beat(): void {
    this.done.push('beat');
  }
  tune(): void {
    this.done.push('tune');
  }
  hibernate(): void {
    this.done.push('hibernate');
  }
  tellFlow(type: 'congested' | 'relieved'): void {
    this.done.push(`tellFlow ${type}`);
  }
  discardOutput(): void {
    this.done.push('discardOutput');
  }
  regulate(): void {
    this.done.push('regulate');
  }
  signal(): AbortSignal {
    return AbortSignal.abort();
  }
  runInit(): void {
    this.done.push('runInit');
  }
  startReading(): void {
    this.done.push('startReading');
  }
  sendClose(): void {
    this.done.push('sendClose');
  }
  beginClosing(): void {
    this.done.push('beginClosing');
  }
  report(): void {
    this.done.push('report');
  }
  closeTransport(): void {
    this.done.push('closeTransport');
  }
  abortTransport(): void {
    this.done.push('abortTransport');
  }
  runTerminate(): void {
    this.done.push('runTerminate');
  }
}

/** A clock that tells how many timers are set. What is to come in the next turn of the event loop waits for `turn`. */
export class CountingClock extends SimulatedClock {
  readonly #set = new Set<number>();
  readonly #nextTurn = new Map<number, () => void>();
  #ids = 0;

  get pending(): number {
    return this.#set.size + this.#nextTurn.size;
  }

  override setTimeout(callback: () => void, ms: number): number {
    if (ms === 0) {
      this.#nextTurn.set(--this.#ids, callback);
      return this.#ids;
    }
    if (ms === Number.POSITIVE_INFINITY) return super.setTimeout(callback, ms); // never due: no timer
    const id = super.setTimeout(() => {
      this.#set.delete(id);
      callback();
    }, ms);
    this.#set.add(id);
    return id;
  }

  override clearTimeout(id: unknown): void {
    if (typeof id !== 'number' || this.#nextTurn.delete(id)) return;
    this.#set.delete(id);
    super.clearTimeout(id);
  }

  /** The event loop comes round. */
  turn(): void {
    for (const [id, callback] of [...this.#nextTurn]) if (this.#nextTurn.delete(id)) callback();
  }
}

/**
 * What is told apart: the state, whether the handler is busy, and, until the session ends, whether its peer is read and
 * reads.
 */
export function stateKey({ value, context, status }: MachineSnapshot): string {
  const { busy, active, throttled, congested } = context;
  const ending = status !== 'active' || (typeof value === 'object' && 'closing' in value);
  return JSON.stringify(ending ? [value, busy] : [value, busy, active, throttled, congested]);
}

/** Whether a state is to be given an event. */
export type Possible = (state: MachineSnapshot, event: SessionEvent) => boolean;

// Unless the caller knows better, every state is given every event: not even an impossible one may do harm.
const always: Possible = () => true;

const optionsFor = (role: Role, events: readonly SessionEvent[], possible: Possible) => ({
  input: { connect: () => new FakeLane(role) },
  events: (state: MachineSnapshot) => (state.status === 'active' ? events.filter((one) => possible(state, one)) : []),
  serializeState: stateKey,
});

interface Way {
  /** The events from the beginning on. */
  readonly events: readonly SessionEvent[];
  /** Where they lead. */
  readonly state: MachineSnapshot;
}

/** The shortest way to every state that can be reached. */
export const shortestWays = (role: Role, possible: Possible = always): Way[] =>
  getShortestPaths(sessionMachine, optionsFor(role, everyEvent, possible)).map(({ state, steps }) => ({
    state,
    events: steps.slice(1).map(({ event }) => event),
  }));

/** The shortest way to every state, and from there on each event that is possible: every transition there is. */
export const everyTransition = (role: Role, possible: Possible = always): SessionEvent[][] =>
  shortestWays(role, possible).flatMap(({ state, events }) =>
    everyEvent.filter((event) => possible(state, event)).map((event) => [...events, event]),
  );

/** Every way to the end, with events of these kinds, that comes to no state twice. */
export function waysToTheEnd(role: Role, types: readonly SessionEvent['type'][]): SessionEvent[][] {
  const events = everyEvent.filter(({ type }) => types.includes(type));
  const toState = ({ status }: MachineSnapshot): boolean => status === 'done';
  return getSimplePaths(sessionMachine, { ...optionsFor(role, events, always), toState }).map(({ steps }) =>
    steps.slice(1).map(({ event }) => event),
  );
}

/** Whether the end can be reached from a state. */
export const leadsToTheEnd = (role: Role, fromState: MachineSnapshot): boolean =>
  getShortestPaths(sessionMachine, {
    ...optionsFor(role, everyEvent, always),
    fromState,
    toState: ({ status }: MachineSnapshot): boolean => status === 'done',
  }).length > 0;

/** The statechart alone, with a data lane that only writes down what it is told to do. */
export function startMachine(role: Role) {
  const lane = new FakeLane(role);
  const clock = new CountingClock();
  const actor = createActor(sessionMachine, { input: { connect: () => lane }, clock }).start();
  return { lane, clock, actor, count: (what: string) => lane.done.filter((one) => one === what).length };
}

/** A statechart whose session is open, and whose peer says nothing from then on. */
export function startOpen(role: Role) {
  const started = startMachine(role);
  started.lane.silence = timeouts.idleTimeout;
  started.actor.send({ type: 'handler.settled' });
  started.actor.send({ type: 'activate' });
  started.lane.silence = 0;
  return started;
}
