import { ByteQueue } from './byte-queue.ts';
import type { CompressedFrame } from './frame.ts';
import { Opcode } from './opcode.ts';
import { type ReceivedBinary, type ReceivedText, received } from './received-message.ts';
import { isValidUtf8, Utf8Validator } from './utf8.ts';
import { type Violation, violation } from './violation.ts';

/** Bounds on what one message may cost this endpoint (RFC 6455 §10.4). */
export interface MessageLimits {
  /** Largest payload of one data frame, bytes. */
  maxFrame: number;
  /** Largest message, all fragments together, bytes. */
  maxMessage: number;
  /** Most frames in one message, empty ones included. */
  maxFragments: number;
}

/** A message in its received form. */
export type Assembled = ReceivedText | ReceivedBinary | CompressedFrame;

/**
 * Puts the fragments of one message together (RFC 6455 §5.4). Control frames never come here, so they can stand
 * between fragments without touching a message's state.
 */
export class MessageAssembler {
  /** From the next frame on. */
  limits: MessageLimits;
  /** Whether text has to be UTF-8 (RFC 6455 §8.1). */
  validateUtf8 = true;
  #opcode: number = Opcode.continuation;
  #compressed = false;
  #fragments = 0;
  /** Bytes of all frames begun, whether arrived or announced. */
  #announced = 0;
  #payload: ByteQueue | undefined;
  #utf8: Utf8Validator | undefined;

  constructor(limits: MessageLimits) {
    this.limits = limits;
  }

  /** Whether a message has begun and not ended. */
  get fragmented(): boolean {
    return this.#opcode !== Opcode.continuation;
  }

  /** Payload bytes held for the message under way. */
  get held(): number {
    return this.#payload?.length ?? 0;
  }

  /** A data frame's header has been read: refuse what would exceed a limit before its payload is awaited. */
  begin(opcode: number, compressed: boolean, length: number): Violation | undefined {
    const { maxFrame, maxMessage, maxFragments } = this.limits;
    if (length > maxFrame) return violation('frameTooBig', `${length} > ${maxFrame}`);
    if (this.#announced + length > maxMessage)
      return violation('messageTooBig', `${this.#announced + length} > ${maxMessage}`);
    if (this.#fragments + 1 > maxFragments) return violation('tooManyFragments', `> ${maxFragments}`);
    if (opcode !== Opcode.continuation) {
      this.#opcode = opcode;
      this.#compressed = compressed;
    }
    this.#fragments++;
    this.#announced += length;
    return undefined;
  }

  /** Some payload of the frame under way, unmasked. A bad byte fails here, inside the unfinished frame. */
  append(bytes: Uint8Array): Violation | undefined {
    if (bytes.length === 0) return undefined;
    if (this.#validates()) {
      this.#utf8 ??= new Utf8Validator();
      if (!this.#utf8.write(bytes)) return violation('invalidUtf8');
    }
    this.#payload ??= new ByteQueue();
    this.#payload.append(bytes);
    return undefined;
  }

  /** The frame under way is whole, and it was the last of its message. */
  finish(): Assembled | Violation {
    const payload = this.#payload?.take() ?? [];
    if (this.#utf8 !== undefined && !this.#utf8.end()) return violation('invalidUtf8', 'at the end of the message');
    return this.#message(payload);
  }

  /** The whole message has arrived as one piece of a chunk: the common case, which keeps nothing. */
  finishWith(chunk: Uint8Array, start: number, end: number): Assembled | Violation {
    if (this.#validates() && !isValidUtf8(chunk, start, end)) return violation('invalidUtf8');
    return this.#message(chunk, start, end - start);
  }

  /** Forget the message under way and let go of its payload. */
  reset(): void {
    this.#opcode = Opcode.continuation;
    this.#compressed = false;
    this.#fragments = 0;
    this.#announced = 0;
    this.#payload = undefined;
  }

  /** Whether nothing of the message under way has arrived before. */
  get empty(): boolean {
    return this.#fragments === 1 && this.#payload === undefined;
  }

  #validates(): boolean {
    return this.validateUtf8 && this.#opcode === Opcode.text && !this.#compressed;
  }

  #message(source: Uint8Array | readonly Uint8Array[], start?: number, length?: number): Assembled {
    const kind = this.#opcode === Opcode.text ? 'text' : 'binary';
    const compressed = this.#compressed;
    this.reset();
    if (compressed) return { type: 'compressed', kind, data: received('binary', source, start, length).bytes };
    return received(kind, source, start, length);
  }
}
