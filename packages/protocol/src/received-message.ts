import { asBuffer, type BinaryFrame, type CloseFrame, type TextFrame } from './frame.ts';

/** Up to so many bytes are copied one by one. */
const shortCopy = 64;

/**
 * A message as it has arrived: a part of a chunk, or several in a row. It is sent on as it is, and most messages need
 * no view on their bytes, which would cost as much as decoding them. A long one is joined when somebody asks.
 */
export abstract class ReceivedMessage {
  abstract readonly type: 'text' | 'binary';
  /** Bytes of payload; of a text, as UTF-8. */
  readonly length: number;
  #source: Uint8Array | readonly Uint8Array[];
  #start: number;

  /**
   * @param source holds the payload from `start` on; or its parts, all of them payload
   * @param length in bytes; default: to the end
   */
  constructor(source: Uint8Array | readonly Uint8Array[], start = 0, length: number = lengthOf(source) - start) {
    this.length = length;
    this.#source = source;
    this.#start = start;
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

  /** Write the payload into `target`. */
  copyTo(target: Uint8Array, at: number): void {
    const { length } = this;
    const source = this.#source;
    const start = this.#start;
    if (length <= shortCopy && isChunk(source)) {
      for (let i = 0; i < length; i++) target[at + i] = source[start + i] ?? 0;
      return;
    }
    let end = at;
    for (const part of this.parts) {
      target.set(part, end);
      end += part.length;
    }
  }
}

/** A received text message: its bytes are decoded when `data` is first read, and sent back as they are. */
export class ReceivedText extends ReceivedMessage implements TextFrame {
  readonly type = 'text';
  #data: string | undefined;

  /** The text. */
  get data(): string {
    this.#data ??= asBuffer(this.bytes).toString('utf8');
    return this.#data;
  }

  /** Shown with its text by `JSON.stringify` and loggers, although `data` is computed. */
  toJSON(): TextFrame {
    return { type: this.type, data: this.data };
  }
}

/** A received binary message: sent back as it has arrived, in one piece for who reads `data`. */
export class ReceivedBinary extends ReceivedMessage implements BinaryFrame {
  readonly type = 'binary';

  /** The bytes. A view on received chunks: copy it to keep it for long. */
  get data(): Uint8Array {
    return this.bytes;
  }

  /** Shown with its bytes by `JSON.stringify` and loggers, although `data` is computed. */
  toJSON(): BinaryFrame {
    return { type: this.type, data: this.data };
  }
}

/** What a peer can send. The payload of a control frame is always there, empty or not; a bare close has no code. */
export type ReceivedFrame =
  | ReceivedText
  | ReceivedBinary
  | { readonly type: 'ping'; readonly data: Uint8Array }
  | { readonly type: 'pong'; readonly data: Uint8Array }
  | CloseFrame;

const isChunk = (source: Uint8Array | readonly Uint8Array[]): source is Uint8Array => !Array.isArray(source);

function lengthOf(source: Uint8Array | readonly Uint8Array[]): number {
  return isChunk(source) ? source.length : source.reduce((sum, { length }) => sum + length, 0);
}
