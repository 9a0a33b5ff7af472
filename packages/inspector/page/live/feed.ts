import type { Action, PageMessage, ProcessMessage, Update, View } from '../../src/protocol.ts';

/** What becomes of what the process says. */
export interface Listener {
  hello(hello: Extract<ProcessMessage, { type: 'hello' }>): void;
  /** A view is asked for anew: what follows may be all of it. */
  watching(view: View): void;
  update(update: Update): void;
  acted(number: number, error: string | undefined): void;
}

/** What the page wants of the process, and what it has asked for already. */
export class Feed {
  readonly #send: (message: PageMessage) => void;
  readonly #listener: Listener;
  readonly #whenShown: (done: () => void) => void;
  #live = false;
  #wanted: ReadonlySet<View> = new Set();
  #watched = new Set<View>();
  #session: string | undefined;

  /** `whenShown` calls back when what has been told is to be seen: until then no more is asked for. */
  constructor(send: (message: PageMessage) => void, listener: Listener, whenShown: (done: () => void) => void) {
    this.#send = send;
    this.#listener = listener;
    this.#whenShown = whenShown;
  }

  take(message: ProcessMessage): void {
    switch (message.type) {
      case 'hello':
        this.#begin(message);
        break;
      case 'update':
        this.#listener.update(message);
        this.#whenShown(() => this.#send({ type: 'ready' }));
        break;
      case 'acted':
        this.#listener.acted(message.number, message.error);
        break;
    }
  }

  /** The connection is gone, and with it all that was asked for. */
  lose(): void {
    this.#live = false;
    this.#watched.clear();
  }

  /** These views are to be seen, and no others. */
  watch(views: ReadonlySet<View>): void {
    this.#wanted = views;
    if (this.#live) this.#ask();
  }

  attach(session: string | undefined): void {
    if (session === this.#session) return;
    this.#session = session;
    if (this.#live) this.#send({ type: 'attach', session });
  }

  act(number: number, session: string, action: Action): void {
    this.#send({ type: 'act', number, session, action });
  }

  #begin(hello: Extract<ProcessMessage, { type: 'hello' }>): void {
    this.#live = true;
    this.#watched.clear();
    this.#listener.hello(hello);
    if (this.#session !== undefined) this.#send({ type: 'attach', session: this.#session });
    this.#ask();
    this.#send({ type: 'ready' });
  }

  #ask(): void {
    for (const view of this.#watched) {
      if (this.#wanted.has(view)) continue;
      this.#watched.delete(view);
      this.#send({ type: 'watch', view, on: false });
    }
    for (const view of this.#wanted) {
      if (this.#watched.has(view)) continue;
      this.#watched.add(view);
      this.#listener.watching(view);
      this.#send({ type: 'watch', view, on: true });
    }
  }
}
