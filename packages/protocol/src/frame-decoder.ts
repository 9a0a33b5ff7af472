import { validOnWire } from './close-code.ts';
import { asBuffer, type CloseFrame, type CompressedFrame } from './frame.ts';
import { FrameHeader, longestHeader, type Role } from './frame-header.ts';
import { mask } from './mask.ts';
import { MessageAssembler, type MessageLimits } from './message-assembler.ts';
import { isControl, Opcode } from './opcode.ts';
import type { ReceivedFrame } from './received-message.ts';
import { isValidUtf8 } from './utf8.ts';
import { type Violation, violation } from './violation.ts';

/** What decoding yields: a message, a control frame, or the end of the conversation. */
export type Decoded = ReceivedFrame | CompressedFrame | Violation;

/** How a {@link FrameDecoder} reads its peer. */
export interface FrameDecoderOptions {
  /** This endpoint's side. */
  readonly role: Role;
  readonly limits: MessageLimits;
  /** Whether permessage-deflate was agreed, so that RSV1 marks a compressed message. Default false. */
  readonly compress?: boolean;
}

const nothing = new Uint8Array(0);

/** Frames are decoded where they arrived: payloads are views on the chunks, and chunks are unmasked in place. */
export class FrameDecoder {
  readonly #context: { readonly role: Role; readonly compress: boolean };
  readonly #assembler: MessageAssembler;
  readonly #header = new FrameHeader();
  #chunk: Uint8Array = nothing;
  #pos = 0;
  /** The beginning of a header that a chunk boundary cut. */
  #cut: Uint8Array | undefined;
  #cutLength = 0;
  /** Whether a header was read whose payload is not complete. */
  #inPayload = false;
  /** Payload bytes of the frame under way that have arrived. */
  #arrived = 0;
  /** Payload of a control frame that a chunk boundary cut. */
  #control: Uint8Array | undefined;
  #ended = false;

  constructor({ role, limits, compress = false }: FrameDecoderOptions) {
    this.#context = { role, compress };
    this.#assembler = new MessageAssembler(limits);
  }

  /** Change what the peer may send: limits from the next frame on, validation from the next byte on. */
  tune(limits: MessageLimits, validateUtf8: boolean): void {
    this.#assembler.limits = limits;
    this.#assembler.validateUtf8 = validateUtf8;
  }

  /** Bytes held of frames and messages that are not complete: never more than the limits allow. */
  get held(): number {
    return this.#assembler.held + this.#cutLength + (this.#control?.length ?? 0) + this.#chunk.length - this.#pos;
  }

  /** Whether nothing is half read, and the conversation has not ended: it could read another peer just as well. */
  get atRest(): boolean {
    return (
      !this.#ended &&
      !this.#inPayload &&
      this.#cutLength === 0 &&
      this.#pos === this.#chunk.length &&
      !this.#assembler.fragmented
    );
  }

