import type { Clock } from '@genws/actor';
import type {
  ActorSystem,
  ActorSystemInfo,
  AnyActorRef,
  AnyEventObject,
  InspectionEvent,
  Observer,
  Subscription,
} from 'xstate';
import { Deadline, setAlone } from './deadline.ts';
import { SharedTimers } from './shared-timers.ts';

/** Most have none. */
const none: readonly never[] = [];

/** An actor as its system knows it: xstate's types do not show what puts an event into its mailbox. */
type Receiver = AnyActorRef & { _send?(event: AnyEventObject): void };

type Told = InspectionEvent extends infer Event ? (Event extends unknown ? Omit<Event, 'rootId'> : never) : never;
/** Who hears of what happens. */
export type Inspector = Observer<InspectionEvent> | ((event: InspectionEvent) => void);

/** An event that comes later. */
class Scheduled extends Deadline {
  readonly id: string;
  readonly event: AnyEventObject;
  readonly delay: number;
  readonly target: Receiver;
  /** What was scheduled before it. */
  next: Scheduled | undefined;

  constructor(target: Receiver, event: AnyEventObject, delay: number, id: string) {
    super();
    this.target = target;
    this.event = event;
    this.delay = delay;
    this.id = id;
  }

  /** The only actor of the system. */
  get source(): Receiver {
    return this.target;
  }

  /** Ms on the session's clock. */
  get startedAt(): number {
    return this.at - (this.list?.ms ?? this.delay);
  }

  override fire(): void {
    const { system } = this.target;
    if (system instanceof SessionSystem) system.due(this);
  }
}

/**
 * xstate's actor system for a single actor. The one that xstate makes is ready for actors without end: with its maps,
 * and closures for all that it can do, it is a quarter of what a session holds: 1.9 KB.
 */
export class SessionSystem implements ActorSystem<ActorSystemInfo> {
  readonly _clock: Clock;
  #id = '';
  #inspectors: readonly Observer<InspectionEvent>[] = none;
  /** The events to come, the latest scheduled first: one, mostly. */
  #scheduled: Scheduled | undefined;

  constructor(clock: Clock) {
    this._clock = clock;
  }

  /** Whether anybody hears of what happens. */
  get inspected(): boolean {
    return this.#inspectors.length > 0;
  }

  /** Hear of everything that happens in this system. */
  inspect(inspector: Inspector): Subscription {
    const observer = typeof inspector === 'function' ? { next: inspector } : inspector;
    this.#inspectors = [...this.#inspectors, observer];
    return {
      unsubscribe: () => {
        this.#inspectors = this.#inspectors.filter((other) => other !== observer);
      },
    };
  }

  /** Delayed events by their names. */
  getSnapshot(): ReturnType<ActorSystem<ActorSystemInfo>['getSnapshot']> {
    const events: [string, Scheduled][] = [];
    for (let event = this.#scheduled; event !== undefined; event = event.next)
      events.push([`${this.#id}.${event.id}`, event]);
    return { _scheduledEvents: Object.fromEntries(events) };
  }

  get scheduler(): this {
    return this;
  }

  schedule(source: AnyActorRef, target: Receiver, event: AnyEventObject, delay: number, id = ''): void {
    this.cancel(source, id);
    if (delay === Number.POSITIVE_INFINITY) return;
    const scheduled = new Scheduled(target, event, delay, id);
    scheduled.next = this.#scheduled;
    this.#scheduled = scheduled;
    if (this._clock instanceof SharedTimers && delay > 0) this._clock.set(scheduled, delay);
    else setAlone(this._clock, scheduled, delay);
  }

  /** The time of an event has come. */
  due(scheduled: Scheduled): void {
    this.#forget(scheduled);
    this._relay(scheduled.source, scheduled.target, scheduled.event);
  }

  cancel(_source: AnyActorRef, id: string): void {
    let scheduled = this.#scheduled;
    while (scheduled !== undefined && scheduled.id !== id) scheduled = scheduled.next;
    if (scheduled === undefined) return;
    this.#forget(scheduled);
    scheduled.callOff();
  }

  cancelAll(): void {
    for (let event = this.#scheduled; event !== undefined; event = event.next) event.callOff();
    this.#scheduled = undefined;
  }

  #forget(scheduled: Scheduled): void {
    if (this.#scheduled === scheduled) {
      this.#scheduled = scheduled.next;
      return;
    }
    let before = this.#scheduled;
    while (before !== undefined && before.next !== scheduled) before = before.next;
    if (before !== undefined) before.next = scheduled.next;
  }

  // What xstate calls besides, with the names that it has for it.

  _bookId(): string {
    this.#id = `s:${booked++}`;
    return this.#id;
  }

  _relay(source: AnyActorRef | undefined, target: Receiver, event: AnyEventObject): void {
    if (this.inspected)
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

let booked = 0;
