import { isAlive } from './alive.ts';
import { longestDelay } from './clock.ts';
import type { AnyExitReason } from './exit-reason.ts';
import { type Recipient, tell } from './message.ts';
import { demonitor, type Monitorable, type MonitorRef, monitor } from './monitor.ts';
import { runningActor } from './running.ts';

/** Who waits for the answer to a {@link Call}: for {@link answer}, now or later. */
export interface From<in Reply> {
  answer(reply: Reply): void;
}

/**
 * A message that is to be answered. What an actor can be asked stands in the type of its messages:
 * `Call<{ type: 'count' }, number> | Call<{ type: 'add'; by: number }, void> | News`.
 */
export interface Call<Request, Reply> {
  readonly type: 'call';
  readonly request: Request;
  readonly from: From<Reply>;
}

/** What an actor that takes these messages can be asked. Of one that takes any message nothing is known. */
export type RequestOf<Message> = unknown extends Message
  ? unknown
  : Message extends Call<infer Request, infer _>
    ? Request
    : never;

/** What an actor that takes these messages answers to a request. */
export type ReplyOf<Message, Request> = unknown extends Message
  ? unknown
  : Message extends Call<infer Known, infer Reply>
    ? Request extends Known
      ? Reply
      : never
    : never;

/** The requests that are told apart by their `type`, and it is the compiler that does. */
type Typed<Request, Type> = Request extends { readonly type: infer Own } ? (Type extends Own ? Request : never) : never;

type Untyped<Request> = Request extends { readonly type: unknown } ? never : Request;

/** What is answered to the requests of a type. */
type ReplyTo<Message, Type> =
  Message extends Call<infer Request, infer Reply> ? ([Typed<Request, Type>] extends [never] ? never : Reply) : never;

type TypeOf<Request> = Request extends { readonly type: infer Type } ? Type : never;

/** Why a {@link call} was not answered. */
export type CallFailure =
  /** Not within the time given. */
  | { readonly code: 'timeout'; readonly timeout: number }
  /** The actor had ended before it was asked. */
  | { readonly code: 'noproc' }
  /** It ended after it was asked, before it had answered. */
  | { readonly code: 'down'; readonly reason: AnyExitReason }
  /** It asked itself. */
  | { readonly code: 'deadlock' };

/** The one error that {@link call} rejects with. */
export class CallError extends Error {
  override readonly name = 'CallError';
  /** What went wrong, as data. */
  readonly failure: CallFailure;

  constructor(failure: CallFailure) {
    super(describe(failure));
    this.failure = failure;
  }

  /** Names the failure. */
  get code(): CallFailure['code'] {
    return this.failure.code;
  }

  /** Why the actor ended, where it did. */
  get reason(): AnyExitReason | undefined {
    return this.failure.code === 'down' ? this.failure.reason : undefined;
  }
}

function describe(failure: CallFailure): string {
  switch (failure.code) {
    case 'timeout':
      return `no answer within ${failure.timeout} ms`;
    case 'noproc':
      return 'there is no such actor any more';
    case 'down':
      return `the actor ended before it had answered, with reason ${failure.reason.type}`;
    case 'deadlock':
      return 'an actor that waits for its own answer waits for ever';
  }
}

/** How long to wait for an answer. */
export interface CallOptions {
  /** Ms. Default 5000; `Infinity` waits until the actor ends. */
  readonly timeout?: number;
}

