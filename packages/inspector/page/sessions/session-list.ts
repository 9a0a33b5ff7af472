import type { SessionRow, Update } from '../../src/protocol.ts';
import { type Column, columnOf, type Sorting } from './column.ts';
import { filterWords, matches, sameWords, searchText } from './filter.ts';
import { merge } from './merge.ts';
import { SessionEntry } from './session-entry.ts';
import { compareKeys, naturalKey } from './sort-key.ts';

/** How many sessions there are in each state. */
export type StateCounts = Readonly<Record<SessionRow['state'] | 'suspended', number>>;

/**
 * The sessions, sorted and filtered. Only rows that have changed where it matters are put in place anew, all at once:
 * 10,000 rows that have all counted on take some ms.
 */
export class SessionList {
  readonly #entries = new Map<string, SessionEntry>();
  #shown: readonly SessionEntry[] = [];
  #sorting: Sorting = { column: 'uptime', direction: -1 };
  #words: readonly string[] = [];
  #total = 0;
  #numbers = 0;
  /** Counts the watches: after a loss or a pause the process tells everything again, or only what has changed. */
  #watch = 0;
  #toldOf = 0;
  #updatedAt: number | undefined;
  #counts: StateCounts = { ready_wait: 0, open: 0, closing: 0, closed: 0, suspended: 0 };

  /** Those that the filter lets through, in order. */
  get shown(): readonly SessionEntry[] {
    return this.#shown;
  }

  /** How many there are, by the process's own account. */
  get total(): number {
    return this.#total;
  }

  /** Whether all of them have been told of. */
  get complete(): boolean {
    return this.#updatedAt !== undefined && this.#toldOf >= this.#total;
  }

  get counts(): StateCounts {
    return this.#counts;
  }

  get sorting(): Sorting {
    return this.#sorting;
  }

  find(id: string): SessionEntry | undefined {
    return this.#entries.get(id);
  }

  /** The process is asked anew. */
  beginWatch(): void {
    this.#watch += 1;
    this.#toldOf = 0;
    this.#updatedAt = undefined;
  }

  apply({ rows, gone, total }: NonNullable<Update['sessions']>, at: number): void {
    const column = this.#column();
    for (const row of rows) this.#take(row, column, at);
    let left = false;
    for (const id of gone) left = this.#remove(id) || left;
    this.#total = total;
    if (this.#entries.size > total && this.#toldOf >= total) {
      for (const [id, { watch }] of this.#entries) {
        if (watch !== this.#watch) left = this.#remove(id) || left;
      }
    }
    this.#updatedAt = at;
    this.#count();
    if (column.fades) this.#evaluate(column, at);
    this.#place(left);
  }

  sortBy(sorting: Sorting, now: number): void {
    this.#sorting = sorting;
    this.#evaluate(this.#column(), now);
    this.#shown = this.#shown.toSorted(this.#compare);
    for (const entry of this.#shown) entry.moved = false;
  }

  filterBy(filter: string): void {
    this.#words = filterWords(filter);
    for (const entry of this.#entries.values()) entry.shown = this.#matches(entry);
    this.#shown = [...this.#entries.values()].filter(({ shown }) => shown).sort(this.#compare);
  }

  /** Time has passed: what is sorted by rates may have to be sorted anew. */
  fade(now: number): void {
    const column = this.#column();
    if (!column.fades) return;
    this.#evaluate(column, now);
    this.#place(false);
  }

  #take(row: SessionRow, column: Column, at: number): void {
    let entry = this.#entries.get(row.id);
    if (entry === undefined) {
      entry = new SessionEntry(row, this.#numbers++, this.#watch);
      this.#entries.set(row.id, entry);
      this.#toldOf += 1;
      entry.moved = true;
      this.#evaluateEntry(entry, column, at);
    } else {
      const before = entry.row;
      if (entry.watch !== this.#watch) this.#toldOf += 1;
      entry.watch = this.#watch;
      entry.row = row;
      if (this.#updatedAt !== undefined) entry.rates.record(this.#updatedAt, at, before, row);
      if (!column.fades) this.#evaluateEntry(entry, column, at);
      if (sameWords(before, row)) return;
      entry.words = undefined;
    }
    const shown = this.#matches(entry);
    if (shown !== entry.shown) entry.moved = true;
    entry.shown = shown;
  }

  #remove(id: string): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined) return false;
    if (entry.watch === this.#watch) this.#toldOf -= 1;
    entry.gone = true;
    this.#entries.delete(id);
    return true;
  }

  /** Every row that has moved goes to its place, all of them in one go. */
  #place(left: boolean): void {
    const moved: SessionEntry[] = [];
    for (const entry of this.#entries.values()) {
      if (entry.moved && entry.shown) moved.push(entry);
      else if (entry.moved) left = true;
    }
    if (!left && moved.length === 0) return;
    const kept = this.#shown.filter((entry) => !entry.moved && !entry.gone);
    this.#shown = merge(kept, moved.sort(this.#compare), this.#compare);
    for (const entry of this.#entries.values()) entry.moved = false;
  }

  #evaluate(column: Column, now: number): void {
    for (const entry of this.#entries.values()) this.#evaluateEntry(entry, column, now);
  }

  #evaluateEntry(entry: SessionEntry, column: Column, now: number): void {
    const value = column.value(entry, now);
    if (value === entry.value) return;
    entry.value = value;
    entry.key = typeof value === 'string' ? naturalKey(value) : value;
    entry.moved = true;
  }

  #matches(entry: SessionEntry): boolean {
    if (this.#words.length === 0) return true;
    entry.words ??= searchText(entry.row);
    return matches(entry.words, this.#words);
  }

  readonly #compare = (a: SessionEntry, b: SessionEntry): number =>
    compareKeys(a.key, b.key, this.#sorting.direction) || a.number - b.number;

  #column(): Column {
    const column = columnOf(this.#sorting.column);
    if (column === undefined) throw new RangeError(`there is no column ${this.#sorting.column}`);
    return column;
  }

  #count(): void {
    const counts = { ready_wait: 0, open: 0, closing: 0, closed: 0, suspended: 0 };
    for (const { row } of this.#entries.values()) {
      counts[row.state] += 1;
      if (row.suspended) counts.suspended += 1;
    }
    this.#counts = counts;
  }
}
