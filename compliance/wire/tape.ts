import type { DeflateDirection } from './deflate.ts';

/** More than so many bytes are not worth their memory. */
const longest = 64 * 1024 * 1024;
const kept = new Map<string, readonly Uint8Array[]>();

/**
 * What a sequence of messages compresses to. That depends on nothing but the messages and the parameters, and many cases
 * send the same: the second time it is played from the tape, which saves a good part of a run's time.
 */
export class Tape {
  readonly #key: string;
  readonly #count: number;
  readonly #played: readonly Uint8Array[];
  #recorded: Uint8Array[] = [];
  #length = 0;

  /**
   * @param name of the sequence
   * @param count how many messages it has
   */
  constructor(name: string, count: number, { noContextTakeover, maxWindowBits }: DeflateDirection) {
    this.#key = `${name}, ${noContextTakeover ? 'each alone' : 'in context'}, ${maxWindowBits} bits`;
    this.#count = count;
    this.#played = kept.get(this.#key) ?? [];
  }

  /** The next message: from the tape or, the first time, as it is compressed now. All or none of a tape's are kept. */
  async next(turn: number, compress: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const played = this.#played[turn];
    if (played !== undefined) return played;
    const compressed = await compress();
    this.#length += compressed.length;
    if (this.#length <= longest) this.#recorded.push(compressed);
    else this.#recorded = [];
    if (this.#recorded.length === this.#count) kept.set(this.#key, this.#recorded);
    return compressed;
  }
}