/** A question that has been asked. Holds nothing any more once it is settled, however long an actor keeps it. */
class Question<Reply> implements From<Reply> {
  #asker: { readonly resolve: (reply: Reply) => void; readonly reject: (error: CallError) => void } | undefined;
  #monitor: MonitorRef | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(resolve: (reply: Reply) => void, reject: (error: CallError) => void) {
    this.#asker = { resolve, reject };
  }

  ask(target: Monitorable, put: (from: From<Reply>) => void, timeout: number): void {
    this.#monitor = monitor(target, ({ reason }) => this.#fail({ code: 'down', reason }));
    put(this);
    if (this.#asker === undefined || timeout > longestDelay) return;
    this.#timer = setTimeout(() => this.#fail({ code: 'timeout', timeout }), timeout);
  }

  answer(reply: Reply): void {
    this.#settle()?.resolve(reply);
  }

  #fail(failure: CallFailure): void {
    this.#settle()?.reject(new CallError(failure));
  }

  #settle() {
    const asker = this.#asker;
    this.#asker = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#monitor !== undefined) demonitor(this.#monitor);
    this.#monitor = undefined;
    return asker;
  }
}

/**
 * Ask an actor and wait for its answer: the actor is told a {@link Call}, and {@link answer}s it. What can be asked, and
 * what is answered, is inferred from the messages that the actor takes.
 *
 * Rejects with {@link CallError}: `timeout`, `noproc`, `down`, or `deadlock` where an actor's code asks the actor
 * itself. An answer that comes after that is dropped. Throws `RangeError` for a timeout that is none.
 *
 * @param options `timeout`: ms to wait, default 5000
 */
export function call<Message, const Request extends Untyped<RequestOf<Message>>>(
  target: Recipient<Message> & Monitorable,
  request: Request,
  options?: CallOptions,
): Promise<ReplyOf<Message, Request>>;
export function call<Message, Type extends TypeOf<RequestOf<Message>> & PropertyKey>(
  target: Recipient<Message> & Monitorable,
  request: { readonly type: Type } & Typed<RequestOf<Message>, Type>,
  options?: CallOptions,
): Promise<ReplyTo<Message, Type>>;
export function call<Request, Reply>(
  target: Recipient<Call<Request, Reply>> & Monitorable,
  request: Request,
  { timeout }: CallOptions = {},
): Promise<Reply> {
  return question(target, (from) => tell(target, { type: 'call', request, from }), timeout);
}

/**
 * {@link call} with words of one's own: put a question to an actor, in whatever event it is, and wait until the `from` in
 * it is answered.
 */
export function question<Reply>(target: Monitorable, put: (from: From<Reply>) => void, timeout = 5000): Promise<Reply> {
  if (!(timeout >= 0)) throw new RangeError(`a timeout is a number of ms from 0 on, not ${timeout}`);
  if (runningActor() === target) return Promise.reject(new CallError({ code: 'deadlock' }));
  if (!isAlive(target)) return Promise.reject(new CallError({ code: 'noproc' }));
  return new Promise((resolve, reject) => new Question(resolve, reject).ask(target, put, timeout));
}

/**
 * Answer a {@link Call}, from wherever its `from` has been kept. The first answer counts; one that comes too late, or
 * again, is dropped. The answer to a call that expects none is `answer(from)`.
 */
export function answer(from: From<void>): void;
export function answer<Reply>(from: From<Reply>, reply: NoInfer<Reply>): void;
export function answer<Reply>(from: From<Reply | undefined>, reply?: Reply): void {
  from.answer(reply);
}

/**
 * Whether a message is a {@link Call}, and one with a request of a certain `type` where that is given. Tells the
 * compiler, too, so that it knows what `message.from` is to be answered: that it cannot see by `message.request.type`.
 */
export function isCall<Message>(message: Message): message is Extract<Message, Call<unknown, never>>;
export function isCall<Message, Type extends TypeOf<RequestOf<Message>> & PropertyKey>(
  message: Message,
  type: Type,
): message is Extract<Message, Call<{ readonly type: Type }, never>>;
export function isCall(message: unknown, type?: unknown): boolean {
  if (!hasType(message) || message.type !== 'call' || !('request' in message) || !('from' in message)) return false;
  return type === undefined || (hasType(message.request) && message.request.type === type);
}

const hasType = (value: unknown): value is { readonly type: unknown } =>
  typeof value === 'object' && value !== null && 'type' in value;
