import { deflateRawSync, constants as zlib } from 'node:zlib';
import { fromClient } from '../../support/raw-frame.ts';
import { json } from '../deflate/traffic.ts';
import type { Content } from './load.ts';

/** Bytes of the window of DEFLATE: what is further apart cannot be found again. */
const window = 32 * 1024;

const alphabet = 'abcdefghijklmnopqrstuvwxyz';
const textOf = (size: number): string => alphabet.repeat(Math.ceil(size / alphabet.length)).slice(0, size);

/** One message without reference to those before it, which a peer with context takeover may read as well (RFC 7692 §7.2.1). */
const compressed = (message: Buffer): Buffer =>
  deflateRawSync(message, { level: 1, finishFlush: zlib.Z_SYNC_FLUSH }).subarray(0, -4);

/** Text that was cut off: blanks take the place of a character of which only the beginning is left. */
export function mended(cut: Buffer): Buffer {
  const message = Buffer.alloc(cut.length, ' ');
  message.write(cut.toString().replace(/\uFFFD$/, ''));
  return message;
}

function jsonMessages(size: number): Buffer[] {
  const { messages } = json(size);
  if (messages.length * size <= window) throw new RangeError('messages would be found in the window');
  return messages.map(mended);
}

function framesOf({ form, size }: Content): Buffer[] {
  if (form === 'text') return [fromClient({ opcode: 1, payload: textOf(size) })];
  return jsonMessages(size).map((message) => fromClient({ opcode: 1, rsv: 4, payload: compressed(message) }));
}

/** Masked frames, one after the other in one buffer, so that any run of them is one write. */
export class Messages {
  readonly #frames: readonly Buffer[];
  /** The frames in turn, `most` of them beginning with each one. */
  readonly #bytes: Buffer;
  readonly #starts: number[] = [0];
  /** Bytes of a frame, where all have the same. */
  readonly frameLength: number;

  constructor(content: Content, most: number) {
    this.#frames = framesOf(content);
    const run = Array.from(
      { length: this.#frames.length - 1 + most },
      (_, i) => this.#frames[i % this.#frames.length] ?? Buffer.alloc(0),
    );
    for (const frame of run) this.#starts.push((this.#starts.at(-1) ?? 0) + frame.length);
    this.#bytes = Buffer.concat(run);
    this.frameLength = this.#frames[0]?.length ?? 0;
  }

  /** The next `count` messages from the one at `position` on. */
  run(position: number, count: number): Buffer {
    const first = position % this.#frames.length;
    return this.#bytes.subarray(this.#starts[first], this.#starts[first + count]);
  }
}
