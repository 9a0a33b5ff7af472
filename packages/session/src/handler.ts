import type { Call, ExitSignal } from '@genws/actor';
import type { ReceivedFrame } from '@genws/protocol';
import type { Command } from './command.ts';
import type { SessionExit } from './reason.ts';
import type { SessionRequest } from './request.ts';
import type { SessionRef } from './session-ref.ts';

/** Last in a result: the session expects to be idle. See {@link Result}. */
export const hibernate: unique symbol = Symbol.for('genws.hibernate');

/**
 * What a callback returns.
 *
 * - `['ok', state]`: go on.
 * - `['reply', commands, state]`: send one frame or several, or change the session, in order, then go on. A close frame
 *   ends the list.
 * - `['stop', reason, state]`: close with 1000; `terminate` gets `{ type: 'stop', reason }`.
 *
 * {@link hibernate} as the last element gives back memory that can be rebuilt, compression contexts above all: for a
 * session that expects to be idle.
 */
export type Result<State> = OkResult<State> | ReplyResult<State> | StopResult<State>;

// Tuples, written as interfaces: of those, unlike of tuples, the compiler tells by the first element which one is meant,
// so that in ['ok', 1, hibernate] it does not take the third element for a state.

/** `['ok', state]` or `['ok', state, hibernate]`. */
export interface OkResult<State> {
  readonly 0: 'ok';
  readonly 1: State;
  readonly 2?: typeof hibernate;
  readonly length: 2 | 3;
}

/** `['reply', commands, state]` or `['reply', commands, state, hibernate]`. */
export interface ReplyResult<State> {
  readonly 0: 'reply';
  readonly 1: Command | readonly Command[];
  readonly 2: State;
  readonly 3?: typeof hibernate;
  readonly length: 3 | 4;
}

/** `['stop', reason, state]`. */
export interface StopResult<State> {
  readonly 0: 'stop';
  readonly 1: unknown;
  readonly 2: State;
  readonly length: 3;
}

/** `['answer', reply, state]`: what the `call` gets that this message is. From `handleInfo` alone. */
export interface AnswerResult<State, Reply = unknown> {
  readonly 0: 'answer';
  readonly 1: Reply;
  readonly 2: State;
  readonly length: 3;
}

/** What `handleInfo` returns: a {@link Result}, or the answer to a `call`. */
export type InfoResult<State, Info> = Result<State> | AnswerResult<State, AnswerOf<Info>>;

/** All that a handler of these messages may answer. */
type AnswerOf<Info> = Info extends Call<infer _, infer Reply> ? Reply : never;

/** A result now or later. While a promise is pending, nothing else is dispatched; pings are still answered. */
export type Returned<State> = Result<State> | Promise<Result<State>>;

/** How well a peer takes what it is sent. */
export interface Flow {
  /** `congested`: more than `highWater` waits to be written; `relieved`: it is down to `lowWater`. */
  readonly type: 'congested' | 'relieved';
  /** Bytes waiting to be written. */
  readonly buffered: number;
}

/**
 * The behaviour of a session, like an Erlang callback module. One object serves any number of sessions; what belongs
 * to one session is its `State`. A callback that throws or rejects ends its own session with 1011.
 *
 * `self` is the session. In `init` and `handleIn` its type does not say which messages it takes: they are inferred from
 * `handleInfo`, further down. To have them checked there too, write them out: `self: SessionRef<News>`.
 *
 * @typeParam State what the callbacks pass on, inferred from what `init` returns
 * @typeParam Info messages from other actors, inferred from `handleInfo`
 * @typeParam Opts what the server was given as `handlerOpts`, inferred from `init`
 */
export interface Handler<State, Info = unknown, Opts = unknown> {
  /**
   * The session begins. Nothing is read from the peer until this has settled; frames of a reply leave at once.
   * `self.signal` is aborted when the session ends meanwhile.
   */
  init(request: SessionRequest, opts: Opts, self: SessionRef): Returned<State>;
  /**
   * A message or control frame has arrived. Pings have been answered already; a `close` is answered when this has
   * settled.
   */
  handleIn(frame: ReceivedFrame, state: State, self: SessionRef): Returned<State>;
  /**
   * A message from another actor, sent with `tell`, `broadcast` or `call`. Without it such messages are dropped. A call is
   * answered with `['answer', reply, state]`, or by `answer(message.from, reply)`, then or later.
   */
  handleInfo?(
    message: Info,
    state: State,
    self: SessionRef<Info>,
  ): InfoResult<State, Info> | Promise<InfoResult<State, Info>>;
  /**
   * Makes a message for `handleInfo` of the news that the peer does not keep up, or does again. Without it the handler
   * is not told.
   */
  flowInfo?(flow: Flow): NoInfer<Info>;
  /**
   * Makes a message for `handleInfo` of an exit signal: of a process linked to this one that has ended, or of `exit`.
   * Without it a signal ends the session, as `trap_exit` decides in Erlang. The session's own supervisor, and `killed`,
   * end it all the same.
   */
  exitInfo?(signal: ExitSignal): NoInfer<Info>;
  /** What people call it, where they watch its sessions. */
  readonly name?: string | undefined;
  /** Which edition of the handler this is, for the `codeChange` of a later one. */
  readonly version?: unknown;
  /**
   * This handler takes over from another, of whatever version, in a live session: makes the old state a new one. Without
   * it the state is kept as it is. What it throws leaves the old handler in charge.
   */
  codeChange?(oldState: unknown, fromVersion: unknown): State;
  /** The session is over: once, whatever the reason, if `init` has returned a state. A promise is waited for. */
  terminate?(reason: SessionExit, state: State, self: SessionRef<Info>): void | Promise<void>;
}

/** Give an object literal the types of a handler, inferred from its own callbacks. */
export const defineHandler = <State, Info = unknown, Opts = unknown>(
  handler: Handler<State, Info, Opts>,
): Handler<State, Info, Opts> => handler;

/** Whether an object that is given in place of a handler can be one. */
export function isHandler<Info>(value: object): value is Handler<unknown, Info> {
  return (
    'init' in value && typeof value.init === 'function' && 'handleIn' in value && typeof value.handleIn === 'function'
  );
}

/** `handlerOpts` in the options of a server or client: required where the handler's `init` says what it wants. */
export type WithOpts<Opts> = unknown extends Opts
  ? { readonly handlerOpts?: Opts }
  : {
      /** Handed to the handler's `init`. */
      readonly handlerOpts: Opts;
    };

/** The handler's options among others; `undefined` where the handler does not ask for any. */
export function optsOf<Opts>(options: WithOpts<Opts>): Opts;
export function optsOf(options: { readonly handlerOpts?: unknown }): unknown {
  return options.handlerOpts;
}
