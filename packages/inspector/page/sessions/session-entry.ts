import type { SessionRow } from '../../src/protocol.ts';
import { RateHistory } from './rate-history.ts';
import type { SortKey } from './sort-key.ts';

/** A session in the list: its row as it was told last, and what the list keeps beside it. */
export class SessionEntry {
  row: SessionRow;
  readonly rates = new RateHistory();
  /** In which order they were told of: decides between rows that are equal. */
  readonly number: number;
  /** What the filter looks at, once it has looked. */
  words: string | undefined;
  /** What the list is sorted by: as the column has it, and as it is compared. */
  value: SortKey;
  key: SortKey;
  /** Whether the filter lets it through. */
  shown = false;
  /** To be put in its place anew. */
  moved = false;
  gone = false;
  /** Told of since the watch with this number began. */
  watch: number;

  constructor(row: SessionRow, number: number, watch: number) {
    this.row = row;
    this.number = number;
    this.watch = watch;
  }
}