  /**
   * Hand over the next bytes from the peer, cut anywhere. They belong to the decoder from here on: masked payloads are
   * unmasked in place. Take what they hold with {@link next} until it returns `undefined`.
   */
  push(chunk: Uint8Array): void {
    if (this.#ended) return;
    const rest = this.#chunk.length - this.#pos;
    this.#chunk = rest === 0 ? chunk : Buffer.concat([this.#chunk.subarray(this.#pos), chunk]);
    this.#pos = 0;
  }

  /** The next message, control frame or violation; `undefined` when more bytes are needed. Ends with a violation. */
  next(): Decoded | undefined {
    for (;;) {
      if (!this.#inPayload && !this.#readHeader()) {
        return this.#header.violation === undefined ? this.#await() : this.#fail(this.#header.violation);
      }
      const control = isControl(this.#header.opcode);
      if (!this.#inPayload) {
        this.#inPayload = true;
        this.#arrived = 0;
        if (!control) {
          const { opcode, compressed, length } = this.#header;
          const refused = this.#assembler.begin(opcode, compressed, length);
          if (refused !== undefined) return this.#fail(refused);
        }
      }
      const decoded = control ? this.#readControl() : this.#readData();
      if (decoded === undefined) {
        if (this.#inPayload) return this.#await();
        continue; // a fragment that does not end its message
      }
      return decoded.type === 'violation' ? this.#fail(decoded) : decoded;
    }
  }

  /**
   * Decode nothing any more, as after a close frame (RFC 6455 §5.5.1). What is held is let go at once, however long the
   * connection takes to close.
   */
  end(): void {
    this.#ended = true;
    this.#chunk = nothing;
    this.#pos = 0;
    this.#cut = undefined;
    this.#cutLength = 0;
    this.#control = undefined;
    this.#assembler.reset();
    this.#header.violation = undefined;
    this.#inPayload = false;
  }

  /** All that there was has been read: let go of the memory, however long the next bytes take to come. */
  #await(): undefined {
    this.#chunk = nothing;
    this.#pos = 0;
  }

  #fail(found: Violation): Violation {
    this.end();
    return found;
  }

  #readHeader(): boolean {
    if (this.#cutLength > 0) return this.#readCutHeader();
    const chunk = this.#chunk;
    const size = this.#header.read(chunk, this.#pos, chunk.length, this.#assembler.fragmented, this.#context);
    if (size > 0) {
      this.#pos += size;
      return true;
    }
    if (size === 0) this.#keepCutHeader();
    return false;
  }

  #readCutHeader(): boolean {
    this.#keepCutHeader();
    const cut = this.#cut ?? nothing;
    const size = this.#header.read(cut, 0, this.#cutLength, this.#assembler.fragmented, this.#context);
    if (size <= 0) return false;
    this.#pos -= this.#cutLength - size; // what was copied beyond the header is payload
    this.#cutLength = 0;
    return true;
  }

  #keepCutHeader(): void {
    const count = Math.min(longestHeader - this.#cutLength, this.#chunk.length - this.#pos);
    if (count <= 0) return;
    this.#cut ??= new Uint8Array(longestHeader);
    this.#cut.set(this.#chunk.subarray(this.#pos, this.#pos + count), this.#cutLength);
    this.#cutLength += count;
    this.#pos += count;
  }

  /** The next piece of the frame's payload, unmasked: up to {@link FrameDecoder.#pos}, from the position returned. */
  #take(): number {
    const { length, key } = this.#header;
    const start = this.#pos;
    const end = Math.min(start + length - this.#arrived, this.#chunk.length);
    if (key !== 0) mask(this.#chunk, start, end, key, this.#arrived);
    this.#arrived += end - start;
    this.#pos = end;
    this.#inPayload = this.#arrived < length;
    return start;
  }

  #readData(): Decoded | undefined {
    const assembler = this.#assembler;
    const start = this.#take();
    const whole = this.#header.fin && !this.#inPayload;
    if (whole && assembler.empty) return assembler.finishWith(this.#chunk, start, this.#pos);
    const refused = assembler.append(this.#chunk.subarray(start, this.#pos));
    if (refused !== undefined) return refused;
    return whole ? assembler.finish() : undefined;
  }

  #readControl(): Decoded | undefined {
    const start = this.#take();
    const piece = this.#chunk.subarray(start, this.#pos);
    const payload = this.#control === undefined ? piece : Buffer.concat([this.#control, piece]);
    this.#control = this.#inPayload ? new Uint8Array(payload) : undefined; // a copy: `slice` of a Buffer is none
    if (this.#inPayload) return undefined;
    switch (this.#header.opcode) {
      case Opcode.ping:
        return { type: 'ping', data: payload };
      case Opcode.pong:
        return { type: 'pong', data: payload };
      default:
        return readClose(payload, this.#assembler.validateUtf8);
    }
  }
}

/** The payload of a close frame: nothing, or a code and a reason (RFC 6455 §5.5.1). */
function readClose(payload: Uint8Array, validateUtf8: boolean): CloseFrame | Violation {
  if (payload.length === 0) return { type: 'close' };
  if (payload.length === 1) return violation('shortClosePayload');
  const code = ((payload[0] ?? 0) << 8) | (payload[1] ?? 0);
  if (!validOnWire(code)) return violation('badCloseCode', String(code));
  const reason = payload.subarray(2);
  if (validateUtf8 && !isValidUtf8(reason)) return violation('invalidUtf8', 'in a close reason');
  return { type: 'close', code, reason: asBuffer(reason).toString('utf8') };
}
