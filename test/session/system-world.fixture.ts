import { answer, type Call, call, type From, isCall, tell } from '@genws/actor';
import { type Role, text } from '@genws/protocol';
import {
  codeChange,
  getState,
  type Handler,
  type InfoResult,
  type Result,
  replaceState,
  resume,
  suspend,
  trace,
} from '@genws/session';
import { type MemorySession, quiet, startInMemory } from '../support/memory-session.ts';

/** How a message wants to be handled: at once, by a promise, or, a call, by an answer that comes later still. */
export type Manner = 'now' | 'later' | 'kept';

interface Numbered {
  readonly number: number;
  readonly manner: Manner;
}

export type Message = Numbered | Call<Numbered, number>;

interface State {
  readonly version: number;
  /** Messages and frames that were handled, by all versions together. */
  readonly handled: number;
}

/** A session, all that is asked of it, and what its handlers have been through. */
export class World {
  readonly one: MemorySession<Message>;
  /** Numbers of frames and of messages, as they were handled. */
  readonly frames: number[] = [];
  readonly messages: number[] = [];
  readonly faults = new Set<string>();
  /** What became of each question: how often it was settled, and how. */
  readonly settled: { times: number; how: string; readonly what: string }[] = [];
  readonly #pending: (() => void)[] = [];
  readonly #kept: (() => void)[] = [];
  #framesSent = 0;
  #messagesSent = 0;
  #version = 0;
  #running = 0;
  #suspended = false;
  #suspensions = 0;

  constructor(role: Role) {
    this.one = startInMemory<State, Message, unknown>({
      role,
      handler: this.#handler(0),
      closeTimeout: 100,
      limits: { maxMailbox: 1e6 },
    });
  }

  get sent(): { readonly frames: number; readonly messages: number } {
    return { frames: this.#framesSent, messages: this.#messagesSent };
  }

  /** The peer sends frames, in one write. */
  say(manner: Manner, count: number): void {
    const frames = Array.from({ length: count }, () => ({ opcode: 1, payload: `${this.#framesSent++} ${manner}` }));
    this.one.peer.send(...frames);
  }

  tell(manner: Manner, count: number): void {
    for (let i = 0; i < count; i++) tell(this.one.session, { number: this.#messagesSent++, manner });
  }

  call(manner: Manner): void {
    const number = this.#messagesSent++;
    const asked = call(this.one.session, { number, manner }, { timeout: Number.POSITIVE_INFINITY });
    this.#watch(
      'call',
      asked.then((reply) => {
        if (reply !== number) this.faults.add(`${number} was answered with ${reply}`);
      }),
    );
  }

  suspend(): void {
    const suspension = ++this.#suspensions;
    this.#watch(
      'suspend',
      suspend(this.one.session, forever).then(() => {
        this.#suspended ||= suspension === this.#suspensions; // not resumed, or suspended anew, meanwhile
      }),
    );
  }

  resume(): void {
    this.#suspensions++;
    this.#suspended = false;
    this.#watch('resume', resume(this.one.session, forever));
  }

  change(fails: boolean): void {
    const version = fails ? -1 : ++this.#version;
    this.#watch(fails ? 'failing change' : 'change', codeChange(this.one.session, this.#handler(version), forever));
  }

  look(): void {
    this.#watch('getState', getState(this.one.session, forever));
    this.#watch(
      'replaceState',
      replaceState(this.one.session, (state) => state, forever),
    );
  }

  trace(on: boolean): void {
    this.#watch('trace', trace(this.one.session, on ? () => {} : undefined, forever));
  }

  /** One promise of a handler settles, or one answer that was kept is given. */
  settle(): void {
    const next = this.#pending.shift() ?? this.#kept.shift();
    next?.();
  }

  /** Until nothing is under way any more. */
  async finish(): Promise<void> {
    for (let idle = 0; idle < 3; idle++) {
      await quiet();
      this.one.clock.advance(0); // the turns of a handler that has yielded
      if (this.#pending.length + this.#kept.length > 0) idle = -1;
      while (this.#pending.length > 0) this.#pending.shift()?.();
      while (this.#kept.length > 0) this.#kept.shift()?.();
    }
  }

  #watch(what: string, question: Promise<unknown>): void {
    const entry = { times: 0, how: 'waits', what };
    this.settled.push(entry);
    const settle = (how: string): void => {
      entry.times++;
      entry.how = how;
    };
    question.then(
      () => settle('done'),
      (error: unknown) => settle(error instanceof Error && 'code' in error ? `${error.code}` : `${error}`),
    );
  }

  #handler(version: number): Handler<State, Message> {
    return {
      version,
      init: () => ['ok', { version, handled: 0 }],
      codeChange(old) {
        if (version < 0 || !isState(old)) throw new Error('unfit');
        return { ...old, version };
      },
      handleIn: (frame, state) => {
        if (frame.type !== 'text') return ['ok', state];
        const [number, manner] = frame.data.split(' ');
        this.frames.push(Number(number));
        const result: Result<State> = ['reply', text(`${number}`), { version, handled: state.handled + 1 }];
        return this.#enter(version, state, manner === 'now', result);
      },
      handleInfo: (message, state) => {
        const { number, manner } = isCall(message) ? message.request : message;
        this.messages.push(number);
        const next = { version, handled: state.handled + 1 };
        let result: InfoResult<State, Message> = ['ok', next];
        if (isCall(message) && manner === 'kept') this.#keep(message.from, number);
        else if (isCall(message)) result = ['answer', number, next];
        return this.#enter(version, state, manner !== 'later', result);
      },
    };
  }

  /** A callback runs, until it has returned or its promise is fulfilled. */
  #enter<Returned>(version: number, state: State, atOnce: boolean, result: Returned): Returned | Promise<Returned> {
    if (this.#running > 0) this.faults.add('two callbacks at once');
    if (this.#suspended) this.faults.add('a callback while suspended');
    if (state.version !== version) this.faults.add(`a state of ${state.version} in version ${version}`);
    if (atOnce) return result;
    this.#running++;
    return new Promise((resolve) =>
      this.#pending.push(() => {
        this.#running--;
        resolve(result);
      }),
    );
  }

  #keep(from: From<number>, number: number): void {
    this.#kept.push(() => {
      answer(from, number);
      answer(from, -1); // the first counts
    });
  }
}

const forever = { timeout: Number.POSITIVE_INFINITY };

const isState = (value: unknown): value is State => typeof value === 'object' && value !== null && 'handled' in value;
