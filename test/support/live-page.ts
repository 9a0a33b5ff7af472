import { type ConnectOptions, connect, defineHandler, type Frame, type Session, type SessionExit, text } from 'genws';
import { Inbox } from './inbox.ts';

// What a page and the process say to each other, as far as the tests look at it: from outside, by what is on the wire.

/** A value that may be seen, or of which only something is said. */
export interface Shown {
  readonly type: string;
  readonly value?: string;
  readonly name?: string;
  readonly entries?: readonly (readonly [key: string, value: Shown])[];
}

export interface Entry {
  readonly kind: string;
  readonly name: string;
  readonly size?: number;
  readonly value?: Shown;
}

export interface Node {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly state: string;
  readonly restarts: number;
  readonly count: number;
  readonly children: readonly Node[];
}

export interface Crash {
  readonly event: string;
  readonly text: string;
  readonly stack?: string;
}

export interface Hello {
  readonly type: 'hello';
  readonly title: string;
  readonly servers: readonly string[];
  readonly chart: { readonly states: readonly { readonly id: string }[]; readonly transitions: readonly object[] };
}

export interface Update {
  readonly type: 'update';
  readonly sessions?: {
    readonly rows: readonly { readonly id: string; readonly messagesIn: number }[];
    readonly gone: readonly string[];
    readonly total: number;
  };
  readonly tree?: { readonly roots: readonly Node[]; readonly crashes: readonly Crash[] };
  readonly groups?: readonly { readonly name: string; readonly size: number; readonly members: readonly string[] }[];
  readonly runtime?: Readonly<Record<string, number>>;
  readonly detail?: {
    readonly id: string;
    readonly active: readonly string[];
    readonly state?: Shown;
    readonly exit?: Shown;
  };
  readonly log?: { readonly entries: readonly Entry[]; readonly lost: number };
}

type Told = Hello | Update | { readonly type: 'acted'; readonly number: number; readonly error?: string };

/** What can be watched. */
export type View = 'sessions' | 'tree' | 'groups' | 'runtime';

type Way = Pick<ConnectOptions<never, never, never>, 'http2' | 'tls' | 'origin' | 'headers' | 'compress'>;

/** The page of an inspector without a screen: it speaks to the process as the real one does. */
export class LivePage implements AsyncDisposable {
  /** Everything that was heard, as it came. */
  readonly heard: string[];
  readonly #session: Session<Frame>;
  readonly #updates = new Inbox<Update>();
  readonly #answers = new Map<number, (error: string | undefined) => void>();
  readonly #greeting = new Inbox<Hello>();
  #number = 0;

  private constructor(session: Session<Frame>, messages: Inbox<string>, heard: string[]) {
    this.#session = session;
    this.heard = heard;
    void this.#read(messages);
  }

  /** Open one. Rejects with `ConnectError` where there is none to be had. */
  static async open(url: string, way: Way = {}): Promise<LivePage> {
    const messages = new Inbox<string>();
    const heard: string[] = [];
    const handler = defineHandler<undefined, Frame>({
      init: () => ['ok', undefined],
      handleIn(frame) {
        if (frame.type === 'text') {
          heard.push(frame.data);
          messages.push(frame.data);
        }
        return ['ok', undefined];
      },
      handleInfo: (frame) => ['reply', frame, undefined],
    });
    const address = `${url.replace(/^http/, 'ws')}/live`;
    const subprotocols = ['genws.inspector'];
    return new LivePage(await connect(address, { ...way, subprotocols, handler, logger: () => {} }), messages, heard);
  }

  get subprotocol(): string | undefined {
    return this.#session.request.subprotocol;
  }

  /** What the process greets with. */
  hello(): Promise<Hello> {
    return this.#greeting.next();
  }

  say(message: object): void {
    this.#session.send({ type: 'info', message: text(JSON.stringify(message)) });
  }

  /** Watch views. */
  watch(...views: readonly View[]): void {
    for (const view of views) this.say({ type: 'watch', view, on: true });
  }

  /** Look at a session. */
  attach(session: string | undefined): void {
    this.say({ type: 'attach', session });
  }

  /** Take updates until there is what is looked for in one, and return that. */
  async until<Found>(find: (update: Update) => Found | undefined): Promise<Found> {
    for (;;) {
      this.say({ type: 'ready' });
      const found = find(await this.#updates.next());
      if (found !== undefined) return found;
    }
  }

  /** Do something to a session. Resolves with what stood in the way. */
  act(
    session: string,
    action: { readonly type: string; readonly [part: string]: string | number },
  ): Promise<string | undefined> {
    const number = this.#number++;
    return new Promise((resolve) => {
      this.#answers.set(number, resolve);
      this.say({ type: 'act', number, session, action });
    });
  }

  /** Vanish, without a word. */
  vanish(): void {
    this.#session.stop();
  }

  exited(): Promise<SessionExit> {
    return this.#session.exited();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#session.send({ type: 'stop', reason: undefined });
    await this.#session.exited();
  }

  async #read(messages: Inbox<string>): Promise<void> {
    for (;;) {
      const message: Told = JSON.parse(await messages.next());
      if (message.type === 'hello') this.#greeting.push(message);
      else if (message.type === 'update') this.#updates.push(message);
      else this.#answers.get(message.number)?.(message.error);
    }
  }
}
