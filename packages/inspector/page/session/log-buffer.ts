import type { LogEntry, Update } from '../../src/protocol.ts';

/** A line of the log: what has happened, or how much of it was left out. */
export type LogItem =
  | { readonly number: number; readonly entry: LogEntry; readonly lost?: undefined }
  | { readonly number: number; readonly lost: number; readonly entry?: undefined };

/** So many lines are kept; the oldest go first. */
export const keptLines = 1000;

/** The latest that has happened to a session. */
export class LogBuffer {
  #items: readonly LogItem[] = [];
  #next = 0;

  /** The latest last, each with a number one higher than the one before. */
  get items(): readonly LogItem[] {
    return this.#items;
  }

  add({ entries, lost }: NonNullable<Update['log']>): void {
    const items: LogItem[] = [];
    if (lost > 0) items.push({ number: this.#next++, lost });
    for (const entry of entries) items.push({ number: this.#next++, entry });
    if (items.length > 0) this.#items = [...this.#items, ...items].slice(-keptLines);
  }

  clear(): void {
    this.#items = [];
  }
}
