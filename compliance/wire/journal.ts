import type { Frame } from './frame.ts';

/** One line of what went over the wire. */
export interface JournalEntry {
  /** Since the handshake was done, ms. */
  readonly at: number;
  readonly who: 'suite' | 'peer';
  readonly what: string;
  /** The beginning of the payload, in hexadecimal or as text. */
  readonly payload?: string;
}

/** The first and the last of many entries. */
const kept = { first: 24, last: 8 };
const shownOctets = 64;
const names = new Map([
  [0, 'continuation'],
  [1, 'text'],
  [2, 'binary'],
  [8, 'close'],
  [9, 'ping'],
  [10, 'pong'],
]);

/** What is noted of a frame while there is no time for more. */
interface Note extends Pick<JournalEntry, 'at' | 'who'> {
  readonly what: string | Omit<Frame, 'payload'>;
  readonly length: number;
  readonly head: Uint8Array;
}

/** Notes what goes over the wire; of a great many entries only the first and the last. */
export class Journal {
  readonly #begin = performance.now();
  readonly #first: Note[] = [];
  readonly #last: Note[] = [];
  #omitted = 0;

  get elapsed(): number {
    return performance.now() - this.#begin;
  }

  note(who: JournalEntry['who'], what: string): void {
    this.#add({ at: this.elapsed, who, what, length: 0, head: new Uint8Array() });
  }

  frame(who: JournalEntry['who'], frame: Frame): void {
    const { payload, fin, rsv, opcode } = frame;
    const head = payload.subarray(0, shownOctets);
    this.#add({ at: this.elapsed, who, what: { fin, rsv, opcode }, length: payload.length, head });
  }

  #add(note: Note): void {
    const full = this.#first.length >= kept.first;
    if (full && this.#last.length >= kept.last) {
      this.#last.shift();
      this.#omitted++;
    }
    (full ? this.#last : this.#first).push(note);
  }

  get entries(): JournalEntry[] {
    const omitted = { what: `${this.#omitted} more, not shown`, length: 0, head: new Uint8Array() };
    const gap: Note[] = this.#omitted === 0 ? [] : [{ at: this.#last[0]?.at ?? 0, who: 'suite', ...omitted }];
    return [...this.#first, ...gap, ...this.#last].map(toEntry);
  }
}

function toEntry({ at, who, what, length, head }: Note): JournalEntry {
  const rounded = Math.round(at * 10) / 10;
  if (typeof what === 'string') return { at: rounded, who, what };
  const { fin, rsv, opcode } = what;
  const name = names.get(opcode) ?? `opcode ${opcode}`;
  const code = opcode === 8 && head.length > 1 ? ` ${((head[0] ?? 0) << 8) | (head[1] ?? 0)}` : '';
  const bits = `${fin ? '' : ', FIN=false'}${rsv === 0 ? '' : `, RSV=${rsv}`}`;
  return { at: rounded, who, what: `${name}${code}, ${length} octets${bits}`, payload: preview(head, length) };
}

/** The beginning of a payload: as text if it is plainly that, else in hexadecimal. */
export function preview(payload: Uint8Array, length: number = payload.length): string {
  const bytes = Buffer.from(payload.subarray(0, shownOctets));
  const more = length > shownOctets ? ' …' : '';
  const text = bytes.toString('latin1');
  if (/^[ -~]*$/.test(text)) return text + more;
  return bytes.toString('hex').replace(/..(?=.)/g, '$& ') + more;
}
