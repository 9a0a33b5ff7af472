import { inspect } from 'node:util';
import {
  answer,
  type Call,
  deliver,
  type ExitSignal,
  type From,
  type InfoEvent,
  isCall,
  type Logger,
} from '@genws/actor';
import type { ReceivedFrame } from '@genws/protocol';
import { type Command, describeIllegalCommand } from './command.ts';
import type { Decision, HandlerCommanded } from './event.ts';
import { type Flow, type Handler, isHandler } from './handler.ts';
import type { Outbox } from './outbox.ts';
import type { CallbackName, SessionExit } from './reason.ts';
import { afterFrame, afterMessage, describeInputs, sizeOf } from './recent-inputs.ts';
import type { SessionRequest } from './request.ts';
import {
  type AnyResult,
  hibernating,
  isCommandList,
  isResult,
  isThenable,
  merged,
  noResult,
  unchanged,
} from './result.ts';
import type { SessionRef, SessionSelf } from './session-ref.ts';
import type { SystemEvent, SystemReply, SystemRequest } from './system-request.ts';
import { traced, tracersOf } from './tracing.ts';
import { describePeer } from './transport.ts';

/** The state of a handler whose `init` has not returned. */
const uninitialised = Symbol('uninitialised');

/** Whose handler it is. */
export interface BehaviourOwner<Info> {
  readonly outbox: Outbox;
  readonly self: SessionSelf<Info>;
  readonly logger: Logger;
}

/** Runs the callbacks of one session's handler, keeps the state they pass on, and turns results into decisions. */
export class Behaviour<Info> {
  /** The handler, and what runs for it: itself, or itself being traced. */
  #code: Handler<unknown, Info>;
  #handler: Handler<unknown, Info>;
  /** Who waits for the answer to the call that the handler deals with. */
  #asker: From<unknown> | undefined;
  readonly #owner: BehaviourOwner<Info>;
  #state: unknown = uninitialised;
  #terminated = false;
  /** What the handler was given last, and how long the latest of it was. */
  #recent = 0;
  #size = 0;

  constructor(handler: Handler<unknown, Info>, owner: BehaviourOwner<Info>) {
    this.#code = handler;
    this.#handler = handler;
    this.#owner = owner;
  }

  /** What the handler is called. */
  get name(): string | undefined {
    return this.#code.name;
  }

  init(request: SessionRequest, opts: unknown): Decision {
    const self: SessionRef<Info> = this.#owner.self; // without its inner events
    try {
      return this.#take('init', this.#handler.init(request, opts, self));
    } catch (error) {
      return { type: 'handler.crashed', callback: 'init', error };
    }
  }

  handleIn(frame: ReceivedFrame): Decision {
    if (this.#state === uninitialised) return undefined;
    this.#recent = afterFrame(this.#recent, frame);
    const decision = this.#handleIn(frame);
    if (decision !== undefined) this.#size = sizeOf(frame); // it may be a crash, or become one
    return decision;
  }

  #handleIn(frame: ReceivedFrame): Decision {
    const self: SessionRef<Info> = this.#owner.self;
    try {
      return this.#take('handleIn', this.#handler.handleIn(frame, this.#state, self));
    } catch (error) {
      return { type: 'handler.crashed', callback: 'handleIn', error };
    }
  }

