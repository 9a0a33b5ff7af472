import { type Session, type SessionRef, sessionMachine } from '@genws/session';
import { send, text } from 'genws';
import type { InspectionEvent } from 'xstate';
import { plainOf, type Redact } from '../values/plain.ts';

/** The version of the protocol of `@statelyai/inspect` that is spoken. */
const version = '0.7.2';

/** The machine as a text: functions by their names. */
const definition = JSON.stringify(sessionMachine.config, (_, value: unknown) =>
  typeof value === 'function' ? value.name : value,
);

/** Most events told in so many ms, and most bytes that wait to be read: what is more is left out. */
const most = 200;
const span = 250;
const maxUnread = 1024 * 1024;

/** Tells whoever speaks the protocol of `@statelyai/inspect` what happens in sessions. */
export class StatelyFeed {
  readonly #self: SessionRef;
  readonly #redact: Redact;
  #since = 0;
  #told = 0;

  constructor(self: SessionRef, redact: Redact) {
    this.#self = self;
    this.#redact = redact;
  }

  /**
   * Tell what happens in a session from here on.
   *
   * @returns what ends it
   */
  follow(session: Session<never>): () => void {
    const actor = { name: session.id, parentId: undefined, definition, snapshot: this.#snapshot(session) };
    this.#tell(session, '@xstate.actor', actor);
    let state = stateOf(session);
    const { unsubscribe } = session.system.inspect((event: InspectionEvent) => {
      if (event.type === '@xstate.event') {
        if (this.#mayTell()) {
          const sourceId = event.sourceRef?.sessionId;
          this.#tell(session, event.type, { event: this.#event(event.event), sourceId });
        }
      } else if (event.type === '@xstate.snapshot') {
        const before = state;
        state = stateOf(session);
        // A change of state is never one too many: they are few, and the last one stays on the screen.
        if (state === before ? !this.#mayTell() : this.#self.buffered > maxUnread) return;
        this.#tell(session, event.type, { event: this.#event(event.event), snapshot: this.#snapshot(session) });
      }
    });
    return unsubscribe;
  }

  /** Before anything is made: a session that is busy pays next to nothing for what is left out. */
  #mayTell(): boolean {
    const now = performance.now();
    if (now - this.#since >= span) {
      this.#since = now;
      this.#told = 0;
    }
    return this.#self.buffered <= maxUnread && this.#told++ < most;
  }

  #tell({ sessionId }: Session<never>, type: InspectionEvent['type'], particulars: object): void {
    const common = { rootId: sessionId, sessionId, createdAt: String(Date.now()), id: null, _version: version };
    send(this.#self, text(JSON.stringify({ type, ...common, ...particulars })), { slowConsumer: 'drop-newest' });
  }

  #snapshot(session: Session<never>): object {
    const { status, value, context, output } = session.getSnapshot();
    const { lane: _, exit, shutdownReason, ...flags } = context;
    const shown = (why: unknown): unknown => (why === undefined ? undefined : plainOf(why, 'exit', this.#redact));
    return {
      status,
      value,
      context: { ...flags, exit: shown(exit), shutdownReason: shown(shutdownReason) },
      output: shown(output),
    };
  }

  #event(event: { readonly type: string }): object {
    return 'message' in event
      ? { type: event.type, message: plainOf(event.message, 'message', this.#redact) }
      : { type: event.type };
  }
}

const stateOf = (session: Session<never>): string => JSON.stringify(session.getSnapshot().value);
