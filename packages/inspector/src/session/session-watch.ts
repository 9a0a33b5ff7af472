import { getState, type Session, type TraceEvent, trace } from '@genws/session';
import type { InspectionEvent } from 'xstate';
import type { LogEntry, Plain, SessionDetail } from '../protocol.ts';
import { plainOf, type Redact } from '../values/plain.ts';
import { activeStates } from './chart.ts';
import { type Draft, draftsOfCall, draftsOfEvent } from './log-entry.ts';

/** Entries kept until they are taken: a session that is busy must not drown the page. */
const most = 200;

/** A session that is busy is waited for, until it is over. */
const patient = { timeout: Number.POSITIVE_INFINITY };

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
    // A request given up would be carried out all the same, and nobody would call off the trace. A session that is over
    // cannot be traced: its end is seen all the same.
    this.#tracing = trace(session, (call) => this.#called(call), patient).catch(() => undefined);
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
      this.#add([() => ({ at: Date.now(), kind: 'state', name: active.at(-1) ?? '' })]);
    } else if (event.type === '@xstate.event') this.#add(draftsOfEvent(event.event, this.#redact));
  }

  #called(call: TraceEvent): void {
    this.#stale = true;
    this.#add(draftsOfCall(call, this.#redact));
  }

  /** What is too much is counted, and not even looked at. */
  #add(drafts: readonly Draft[]): void {
    for (const draft of drafts) {
      try {
        if (this.#entries.length < most) this.#entries.push(draft());
        else this.#lost++;
      } catch {
        this.#lost++; // a frame that cannot even be looked at: the session will say so itself
      }
    }
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    this.#stale = false;
    try {
      this.#state = plainOf(await getState(this.session, patient), 'state', this.#redact);
    } catch {
      // it is over
    } finally {
      this.#asking = false;
    }
  }
}
