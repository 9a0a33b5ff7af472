import type { Session } from '@genws/session';
import type { SessionRow } from '../protocol.ts';
import type { Sources } from '../sources.ts';
import type { Redact } from '../values/plain.ts';
import { looksTheSame, rowOf } from './session-row.ts';

/** How often the census goes on, ms, and with how many sessions each time: none of its turns takes long. */
const interval = 50;
const atOnce = 400;

/** Turns from the beginning of a round to that of the next, at least: each session is looked at every 250 ms at most. */
const turns = 5;

/** Hears of what the census finds. */
export interface CensusListener {
  changed(row: SessionRow): void;
  gone(id: string): void;
}

/** What has passed through all sessions since the census began, as far as it has looked. */
export interface Traffic {
  readonly messagesIn: number;
  readonly messagesOut: number;
}

/** Goes round all sessions, some at a time, as long as anybody wants to know. */
export class Census {
  readonly #sources: Sources;
  readonly #redact: Redact;
  readonly #listeners = new Set<CensusListener>();
  readonly #known = new Map<string, SessionRow>();
  #around: Iterator<readonly [session: Session<never>, server: string]> = [].values();
  #groups: ReadonlyMap<object, readonly string[]> = new Map();
  #turn = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopHearing: readonly (() => void)[] = [];
  #messagesIn = 0;
  #messagesOut = 0;

  constructor(sources: Sources, redact: Redact) {
    this.#sources = sources;
    this.#redact = redact;
  }

  /** Ids and rows found so far. */
  get rows(): IterableIterator<SessionRow> {
    return this.#known.values();
  }

  get traffic(): Traffic {
    return { messagesIn: this.#messagesIn, messagesOut: this.#messagesOut };
  }

  /** Begin to go round, if nobody listens yet. @returns what ends it */
  listen(listener: CensusListener): () => void {
    this.#listeners.add(listener);
    if (this.#timer === undefined) this.#begin();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#end();
    };
  }

  #begin(): void {
    this.#stopHearing = [...this.#sources.servers.values()].map(({ sessions }) =>
      sessions.onDown(({ target }) => {
        this.#known.delete(target.id);
        for (const listener of this.#listeners) listener.gone(target.id);
      }),
    );
    this.#timer = setInterval(() => this.#look(), interval).unref();
    this.#turn = turns;
    this.#look();
  }

  #end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const stop of this.#stopHearing) stop();
    this.#known.clear();
    this.#around = [].values();
    this.#groups = new Map();
  }

  /** A `Set` may change while it is gone through: who comes is met, who goes is not. */
  *#everybody(): Generator<readonly [session: Session<never>, server: string]> {
    for (const [name, { sessions }] of this.#sources.servers) {
      for (const session of sessions.children()) yield [session, name];
    }
  }

  #look(): void {
    this.#turn++;
    for (let looked = 0; looked < atOnce; looked++) {
      const next = this.#around.next();
      if (next.done === true) {
        if (this.#turn < turns) return;
        this.#turn = 0;
        this.#around = this.#everybody();
        this.#groups = this.#membership();
        return;
      }
      this.#meet(...next.value);
    }
  }

  #meet(session: Session<never>, server: string): void {
    const before = this.#known.get(session.id);
    const row = rowOf(session, { server, groups: this.#groups.get(session), redact: this.#redact, before });
    this.#messagesIn += row.messagesIn - (before?.messagesIn ?? row.messagesIn);
    this.#messagesOut += row.messagesOut - (before?.messagesOut ?? row.messagesOut);
    if (before !== undefined && looksTheSame(before, row)) return;
    this.#known.set(row.id, row);
    for (const listener of this.#listeners) listener.changed(row);
  }

  #membership(): ReadonlyMap<object, readonly string[]> {
    const found = new Map<object, string[]>();
    for (const [name, group] of this.#sources.groups) {
      for (const member of group) {
        const names = found.get(member);
        if (names === undefined) found.set(member, [name]);
        else names.push(name);
      }
    }
    return found;
  }
}
