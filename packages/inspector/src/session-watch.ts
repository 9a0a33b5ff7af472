import { getState, type Session, type TraceEvent, trace } from '@genws/session';
import type { InspectionEvent } from 'xstate';
import { activeStates } from './chart.ts';
import { entriesOfCall, entryOfEvent } from './log-entry.ts';
import { plainOf, type Redact } from './plain.ts';
import type { LogEntry, Plain, SessionDetail } from './protocol.ts';

/** Entries kept until they are taken: a session that is busy must not drown the page. */
const most = 200;

/** How long a session has to tell its state, ms. */
const patience = 1000;

/** What has happened since the last time. */
export interface Happenings {
  readonly entries: readonly LogEntry[];
  readonly lost: number;
}

/** Watches one session, from here on until it has enough: its transitions, its mailbox, its handler's callbacks. */
export class SessionWatch {
  readonly session: Session<never>;
  readonly #redact: Redact;
  readonly #inspection: { unsubscribe(): void };
  readonly #tracing: Promise<(() => Promise<void>) | undefined>;
  #entries: LogEntry[] = [];
  #lost = 0;
  #active: readonly string[];
  #state: Plain | undefined;
  #asking = false;
  #stale = true;

  constructor(session: Session<never>, redact: Redact) {
    this.session = session;
    this.#redact = redact;
    this.#active = activeStates(session.getSnapshot().value);
    this.#inspection = session.system.inspect((event: InspectionEvent) => this.#happened(event));
    // A session that is busy, or over, cannot be traced: its transitions are seen all the same.
    this.#tracing = trace(session, (call) => this.#called(call)).catch(() => undefined);
  }

  /** What is there to be seen of it now. The state of its handler is asked for, and seen the next time. */
  get detail(): SessionDetail {
    const { id } = this.session;
    const { status, output } = this.session.getSnapshot();
    if (status === 'active' && this.#stale && !this.#asking) void this.#ask();
    const exit = status === 'active' ? undefined : plainOf(output ?? { type: 'killed' }, 'exit', this.#redact);
    return { id, active: this.#active, state: this.#state, exit };
  }

  /** Take what has happened since the last time. */
  take(): Happenings {
    const happenings = { entries: this.#entries, lost: this.#lost };
    this.#entries = [];
    this.#lost = 0;
    return happenings;
  }

  stop(): void {
    this.#inspection.unsubscribe();
    this.#tracing.then((enough) => enough?.()).catch(() => {}); // it may have ended meanwhile
  }

  #happened(event: InspectionEvent): void {
    if (event.type === '@xstate.snapshot' && 'value' in event.snapshot) {
      const active = activeStates(event.snapshot.value);
      if (active.join() === this.#active.join()) return;
      this.#active = active;
      this.#add(() => ({ at: Date.now(), kind: 'state', name: active.at(-1) ?? '' }));
    } else if (event.type === '@xstate.event') this.#add(() => entryOfEvent(event.event, this.#redact));
  }

  #called(call: TraceEvent): void {
    this.#stale = true;
    for (const entry of entriesOfCall(call, this.#redact)) this.#add(() => entry);
  }

  /** What is too much is counted, and not even looked at. */
  #add(make: () => LogEntry | undefined): void {
    if (this.#entries.length >= most) {
      this.#lost++;
      return;
    }
    const entry = make();
    if (entry !== undefined) this.#entries.push(entry);
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    this.#stale = false;
    try {
      this.#state = plainOf(await getState(this.session, { timeout: patience }), 'state', this.#redact);
    } catch {
      this.#stale = true; // it is busy: later
    } finally {
      this.#asking = false;
    }
  }
}