  handleInfo(message: Info): Decision {
    if (this.#state === uninitialised || this.#handler.handleInfo === undefined) return undefined;
    this.#asker = askerOf(message);
    this.#recent = afterMessage(this.#recent, this.#asker !== undefined);
    this.#size = 0;
    try {
      return this.#take('handleInfo', this.#handler.handleInfo(message, this.#state, this.#owner.self));
    } catch (error) {
      return { type: 'handler.crashed', callback: 'handleInfo', error };
    }
  }

  /** The message that tells the handler of news about outbound flow; `undefined` when it does not want to know. */
  flowInfo(flow: Flow): InfoEvent<Info> | undefined {
    if (this.#code.flowInfo === undefined) return undefined;
    return { type: 'info', message: this.#code.flowInfo(flow) };
  }

  /** The message that an exit signal is to the handler; `undefined` when it does not trap them. */
  exitInfo(signal: ExitSignal): InfoEvent<Info> | undefined {
    if (this.#code.exitInfo === undefined) return undefined;
    return { type: 'info', message: this.#code.exitInfo(signal) };
  }

  /** Do what was asked of the session itself. While it ends, and has no state any more, who asks is told of its end. */
  answer({ request, from }: SystemEvent): Decision {
    if (this.#state === uninitialised) return undefined;
    const reply = this.#system(request);
    try {
      answer(from, reply);
    } catch {} // whoever made a `from` that throws does not want to know
    if (!reply.ok) return undefined;
    if (request.type === 'suspend') return { type: 'system.suspended' };
    return request.type === 'resume' ? { type: 'system.resumed' } : undefined;
  }

  #system(request: SystemRequest): SystemReply {
    try {
      switch (request.type) {
        case 'getState':
        case 'suspend':
        case 'resume':
          break;
        case 'replaceState':
          this.#state = request.change(this.#state);
          break;
        case 'trace':
          this.#trace(request);
          break;
        case 'changeCode':
          this.#changeCode(request.handler);
          break;
        default:
          throw new TypeError(`a session is asked for nothing like ${inspect(request satisfies never)}`);
      }
      return { ok: true, value: this.#state };
    } catch (error) {
      return { ok: false, error };
    }
  }

  #trace({ listener, on }: Extract<SystemRequest, { type: 'trace' }>): void {
    const others = listener === undefined ? [] : tracersOf(this.#handler).filter((other) => other !== listener);
    const listeners = listener !== undefined && on ? [...others, listener] : others;
    this.#handler =
      listeners.length === 0 ? this.#code : traced(this.#code, listeners, this.#owner.self.id, this.#owner.logger);
  }

  #changeCode(handler: object): void {
    if (!isHandler<Info>(handler)) throw new TypeError('a handler has at least init and handleIn');
    if (handler.codeChange !== undefined) this.#state = handler.codeChange(this.#state, this.#code.version);
    this.#code = handler;
    this.#handler = handler;
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
    const asker = this.#asker;
    this.#asker = undefined;
    if (!isResult(result) || (result[0] === 'answer' && asker === undefined)) {
      return { type: 'handler.crashed', callback, error: noResult(callback) };
    }
    if (result[0] === 'ok') {
      this.#state = result[1];
      return result.length === 3 ? { ...unchanged, hibernate: true } : undefined;
    }
    this.#state = result[2];
    if (result[0] === 'answer') {
      asker?.answer(result[1]);
      return undefined;
    }
    if (result[0] === 'stop') return { type: 'handler.stopped', reason: result[1] };
    const decision = this.#reply(callback, result[1]);
    return result.length === 4 ? hibernating(decision) : decision;
  }

  /** A promise has settled after the session began to close: only its state still counts, for `terminate`. */
  applyLate(result: unknown): void {
    if (isResult(result)) this.#state = result[0] === 'ok' ? result[1] : result[2];
  }

  /** Call `terminate`, once, unless there is no state for it; then tell the session. */
  terminate(exit: SessionExit): void {
    if (this.#terminated) return;
    this.#terminated = true;
    const state = this.#state;
    this.#state = uninitialised;
    const done = (): void => this.#owner.self.send({ type: 'handler.terminated' });
    const failed = (error: unknown): void => {
      this.reportCrash('terminate', error);
      done();
    };
    try {
      const pending: unknown =
        state === uninitialised ? undefined : this.#handler.terminate?.(exit, state, this.#owner.self);
      if (isThenable(pending)) pending.then(done, failed);
      else done();
    } catch (error) {
      failed(error);
    }
  }

  /** Tell of an error in a handler. */
  reportCrash(callback: CallbackName, error: unknown): void {
    const { id, peer, state } = this.#owner.self;
    const inputs = describeInputs(this.#recent);
    const size = this.#size > 0 ? this.#size : undefined;
    deliver(this.#owner.logger, {
      level: 'error',
      event: 'session.crashed',
      text: `${callback} failed: ${error instanceof Error ? error.message : inspect(error)}`,
      error,
      fields: { session: id, peer: describePeer(peer), state, callback, inputs, size },
    });
  }

  #take(callback: CallbackName, returned: AnyResult | Promise<AnyResult>): Decision {
    if (!isThenable(returned)) return this.apply(callback, returned);
    returned.then(
      (result) => this.#owner.self.send({ type: 'handler.resolved', callback, result }),
      (error: unknown) => this.#owner.self.send({ type: 'handler.rejected', callback, error }),
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
        this.#owner.outbox.compresses = command.deflate;
        return undefined;
      case 'active':
        return { ...unchanged, active: command.active };
      case 'setOptions':
        return { ...unchanged, options: [command.options] };
      case 'shutdownReason':
        return { ...unchanged, shutdownReason: { reason: command.reason } };
      default:
        return this.#owner.outbox.append(command) === 'congested' ? { type: 'peer.stalled' } : undefined;
    }
  }

  /** A ping that is too long is left out and reported; what is no command at all ends the session. */
  #refuse(callback: CallbackName, command: Command, illegal: string): Decision {
    const control =
      typeof command === 'object' && command !== null && (command.type === 'ping' || command.type === 'pong');
    const error = new TypeError(illegal);
    if (!control) return { type: 'handler.crashed', callback, error };
    const fields = { session: this.#owner.self.id, callback };
    deliver(this.#owner.logger, { level: 'error', event: 'session.frameRefused', text: illegal, error, fields });
    return undefined;
  }
}

/** Who waits for an answer to a message, if it is a call. */
const askerOf = (message: unknown): From<unknown> | undefined => (isAnyCall(message) ? message.from : undefined);
const isAnyCall = (message: unknown): message is Call<unknown, unknown> => isCall(message);
