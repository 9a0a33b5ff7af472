import { inspect } from 'node:util';
import { deliver, type Logger } from '@genws/actor';
import { describeIllegalFrame, type ReceivedFrame } from '@genws/protocol';
import type { OutboundFrame } from './command.ts';
import type { Decision } from './event.ts';
import type { Handler, Returned } from './handler.ts';
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

  /** The session as others hold it: without its inner events. */
  get #ref(): SessionRef<Info> {
    return this.#self;
  }

  init(request: SessionRequest, opts: Opts): Decision {
    try {
      return this.#take('init', this.#handler.init(request, opts, this.#ref));
    } catch (error) {
      return { type: 'handler.crashed', callback: 'init', error };
    }
  }

  handleIn(frame: ReceivedFrame): Decision {
    if (this.#state === uninitialised) return undefined;
    try {
      return this.#take('handleIn', this.#handler.handleIn(frame, this.#state, this.#ref));
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

  /** What a callback has returned: send the frames, keep the state. */
  apply(callback: CallbackName, result: unknown): Decision {
    if (!isResult<State>(result)) {
      const error = new TypeError(
        `${callback} must return ['ok', state], ['reply', frames, state] or ['stop', reason, state]`,
      );
      return { type: 'handler.crashed', callback, error };
    }
    if (result[0] === 'ok') {
      this.#state = result[1];
      return undefined;
    }
    this.#state = result[2];
    return result[0] === 'stop' ? { type: 'handler.stopped', reason: result[1] } : this.#reply(callback, result[1]);
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

  #reply(callback: CallbackName, frames: OutboundFrame | readonly OutboundFrame[]): Decision {
    if (!isFrameList(frames)) return this.#sendFrame(callback, frames);
    for (const frame of frames) {
      const decision = this.#sendFrame(callback, frame);
      if (decision !== undefined) return decision;
    }
    return undefined;
  }

  #sendFrame(callback: CallbackName, frame: OutboundFrame): Decision {
    const illegal = describeIllegalFrame(frame);
    if (illegal !== undefined) return this.#refuse(callback, frame, illegal);
    if (frame.type === 'close') return { type: 'handler.closed', frame };
    return this.#outbox.append(frame) ? undefined : { type: 'peer.stalled' };
  }

  /** A ping that is too long is left out and reported; what is no frame at all ends the session. */
  #refuse(callback: CallbackName, frame: OutboundFrame, illegal: string): Decision {
    const control = typeof frame === 'object' && frame !== null && (frame.type === 'ping' || frame.type === 'pong');
    const error = new TypeError(illegal);
    if (!control) return { type: 'handler.crashed', callback, error };
    const fields = { session: this.#self.id, callback };
    deliver(this.#logger, { level: 'error', event: 'session.frameRefused', text: illegal, error, fields });
    return undefined;
  }
}

type Settled<State> = Awaited<Returned<State>>;

function isResult<State>(result: unknown): result is Settled<State> {
  if (!Array.isArray(result)) return false;
  const [tag] = result;
  return tag === 'ok' ? result.length === 2 : (tag === 'reply' || tag === 'stop') && result.length === 3;
}

const isFrameList = (frames: OutboundFrame | readonly OutboundFrame[]): frames is readonly OutboundFrame[] =>
  Array.isArray(frames);

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
