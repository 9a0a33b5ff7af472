import { inspect } from 'node:util';
import { deliver, type InfoEvent, type Logger } from '@genws/actor';
import type { ReceivedFrame } from '@genws/protocol';
import { type Command, describeIllegalCommand } from './command.ts';
import type { Decision, HandlerCommanded } from './event.ts';
import { type Flow, type Handler, hibernate, type Returned } from './handler.ts';
import type { Outbox } from './outbox.ts';
import type { CallbackName, SessionExit } from './reason.ts';
import type { SessionRequest } from './request.ts';
import type { SessionRef, SessionSelf } from './session-ref.ts';
import { describePeer } from './transport.ts';

/** The state of a handler whose `init` has not returned. */
const uninitialised = Symbol('uninitialised');

/** Runs the callbacks of one session's handler, keeps the state they pass on, and turns results into decisions. */
export class Behaviour<State, Info, Opts> {
  readonly #handler: Handler<State, Info, Opts>;
  readonly #outbox: Outbox;
  readonly #self: SessionSelf<Info>;
  readonly #logger: Logger;
  #state: State | typeof uninitialised = uninitialised;
  #terminated = false;

  constructor(handler: Handler<State, Info, Opts>, outbox: Outbox, self: SessionSelf<Info>, logger: Logger) {
    this.#handler = handler;
    this.#outbox = outbox;
    this.#self = self;
    this.#logger = logger;
  }

  init(request: SessionRequest, opts: Opts): Decision {
    const self: SessionRef<Info> = this.#self; // without its inner events
    try {
      return this.#take('init', this.#handler.init(request, opts, self));
    } catch (error) {
      return { type: 'handler.crashed', callback: 'init', error };
    }
  }

  handleIn(frame: ReceivedFrame): Decision {
    if (this.#state === uninitialised) return undefined;
    const self: SessionRef<Info> = this.#self;
    try {
      return this.#take('handleIn', this.#handler.handleIn(frame, this.#state, self));
    } catch (error) {
      return { type: 'handler.crashed', callback: 'handleIn', error };
    }
  }

  handleInfo(message: Info): Decision {
    if (this.#state === uninitialised || this.#handler.handleInfo === undefined) return undefined;
    try {
      return this.#take('handleInfo', this.#handler.handleInfo(message, this.#state, this.#self));
    } catch (error) {
      return { type: 'handler.crashed', callback: 'handleInfo', error };
    }
  }

  /** The message that tells the handler of news about outbound flow; `undefined` when it does not want to know. */
  flowInfo(flow: Flow): InfoEvent<Info> | undefined {
    if (this.#handler.flowInfo === undefined) return undefined;
    return { type: 'info', message: this.#handler.flowInfo(flow) };
  }

  /** What a callback has returned: send the frames, keep the state. */
  apply(callback: CallbackName, result: unknown): Decision {
    try {
      return this.#carryOut(callback, result);
    } catch (error) {
      return { type: 'handler.crashed', callback, error }; // a frame whose getters throw
    }
  }

  #carryOut(callback: CallbackName, result: unknown): Decision {
    if (!isResult<State>(result)) {
      const error = new TypeError(
        `${callback} must return ['ok', state], ['reply', commands, state] or ['stop', reason, state]`,
      );
      return { type: 'handler.crashed', callback, error };
    }
    if (result[0] === 'ok') {
      this.#state = result[1];
      return result.length === 3 ? { ...unchanged, hibernate: true } : undefined;
    }
    this.#state = result[2];
    if (result[0] === 'stop') return { type: 'handler.stopped', reason: result[1] };
    const decision = this.#reply(callback, result[1]);
    return result.length === 4 ? hibernating(decision) : decision;
  }

  /** A promise has settled after the session began to close: only its state still counts, for `terminate`. */
  applyLate(result: unknown): void {
    if (isResult<State>(result)) this.#state = result[0] === 'ok' ? result[1] : result[2];
  }

  /** Call `terminate`, once, unless there is no state for it; then tell the session. */
  terminate(exit: SessionExit): void {
    if (this.#terminated) return;
    this.#terminated = true;
    const state = this.#state;
    this.#state = uninitialised;
    const done = (): void => this.#self.send({ type: 'handler.terminated' });
    const failed = (error: unknown): void => {
      this.reportCrash('terminate', error);
      done();
    };
    try {
      const pending: unknown = state === uninitialised ? undefined : this.#handler.terminate?.(exit, state, this.#self);
      if (isThenable(pending)) pending.then(done, failed);
      else done();
    } catch (error) {
      failed(error);
    }
  }

  /** Tell of an error in a handler. */
  reportCrash(callback: CallbackName, error: unknown): void {
    const { id, peer, state } = this.#self;
    deliver(this.#logger, {
      level: 'error',
      event: 'session.crashed',
      text: `${callback} failed: ${error instanceof Error ? error.message : inspect(error)}`,
      error,
      fields: { session: id, peer: describePeer(peer), state, callback },
    });
  }

  #take(callback: CallbackName, returned: Returned<State>): Decision {
    if (!isThenable(returned)) return this.apply(callback, returned);
    returned.then(
      (result) => this.#self.send({ type: 'handler.resolved', callback, result }),
      (error: unknown) => this.#self.send({ type: 'handler.rejected', callback, error }),
    );
    return { type: 'handler.pending' };
  }

  #reply(callback: CallbackName, commands: Command | readonly Command[]): Decision {
    if (!isCommandList(commands)) return this.#execute(callback, commands);
    let changes: HandlerCommanded | undefined;
    for (const command of commands) {
      const decision = this.#execute(callback, command);
      if (decision === undefined) continue;
      if (decision.type !== 'handler.commanded') return changes ? { ...changes, next: decision } : decision;
      changes = changes ? merged(changes, decision) : decision;
    }
    return changes;
  }

  #execute(callback: CallbackName, command: Command): Decision {
    const illegal = describeIllegalCommand(command);
    if (illegal !== undefined) return this.#refuse(callback, command, illegal);
    switch (command.type) {
      case 'close':
        return { type: 'handler.closed', frame: command };
      case 'deflate':
        this.#outbox.compresses = command.deflate;
        return undefined;
      case 'active':
        return { ...unchanged, active: command.active };
      case 'setOptions':
        return { ...unchanged, options: [command.options] };
      case 'shutdownReason':
        return { ...unchanged, shutdownReason: { reason: command.reason } };
      default:
        return this.#outbox.append(command) === 'congested' ? { type: 'peer.stalled' } : undefined;
    }
  }

