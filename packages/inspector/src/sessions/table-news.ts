import type { SessionRow, Update } from '../protocol.ts';

/** Rows, and sessions that have gone, told at a time: what is more follows, so that no update takes long to make. */
const most = 2000;

/**
 * What a page has not been told of the table of sessions. However long it does not ask, that is no more than there are
 * sessions.
 */
export class TableNews {
  readonly #rows = new Map<string, SessionRow>();
  readonly #gone = new Set<string>();
  /** Ids that the page knows. */
  readonly #told = new Set<string>();
  #total: number | undefined;

  /** Tell everything from the beginning. */
  begin(rows: Iterable<SessionRow>): void {
    this.end();
    for (const row of rows) this.changed(row);
  }

  /** There is nothing to be told. */
  end(): void {
    this.#rows.clear();
    this.#gone.clear();
    this.#told.clear();
    this.#total = undefined;
  }

  changed(row: SessionRow): void {
    this.#rows.set(row.id, row);
  }

  /** Of a session that came and went the page never hears. */
  gone(id: string): void {
    this.#rows.delete(id);
    if (this.#told.delete(id)) this.#gone.add(id);
  }

  /** Take what is new, as much as may be told at a time. @param total how many sessions there are */
  take(total: number): NonNullable<Update['sessions']> | undefined {
    if (this.#rows.size === 0 && this.#gone.size === 0 && this.#total === total) return undefined;
    this.#total = total;
    const rows = [...this.#rows.values()].slice(0, most);
    const gone = [...this.#gone].slice(0, most);
    for (const { id } of rows) {
      this.#rows.delete(id);
      this.#told.add(id);
    }
    for (const id of gone) this.#gone.delete(id);
    return { rows, gone, total };
  }
}
