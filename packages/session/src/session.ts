import { type Clock, type ExitSignal, enterActor, type Logger, leaveActor, monitor, runAs } from '@genws/actor';
import { type Role, resolveDeflateOptions } from '@genws/protocol';
import { Connection } from './connection.ts';
import type { Decision, SessionEvent } from './event.ts';
import type { Handler } from './handler.ts';
import { type SessionInput, sessionMachine } from './machine.ts';
import { assertTuning, resolveTuning, type SessionCompression, type SessionTuning } from './options.ts';
import type { SessionExit } from './reason.ts';
import type { KeptRequest, RequestFilter, SessionRequest } from './request.ts';
import { SessionActor, type SessionLogic } from './session-actor.ts';
import type { SessionSelf, SessionState } from './session-ref.ts';
import { type Inspector, SessionSystem } from './session-system.ts';
import { SharedTimers } from './shared-timers.ts';
import type { SessionLoad, SessionStatistics } from './statistics.ts';
import type { KeptSnapshot } from './transition-table.ts';
import * as table from './transition-table.ts';
import type { PeerAddress, Transport } from './transport.ts';

/**
 * The statechart with the data lane before it. An event that changes no state, such as a chunk of messages, is dealt
 * with by the lane and never reaches the statechart's interpreter: about 0.1 µs instead of 1.5 µs (measured). What the
 * lane leaves undecided is a transition, which observers and inspectors see.
 */
const logic: SessionLogic = {
  getInitialSnapshot: (actor, input) =>
    actor.system.inspected
      ? sessionMachine.getInitialSnapshot(actor.scope, input)
      : table.getInitialSnapshot(actor, input),
  start: table.start,
  transition(snapshot, event, actor) {
    const outer = enterActor(actor); // once for all messages of a chunk
    try {
      return step(snapshot, event, actor);
    } finally {
      leaveActor(outer);
    }
  },
};

const step: SessionLogic['transition'] = (snapshot, event, actor) => {
  const { lane } = snapshot.context;
  let current = snapshot;
  let decision = lane.handle(event, stateOf(snapshot), snapshot.context) ?? flowOf(snapshot);
  while (decision !== undefined) {
    current = carryOut(current, decision, actor);
    decision = following(decision, current) ?? flowOf(current);
  }
  if (stateOf(current) === 'open') lane.regulate(current.context);
  return current;
};

/** Whoever inspects a session sees xstate's own interpreter at work, action by action. Else the table does the same. */
const carryOut: SessionLogic['transition'] = (snapshot, decision, actor) =>
  actor.system.inspected
    ? sessionMachine.transition(table.whole(snapshot), decision, actor.scope)
    : table.transition(snapshot, decision, actor);

/** What comes of a decision that has been carried out. */
function following(decision: NonNullable<Decision>, current: KeptSnapshot): Decision {
  if (decision.type === 'handler.commanded' && decision.next !== undefined) return decision.next;
  const { context } = current;
  return stateOf(current) === 'open' && !context.busy ? context.lane.resume(context) : undefined;
}

/** Whether the peer keeps up with what it is sent. */
function flowOf(current: KeptSnapshot): Decision {
  const state = stateOf(current);
  return state === 'open' || state === 'ready_wait' ? current.context.lane.flow(current.context) : undefined;
}

function stateOf({ status, value }: KeptSnapshot): SessionState {
  if (status !== 'active') return 'closed';
  if (typeof value === 'string') return value;
  return 'closing' in value ? 'closing' : 'ready_wait';
}

/** Real time. */
const loopClock = new SharedTimers();

/**
 * What a session can be told, however it comes about. Defaults: {@link defaultTimeouts}, {@link defaultPolicies} and
 * {@link defaultLimits}.
 */
export interface SessionSettings extends SessionTuning {
  /** What to keep of the request for `self.request`, once `init` has had it whole. Default: all but the headers. */
  readonly reqFilter?: RequestFilter | undefined;
  /** Where crash reports and log lines go. Default: readable lines through `console.error`. */
  readonly logger?: Logger | undefined;
  /** An xstate inspector. More can be attached later, with `session.system.inspect`. */
  readonly inspect?: Inspector | undefined;
  /** For tests that do not want to wait. */
  readonly clock?: Clock | undefined;
}