  /** A ping that is too long is left out and reported; what is no command at all ends the session. */
  #refuse(callback: CallbackName, command: Command, illegal: string): Decision {
    const control =
      typeof command === 'object' && command !== null && (command.type === 'ping' || command.type === 'pong');
    const error = new TypeError(illegal);
    if (!control) return { type: 'handler.crashed', callback, error };
    const fields = { session: this.#self.id, callback };
    deliver(this.#logger, { level: 'error', event: 'session.frameRefused', text: illegal, error, fields });
    return undefined;
  }
}

const unchanged: HandlerCommanded = {
  type: 'handler.commanded',
  active: undefined,
  shutdownReason: undefined,
  options: [],
  hibernate: false,
  next: undefined,
};

const merged = (earlier: HandlerCommanded, later: HandlerCommanded): HandlerCommanded => ({
  ...unchanged,
  active: later.active ?? earlier.active,
  shutdownReason: later.shutdownReason ?? earlier.shutdownReason,
  options: [...earlier.options, ...later.options],
});

const hibernating = (decision: Decision): HandlerCommanded =>
  decision?.type === 'handler.commanded'
    ? { ...decision, hibernate: true }
    : { ...unchanged, hibernate: true, next: decision };

type Settled<State> = Awaited<Returned<State>>;

function isResult<State>(result: unknown): result is Settled<State> {
  if (!Array.isArray(result)) return false;
  const [tag] = result;
  const length = tag === 'ok' ? 2 : tag === 'reply' || tag === 'stop' ? 3 : 0;
  if (result.length === length) return length > 0;
  return result.length === length + 1 && tag !== 'stop' && result[length] === hibernate;
}

const isCommandList = (commands: Command | readonly Command[]): commands is readonly Command[] =>
  Array.isArray(commands);

function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (Array.isArray(value)) return false; // a result, nearly always
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
