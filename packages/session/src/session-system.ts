import {
  type ActorSystem,
  type ActorSystemInfo,
  type AnyActor,
  type AnyActorRef,
  type AnyEventObject,
  createActor,
  fromCallback,
  type InspectionEvent,
  type Observer,
  type Subscription,
} from 'xstate';

/** How to keep time: real time unless a test brings its own, such as xstate's `SimulatedClock`. */
export interface SessionClock {
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(id: unknown): void;
  /** Ms on a clock that never goes back. */
  now(): number;
}

/** An actor as its system knows it: xstate's types do not show what puts an event into its mailbox. */
type Receiver = AnyActorRef & { _send?(event: AnyEventObject): void };

type Told = InspectionEvent extends infer Event ? (Event extends unknown ? Omit<Event, 'rootId'> : never) : never;
type Inspector = Observer<InspectionEvent>;

/** An event that comes later. */
interface Scheduled {
  readonly id: string;
  readonly event: AnyEventObject;
  readonly delay: number;
  readonly source: AnyActorRef;
  readonly target: Receiver;
  readonly startedAt: number;
  readonly timer: unknown;
}

/**
 * xstate's actor system for a single actor. The one that xstate makes is ready for actors without end: with its maps,
 * and closures for all that it can do, it is a quarter of what a session holds: 1.9 KB.
 */
export class SessionSystem implements ActorSystem<ActorSystemInfo> {
  readonly _clock: SessionClock;
  #id = '';
  #inspectors: readonly Inspector[] = none;
  #scheduled: readonly Scheduled[] = none;

  constructor(clock: SessionClock) {
    this._clock = clock;
  }

  /** Whether anybody hears of what happens. */
  get inspected(): boolean {
    return this.#inspectors.length > 0;
  }

  /** Hear of everything that happens in this system. */
  inspect(observer: Inspector | ((event: InspectionEvent) => void)): Subscription {
    const inspector: Inspector = typeof observer === 'function' ? { next: observer } : observer;
    this.#inspectors = [...this.#inspectors, inspector];
    return {
      unsubscribe: () => {
        this.#inspectors = this.#inspectors.filter((other) => other !== inspector);
      },
    };
  }

  /** Delayed events by their names. */
  getSnapshot(): ReturnType<ActorSystem<ActorSystemInfo>['getSnapshot']> {
    return { _scheduledEvents: Object.fromEntries(this.#scheduled.map((event) => [`${this.#id}.${event.id}`, event])) };
  }

  get scheduler(): this {
    return this;
  }

  schedule(source: AnyActorRef, target: Receiver, event: AnyEventObject, delay: number, id = ''): void {
    this.cancel(source, id);
    if (delay === Number.POSITIVE_INFINITY) return;
    const due = (): void => {
      this.#scheduled = this.#scheduled.filter((other) => other !== scheduled);
      this._relay(source, target, event);
    };
    const timer = this._clock.setTimeout(due, delay);
    const scheduled: Scheduled = { id, event, delay, source, target, startedAt: Date.now(), timer };
    this.#scheduled = [...this.#scheduled, scheduled];
  }

  cancel(_source: AnyActorRef, id: string): void {
    const scheduled = this.#scheduled.find((other) => other.id === id);
    if (scheduled === undefined) return;
    this.#scheduled = this.#scheduled.filter((other) => other !== scheduled);
    this._clock.clearTimeout(scheduled.timer);
  }

  cancelAll(): void {
    for (const { timer } of this.#scheduled) this._clock.clearTimeout(timer);
    this.#scheduled = none;
  }

  // What xstate calls besides, with the names that it has for it.

  _bookId(): string {
    this.#id = `s:${booked++}`;
    return this.#id;
  }

  _relay(source: AnyActorRef | undefined, target: Receiver, event: AnyEventObject): void {
    if (this.#inspectors !== none)
      this._sendInspectionEvent({ type: '@xstate.event', sourceRef: source, actorRef: target, event });
    target._send?.(event);
  }

  _sendInspectionEvent(event: Told): void {
    for (const inspector of this.#inspectors) inspector.next?.({ ...event, rootId: this.#id });
  }

  _logger(...args: unknown[]): void {
    console.log(...args);
  }

  start(): void {}
  _register(): void {}
  _unregister(): void {}

  /** No actor in it has a name. */
  get(): undefined {}
  getAll(): Record<string, never> {
    return {};
  }
}

const none: readonly never[] = [];
let booked = 0;

/** xstate gives an actor the system of its parent. */
const parent: AnyActor = createActor(fromCallback(() => {}));
const noSystem = parent.system;

/** The options of an actor that is the root of a system made before it; {@link weaned} is to follow. */
export function bornInto(system: SessionSystem): { readonly parent: AnyActor } {
  parent.system = system;
  return { parent };
}

/** The actor has been made: it is nobody's child, and the system is that of no other. */
export function weaned(root: { _parent?: AnyActorRef | undefined }): void {
  parent.system = noSystem;
  root._parent = undefined;
}