/** A connection whose handshake is done, and who is to handle it. */
export interface SessionOptions<State, Info, Opts> extends SessionSettings {
  readonly role: Role;
  readonly transport: Transport;
  readonly handler: Handler<State, Info, Opts>;
  /** Handed to the handler's `init`. */
  readonly handlerOpts: NoInfer<Opts>;
  readonly request: SessionRequest;
  /** Bytes from the peer that came in the same packet as the handshake. */
  readonly head?: Uint8Array | undefined;
  /** What the handshake has agreed on about compression. Default: none. */
  readonly compression?: SessionCompression | undefined;
}

/**
 * A WebSocket connection as an actor. Made by {@link startSession}, `accept` and `connect`.
 *
 * @typeParam Info the messages that its handler takes
 */
export class Session<Info = unknown> extends SessionActor implements SessionSelf<Info> {
  /** Use {@link startSession}. */
  constructor(input: SessionInput, clock: Clock, inspect: Inspector | undefined) {
    const system = new SessionSystem(clock);
    if (inspect !== undefined) system.inspect(inspect);
    super(logic, input, system);
  }

  /** `init` runs. */
  override start(): this {
    return runAs(this, () => super.start());
  }

  /** Put an event into the mailbox. What comes for a session that is over is dropped without a word. */
  override send(event: SessionEvent<Info>): void {
    super.send(event);
  }

  /**
   * Take an exit signal: `killed` stops the actor. Of any other the handler is told where it traps them; else `normal` is
   * ignored, and the session ends as by `stop`.
   */
  exit(signal: ExitSignal): void {
    if (signal.reason.type === 'killed' && signal.linked !== true) this.stop();
    else this.send({ type: 'exit', signal });
  }

  /** Where its statechart is. */
  get state(): SessionState {
    return stateOf(this.kept);
  }

  /** Bytes sent that have not reached the network. */
  get buffered(): number {
    return this.kept.context.lane.buffered;
  }

  /** Messages dropped because the peer did not read them in time. */
  get dropped(): number {
    return this.kept.context.lane.dropped;
  }

  /** What has passed through it. */
  get statistics(): SessionStatistics {
    return this.kept.context.lane.statistics;
  }

  /** What it keeps waiting. */
  get load(): SessionLoad {
    return this.kept.context.lane.load;
  }

  /** What was kept of the handshake's request. */
  get request(): KeptRequest {
    return this.kept.context.lane.request;
  }

  /** Where the peer is, if the transport knows. */
  get peer(): PeerAddress | undefined {
    return this.kept.context.lane.peer;
  }

  /** What it runs over, as its transport says. */
  get transport(): string | undefined {
    return this.kept.context.lane.transport.kind;
  }

  /** What its handler is called. */
  get handler(): string | undefined {
    return this.kept.context.lane.behaviour.name;
  }

  /** Aborted when the session begins to close. */
  get signal(): AbortSignal {
    const { context } = this.kept;
    return context.lane.signal(this.state);
  }

  /** Resolves with the reason when the session has ended and `terminate` has run. */
  exited(): Promise<SessionExit> {
    return new Promise((resolve) => {
      const report = (): void => resolve(this.getSnapshot().output ?? { type: 'killed' });
      if (this.alive) monitor(this, report);
      else report();
    });
  }
}

/**
 * Start the session of a connection whose handshake is done: `init` runs, its reply leaves. Nothing is read from the
 * peer before the session gets `{ type: 'activate' }`, so that its owner can finish what it has to.
 *
 * Throws `TypeError` for limits, timeouts and policies that cannot be, `RangeError` for options of `compression` out of
 * range, and what the transport throws when it is handed over.
 */
export function startSession<State, Info, Opts>(options: SessionOptions<State, Info, Opts>): Session<Info> {
  const { compression, inspect, clock = loopClock } = options;
  assertTuning(options);
  if (compression !== undefined) resolveDeflateOptions(compression.options); // here it can be caught, not in the actor
  const tuning = resolveTuning(options);
  const input: SessionInput = {
    connect(self: unknown) {
      if (!(self instanceof Session)) throw new TypeError('a data lane belongs to a session');
      return new Connection<Info>(self, options, tuning, clock);
    },
  };
  return new Session<Info>(input, clock, inspect).start();
}
