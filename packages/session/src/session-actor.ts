import type {
  ActorRef,
  ActorScope,
  AnyEventObject,
  InteropSubscribable,
  Observer,
  Readable,
  Snapshot,
  Subscription,
} from 'xstate';
import type { SessionEvent } from './event.ts';
import { Fifo } from './fifo.ts';
import { type SessionInput, type SessionSnapshot, sessionMachine } from './machine.ts';
import type { SessionSystem } from './session-system.ts';

type Scope = ActorScope<SessionSnapshot, SessionEvent>;

/** What decides what a session's events lead to. */
export interface SessionLogic {
  getInitialSnapshot(actor: SessionActor, input: SessionInput): SessionSnapshot;
  start(snapshot: SessionSnapshot, actor: SessionActor): void;
  transition(snapshot: SessionSnapshot, event: SessionEvent, actor: SessionActor): SessionSnapshot;
}

/** Somebody who hears of a session's snapshots, or of its end, unless it has had enough. */
class Listening implements Subscription {
  readonly observer: Observer<SessionSnapshot>;
  active = true;
  readonly #actor: SessionActor;

  constructor(observer: Observer<SessionSnapshot>, actor: SessionActor) {
    this.observer = observer;
    this.#actor = actor;
  }

  unsubscribe(): void {
    this.active = false;
    forget(this.#actor, this);
  }
}

let forget: (actor: SessionActor, listening: Listening) => void;

const none: readonly never[] = [];
const stopping = { type: 'xstate.stop' } as const;

/**
 * What xstate's `Actor` is to any logic: its mailbox, its observers, its beginning and its end, step by step as there. A
 * session has no children, no parent and emits no events; xstate's actor is ready for all of that with 1.5 KB of objects
 * of which an event passes ten, where this is one.
 */
export class SessionActor implements ActorRef<SessionSnapshot, SessionEvent> {
  /** Unique in this process. */
  readonly id: string;
  readonly system: SessionSystem;
  readonly #logic: SessionLogic;
  #snapshot: SessionSnapshot;
  #status: 'new' | 'running' | 'stopped' = 'new';
  #processing = false;
  /** Events that have come while one was being processed, or before the start. */
  #waiting: Fifo<SessionEvent> | undefined;
  /** What xstate's interpreter does when the snapshot is in place. */
  #deferred: Fifo<() => void> | undefined;
  #scope: Scope | undefined;
  protected observers: readonly Listening[] = none;
  /** For `rxjs` and the like, who look for it. */
  declare readonly [Symbol.observable]: () => InteropSubscribable<SessionSnapshot>;

  static {
    forget = (actor, listening) => {
      actor.observers = actor.observers.filter((other) => other !== listening);
    };
  }

  constructor(logic: SessionLogic, input: SessionInput, system: SessionSystem) {
    this.#logic = logic;
    this.system = system;
    this.id = system._bookId();
    this.send = this.send.bind(this); // as xstate's is
    system._sendInspectionEvent({ type: '@xstate.actor', actorRef: this });
    this.#snapshot = logic.getInitialSnapshot(this, input);
  }

