import { asBuffer, type BinaryFrame, type CloseFrame, type TextFrame } from './frame.ts';

/** Up to so many bytes are copied one by one, which is faster than to call for it (measured: break-even near 32). */
const shortCopy = 32;

/** One piece, which may hold more than the message, or all pieces of it. */
type Source = Uint8Array | readonly Uint8Array[];

/**
 * A message as it has arrived: a part of a chunk, or several in a row. It is sent on as it is, and most messages need
 * no view on their bytes, which would cost as much as decoding them. A long one is joined when somebody asks.
 */
export class ReceivedMessage {
  readonly type: 'text' | 'binary';
  /** Bytes of payload; of a text, as UTF-8. */
  readonly length: number;
  #source: Source;
  #start: number;
  #text: string | undefined;

  /** Use {@link received}. */
  constructor(type: 'text' | 'binary', source: Source, start: number, length: number) {
    this.type = type;
    this.length = length;
    this.#source = source;
    this.#start = start;
  }

  /**
   * The text, or the bytes: a view on received chunks, to be copied by who keeps it for long. Which of them the types
   * {@link ReceivedText} and {@link ReceivedBinary} tell.
   */
  get data(): unknown {
    if (this.type === 'binary') return this.bytes;
    this.#text ??= asBuffer(this.bytes).toString('utf8');
    return this.#text;
  }

  /** The payload in one piece. A view on received chunks: copy it to keep it for long. */
  get bytes(): Uint8Array {
    const source = this.#source;
    if (isChunk(source) && source.length === this.length) return source;
    const bytes = isChunk(source)
      ? source.subarray(this.#start, this.#start + this.length)
      : Buffer.concat(source, this.length);
    this.#source = bytes;
    this.#start = 0;
    return bytes;
  }

  /** The payload in as many pieces as it has arrived in. */
  get parts(): readonly Uint8Array[] {
    return isChunk(this.#source) ? [this.bytes] : this.#source;
  }

  /** Shown with its content by `JSON.stringify` and loggers, although `data` is computed. */
  toJSON(): { readonly type: string; readonly data: unknown } {
    return { type: this.type, data: this.data };
  }

  /** Write the payload into `target`. */
  copyTo(target: Uint8Array, at: number): void {
    const { length } = this;
    const source = this.#source;
    const start = this.#start;
    if (length <= shortCopy && isChunk(source)) {
      for (let i = 0; i < length; i++) target[at + i] = source[start + i] ?? 0;
      return;
    }
    if (Buffer.isBuffer(source)) {
      source.copy(target, at, start, start + length); // no view
      return;
    }
    let end = at;
    for (const part of this.parts) {
      target.set(part, end);
      end += part.length;
    }
  }
}

/**
 * A message as it came from the peer.
 *
 * @param source holds the payload from `start` on; or its parts, all of them payload
 * @param length in bytes; default: to the end
 */
export function received(type: 'text', source: Source, start?: number, length?: number): ReceivedText;
export function received(type: 'binary', source: Source, start?: number, length?: number): ReceivedBinary;
export function received(
  type: 'text' | 'binary',
  source: Source,
  start?: number,
  length?: number,
): ReceivedText | ReceivedBinary;
export function received(
  type: 'text' | 'binary',
  source: Source,
  start = 0,
  length = lengthOf(source) - start,
): ReceivedMessage {
  return new ReceivedMessage(type, source, start, length);
}

/** A received text message: its bytes are decoded when `data` is first read, and sent back as they are. */
export type ReceivedText = ReceivedMessage & TextFrame;

/** A received binary message: sent back as it has arrived, in one piece for who reads `data`. */
export type ReceivedBinary = ReceivedMessage & BinaryFrame;

/** What a peer can send. The payload of a control frame is always there, empty or not; a bare close has no code. */
export type ReceivedFrame =
  | ReceivedText
  | ReceivedBinary
  | { readonly type: 'ping'; readonly data: Uint8Array }
  | { readonly type: 'pong'; readonly data: Uint8Array }
  | CloseFrame;

const isChunk = (source: Source): source is Uint8Array => !Array.isArray(source);

function lengthOf(source: Source): number {
  return isChunk(source) ? source.length : source.reduce((sum, { length }) => sum + length, 0);
}
