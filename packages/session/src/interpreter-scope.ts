import type { ActorScope } from 'xstate';
import type { SessionEvent } from './event.ts';
import { Fifo } from './fifo.ts';
import type { SessionSnapshot } from './machine.ts';
import type { SessionSystem } from './session-system.ts';

type Scope = ActorScope<SessionSnapshot, SessionEvent>;

/** What xstate's interpreter runs a session in that is inspected. It calls these functions without their object. */
export class InterpreterScope implements Scope {
  readonly self: Scope['self'];
  readonly id: string;
  readonly sessionId: string;
  readonly system: SessionSystem;
  readonly logger: (...args: unknown[]) => void;
  /** What is to be done when the snapshot is in place. */
  readonly #deferred = new Fifo<() => void>();
  readonly #isNew: () => boolean;

  /** @param isNew whether the actor has not started: all it does waits until it has */
  constructor(self: Scope['self'], system: SessionSystem, isNew: () => boolean) {
    this.self = self;
    this.id = self.id;
    this.sessionId = self.id;
    this.system = system;
    this.logger = system._logger;
    this.#isNew = isNew;
  }

  /** The snapshot is in place. */
  carryOut(): void {
    for (let action = this.#deferred.shift(); action !== undefined; action = this.#deferred.shift()) action();
  }

  /** Nothing of it is done any more. */
  abandon(): void {
    this.#deferred.clear();
  }

  readonly defer = (action: () => void): void => this.#deferred.push(action);

  readonly actionExecutor: Scope['actionExecutor'] = ({ type, params, info, exec }) => {
    const execute = (): void => {
      this.system._sendInspectionEvent({ type: '@xstate.action', actorRef: this.self, action: { type, params } });
      exec?.(info, params);
    };
    if (this.#isNew()) this.defer(execute);
    else execute();
  };

  readonly emit = (): void => {};
  readonly stopChild = (): void => {};
}
