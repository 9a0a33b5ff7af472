import type { ActorRef, AnyEventObject, InteropSubscribable, Observer, Readable, Snapshot, Subscription } from 'xstate';
import type { SessionEvent } from './event.ts';
import { Fifo } from './fifo.ts';
import { InterpreterScope } from './interpreter-scope.ts';
import { Listening, tellAll, tellOfEnd, tellOfFailure, withLast } from './listening.ts';
import { type SessionInput, type SessionSnapshot, sessionMachine } from './machine.ts';
import type { SessionSystem } from './session-system.ts';
import { type KeptSnapshot, whole } from './transition-table.ts';

/** What decides what a session's events lead to. */
export interface SessionLogic {
  getInitialSnapshot(actor: SessionActor, input: SessionInput): KeptSnapshot;
  start(snapshot: KeptSnapshot, actor: SessionActor): void;
  transition(snapshot: KeptSnapshot, event: SessionEvent, actor: SessionActor): KeptSnapshot;
}

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
  #snapshot: KeptSnapshot;
  #status: 'new' | 'idle' | 'processing' | 'stopped' = 'new';
  /** Events that have come while one was being processed, or before the start. */
  #waiting: Fifo<SessionEvent> | undefined;
  /** Once it is inspected. */
  #interpreter: InterpreterScope | undefined;
  /** The first of those who listen, in the order in which they have come. */
  #listening: Listening | undefined;
  /** For `rxjs` and the like, who look for it. */
  declare readonly [Symbol.observable]: () => InteropSubscribable<SessionSnapshot>;

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
    this.#status = 'processing';
    const event = { type: 'xstate.init', input: undefined };
    this.system._sendInspectionEvent({ type: '@xstate.event', sourceRef: undefined, actorRef: this, event });
    try {
      this.#logic.start(this.#snapshot, this);
      this.#update(this.#snapshot, event);
    } catch (error) {
      this.#fail(error);
    }
    this.#processWaiting();
    return this;
  }

  /** Put an event into the mailbox. What comes for a session that is over is dropped without a word. */
  send(event: SessionEvent): void {
    if (this.#status !== 'stopped') this.system._relay(undefined, this, event);
  }

  /** What xstate's systems call to the same end. */
  _send(event: SessionEvent): void {
    if (this.#status === 'stopped') return;
    if (this.#status !== 'idle') {
      this.#waiting ??= new Fifo();
      this.#waiting.push(event);
      return;
    }
    this.#status = 'processing';
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
    const snapshot = whole(this.#snapshot);
    this.#snapshot = snapshot; // the same for all who ask
    return snapshot;
  }

  /** The same for those who only want to know the state and the context. */
  protected get kept(): KeptSnapshot {
    return this.#snapshot;
  }

  /** Whether it has not ended. */
  get alive(): boolean {
    return this.#snapshot.status === 'active';
  }

  getPersistedSnapshot(): Snapshot<unknown> {
    return sessionMachine.getPersistedSnapshot(this.getSnapshot());
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
    const listening = new Listening(observer);
    if (this.#status !== 'stopped') this.#listening = withLast(this.#listening, listening);
    else if (this.#snapshot.status === 'done') tellOfEnd(listening);
    else if (this.#snapshot.status === 'error') tellOfFailure(listening, this.#snapshot.error);
    return listening;
  }

  /** Those who listen, in the order in which they have come; xstate's actors have them under this name. */
  protected get observers(): Observer<SessionSnapshot>[] {
    const observers: Observer<SessionSnapshot>[] = [];
    tellAll(this.#listening, (observer) => observers.push(observer));
    return observers;
  }

  /** A part of the snapshot, for those who want to know when it changes. */
  select<Selected>(
    selector: (snapshot: SessionSnapshot) => Selected,
    same: (a: Selected, b: Selected) => boolean = Object.is,
  ): Readable<Selected> {
    const get = (): Selected => selector(this.getSnapshot());
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

  /** What inspectors draw. */
  get logic(): typeof sessionMachine {
    return sessionMachine;
  }

  get self(): this {
    return this;
  }

  /** What xstate's interpreter runs in. */
  get scope(): InterpreterScope {
    this.#interpreter ??= new InterpreterScope(this, this.system, () => this.#status === 'new');
    return this.#interpreter;
  }

  #process(event: SessionEvent): void {
    const before = this.#snapshot;
    let next: KeptSnapshot;
    try {
      next = this.#logic.transition(before, event, this);
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#update(next === before ? this.#snapshot : next, event); // somebody may have asked for the whole meanwhile
    if (event.type !== 'xstate.stop') return;
    this.#end();
    this.#complete();
  }

  #processWaiting(): void {
    for (let event = this.#waiting?.shift(); event !== undefined; event = this.#waiting?.shift()) this.#process(event);
    this.#waiting = undefined;
    if (this.#status === 'processing') this.#status = 'idle';
  }

  #update(snapshot: KeptSnapshot, event: AnyEventObject): void {
    this.#snapshot = snapshot;
    try {
      this.#interpreter?.carryOut();
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.#listening !== undefined && (snapshot.status === 'active' || snapshot.status === 'done'))
      tellAll(this.#listening, (observer) => observer.next?.(this.getSnapshot()));
    if (snapshot.status === 'done') {
      this.#end();
      this.#complete();
    }
    if (this.system.inspected)
      this.system._sendInspectionEvent({
        type: '@xstate.snapshot',
        actorRef: this,
        event,
        snapshot: this.getSnapshot(),
      });
  }

  /** The logic has thrown. */
  #fail(error: unknown): void {
    this.#snapshot = { ...whole(this.#snapshot), status: 'error', output: undefined, error };
    this.#end();
    const listening = this.#listening;
    this.#listening = undefined;
    tellOfFailure(listening, error);
  }

  /** No event comes any more. */
  #end(): void {
    this.system.scheduler.cancelAll();
    this.#waiting = undefined;
    this.#interpreter?.abandon();
    this.#status = 'stopped';
  }

  #complete(): void {
    const listening = this.#listening;
    this.#listening = undefined;
    tellOfEnd(listening);
  }
}

/** As xstate defines it: under the name that libraries of observables look for. */
Object.defineProperty(SessionActor.prototype, Symbol.observable ?? '@@observable', {
  value(this: SessionActor) {
    return this;
  },
});
