import {
  type Command,
  defineHandler,
  type Handler,
  type SessionExit,
  type SessionRef,
  type SessionRequest,
} from 'genws';
import { expect } from 'vitest';
import { plain } from './decoding.ts';
import { Inbox } from './inbox.ts';

/** Keeps how often each session of a handler was told its end. */
export class Ledger {
  readonly requests = new Inbox<SessionRequest>();
  readonly sessions = new Inbox<SessionRef<Command>>();
  /** What `handleIn` got, in plain form. */
  readonly frames = new Inbox<string>();
  /** One for each `terminate`. */
  readonly exits = new Inbox<SessionExit>();
  /** One list for each session: what its `terminate` was given, as often as it ran. */
  readonly #endings: SessionExit[][] = [];
  /** Echoes text and binary messages, and does what it is told. */
  readonly handler: Handler<SessionExit[], Command>;

  constructor() {
    this.handler = defineHandler<SessionExit[], Command>({
      init: (request, _opts, self) => {
        const ending: SessionExit[] = [];
        this.#endings.push(ending);
        this.requests.push(request);
        this.sessions.push(self);
        return ['ok', ending];
      },
      handleIn: (frame, ending) => {
        this.frames.push(plain(frame));
        return frame.type === 'text' || frame.type === 'binary' ? ['reply', frame, ending] : ['ok', ending];
      },
      handleInfo: (command, ending) => ['reply', command, ending],
      terminate: (exit, ending) => {
        ending.push(exit);
        this.exits.push(exit);
      },
    });
  }

  /** How many sessions there have been. */
  get count(): number {
    return this.#endings.length;
  }

  /** See that `terminate` has run once for every session that there was. */
  expectBalanced(): void {
    expect(this.#endings.filter(({ length }) => length !== 1)).toEqual([]);
  }
}