  /** Begin: the logic does what it begins with, then what has come meanwhile is processed. */
  start(): this {
    if (this.#status !== 'new') return this;
    this.#status = 'running';
    const event = { type: 'xstate.init', input: undefined };
    this.system._sendInspectionEvent({ type: '@xstate.event', sourceRef: undefined, actorRef: this, event });
    this.#processing = true;
    try {
      this.#logic.start(this.#snapshot, this);
      this.#update(this.#snapshot, event);
    } catch (error) {
      this.#fail(error);
    }
    this.#processWaiting();
    return this;
  }

  /** Put an event into the mailbox. What comes for an actor that is over is dropped without a word. */
  send(event: SessionEvent): void {
    if (this.#status !== 'stopped') this.system._relay(undefined, this, event);
  }

  /** What xstate's systems call to the same end. */
  _send(event: SessionEvent): void {
    if (this.#status === 'stopped') return;
    if (this.#processing || this.#status === 'new') {
      this.#waiting ??= new Fifo();
      this.#waiting.push(event);
      return;
    }
    this.#processing = true;
    this.#process(event);
    this.#processWaiting();
  }

  /** End at once. The logic is told, and nobody else's events are processed any more. */
  stop(): this {
    this.#waiting = undefined;
    if (this.#status === 'new') this.#status = 'stopped';
    else this._send(stopping);
    return this;
  }

  getSnapshot(): SessionSnapshot {
    return this.#snapshot;
  }

  getPersistedSnapshot(): Snapshot<unknown> {
    return sessionMachine.getPersistedSnapshot(this.#snapshot);
  }

  /** Hear of each snapshot from the next on, of the end, or of a failure. Who comes after that hears of it at once. */
  subscribe(observer: Observer<SessionSnapshot>): Subscription;
  subscribe(
    next: (snapshot: SessionSnapshot) => void,
    error?: (error: unknown) => void,
    complete?: () => void,
  ): Subscription;
  subscribe(
    next: Observer<SessionSnapshot> | ((snapshot: SessionSnapshot) => void),
    error?: (error: unknown) => void,
    complete?: () => void,
  ): Subscription {
    const observer: Observer<SessionSnapshot> =
      typeof next === 'function' ? { next, ...(error && { error }), ...(complete && { complete }) } : next;
    const listening = new Listening(observer, this);
    if (this.#status !== 'stopped')
      this.observers = this.observers.concat(listening); // spread into an array, it would have room for 16 more
    else if (this.#snapshot.status === 'done') guarded(() => observer.complete?.());
    else if (this.#snapshot.status === 'error') tellOfFailure([listening], this.#snapshot.error);
    return listening;
  }

  /** A part of the snapshot, for those who want to know when it changes. */
  select<Selected>(
    selector: (snapshot: SessionSnapshot) => Selected,
    same: (a: Selected, b: Selected) => boolean = Object.is,
  ): Readable<Selected> {
    const get = (): Selected => selector(this.#snapshot);
    return {
      get,
      subscribe: (next: Observer<Selected> | ((selected: Selected) => void)): Subscription => {
        let last = get();
        return this.subscribe((snapshot) => {
          const selected = selector(snapshot);
          if (same(last, selected)) return;
          last = selected;
          if (typeof next === 'function') next(selected);
          else next.next?.(selected);
        });
      },
    };
  }

  /** A session emits no events. */
  on(): Subscription {
    return { unsubscribe() {} };
  }

  toJSON(): unknown {
    return { xstate$$type: 1, id: this.id };
  }

  get sessionId(): string {
    return this.id;
  }

  get src(): typeof sessionMachine {
    return sessionMachine;
  }

  get logic(): typeof sessionMachine {
    return sessionMachine;
  }

  get self(): this {
    return this;
  }

  /** The scope that xstate's interpreter runs in. It calls its functions without it, and changes it. */
  get scope(): Scope {
    const { id, sessionId, system } = this;
    this.#scope ??= {
      self: this,
      id,
      sessionId,
      system,
      logger: system._logger,
      defer: (action) => this.#defer(action),
      actionExecutor: ({ type, params, info, exec }) => {
        const execute = (): void => {
          system._sendInspectionEvent({ type: '@xstate.action', actorRef: this, action: { type, params } });
          exec?.(info, params);
        };
        if (this.#status === 'running') execute();
        else this.#defer(execute);
      },
      emit() {},
      stopChild() {},
    };
    return this.#scope;
  }

  #defer(action: () => void): void {
    this.#deferred ??= new Fifo();
    this.#deferred.push(action);
  }

  #process(event: SessionEvent): void {
    let next: SessionSnapshot;
    try {
      next = this.#logic.transition(this.#snapshot, event, this);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#update(next, event);
    if (event.type !== 'xstate.stop') return;
    this.#end();
    this.#complete();
  }

  #processWaiting(): void {
    for (let event = this.#waiting?.shift(); event !== undefined; event = this.#waiting?.shift()) this.#process(event);
    this.#waiting = undefined;
    this.#processing = false;
  }

  #update(snapshot: SessionSnapshot, event: AnyEventObject): void {
    this.#snapshot = snapshot;
    try {
      for (let action = this.#deferred?.shift(); action !== undefined; action = this.#deferred?.shift()) action();
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (snapshot.status === 'active' || snapshot.status === 'done')
      for (const listening of this.observers)
        if (listening.active && listening.observer.next !== undefined)
          guarded(() => listening.observer.next?.(snapshot));
    if (snapshot.status === 'done') {
      this.#end();
      this.#complete();
    }
    if (this.system.inspected)
      this.system._sendInspectionEvent({ type: '@xstate.snapshot', actorRef: this, event, snapshot });
  }

  /** The logic has thrown. */
  #fail(error: unknown): void {
    this.#snapshot = { ...this.#snapshot, status: 'error', output: undefined, error };
    this.#end();
    const listening = this.observers;
    this.observers = none;
    tellOfFailure(listening, error);
  }

  /** No event comes any more. */
  #end(): void {
    this.system.scheduler.cancelAll();
    this.#waiting = undefined;
    this.#deferred = undefined;
    this.#status = 'stopped';
  }

  #complete(): void {
    for (const { active, observer } of this.observers) if (active) guarded(() => observer.complete?.());
    this.observers = none;
  }
}

/** As xstate defines it: under the name that libraries of observables look for. */
Object.defineProperty(SessionActor.prototype, Symbol.observable ?? '@@observable', {
  value(this: SessionActor) {
    return this;
  },
});

/** What an observer throws is nobody else's business: it ends the process, unless the program has another idea. */
function guarded(tell: () => void): void {
  try {
    tell();
  } catch (error) {
    thrownLater(error);
  }
}

/** A failure that nobody hears of, or not everybody, is thrown. */
function tellOfFailure(listening: readonly Listening[], failure: unknown): void {
  let unheard = listening.length === 0;
  for (const { active, observer } of listening) {
    if (!active) continue;
    unheard ||= observer.error === undefined;
    guarded(() => observer.error?.(failure));
  }
  if (unheard) thrownLater(failure);
}

function thrownLater(error: unknown): void {
  setTimeout(() => {
    throw error;
  });
}
