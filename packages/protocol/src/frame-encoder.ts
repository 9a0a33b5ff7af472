import { CloseCode, validOnWire } from './close-code.ts';
import type { BinaryFrame, CloseFrame, CompressedFrame, Frame } from './frame.ts';
import { headerLength, type Role, writeHeader } from './frame-header.ts';
import { mask } from './mask.ts';
import { maskingKey } from './masking-key.ts';
import { Opcode } from './opcode.ts';
import { ReceivedMessage } from './received-message.ts';
import { truncateUtf8 } from './utf8.ts';

/** Payloads up to this size are packed with their neighbours; larger ones go out by reference (bytes). */
const packLimit = 4 * 1024;
/** Room for the answers to all that Node.js reads at a time, 64 KiB. */
const blockSize = 128 * 1024;
const maxControlPayload = 125;
const maxCloseReason = 123;
const fin = 0x80;
const rsv1 = 0x40;
const nothing = Buffer.alloc(0);
/** What encoders without output hold; nothing is ever put into it. */
const none: never[] = [];

/** Output of all encoders is packed into one block at a time, so that a connection that is silent holds none. */
let block = Buffer.alloc(0);
let free = 0;

function reserve(bytes: number): void {
  if (block.length - free >= bytes) return;
  block = Buffer.allocUnsafeSlow(blockSize);
  free = 0;
}

/**
 * The memory of chunks that {@link FrameEncoder.take} has returned, and that nobody looks at any more. It is written over
 * if nothing has been encoded behind it: an encoder whose output is copied at once, as by a socket, stays in the same few
 * KiB.
 */
export function recycle(chunks: readonly Uint8Array[]): void {
  for (let i = chunks.length - 1; i >= 0; i--) {
    const chunk = chunks[i];
    if (chunk?.buffer === block.buffer && chunk.byteOffset + chunk.length === free) free = chunk.byteOffset;
  }
}

/** A frame encoded once for many recipients: what a server sends is the same for every client. */
export class PreparedFrame {
  readonly type: 'text' | 'binary';
  /** The message itself, which a client encodes anew with a fresh masking key (RFC 6455 §5.3). */
  readonly message: EncodableMessage;
  /** The unmasked frame, header and payload. */
  readonly wire: Uint8Array;
  /** The message's bytes, as they stand in {@link wire}. */
  readonly payload: Uint8Array;

  constructor(message: EncodableMessage) {
    this.type = message.type;
    this.message = message;
    const encoder = new FrameEncoder('server');
    encoder.append(message);
    const chunks = encoder.take();
    this.wire = Buffer.concat(chunks); // a copy: it may outlive the block by far
    recycle(chunks);
    this.payload = this.wire.subarray(unmaskedHeaderLength(this.wire));
  }

  /** The message's content. */
  get data(): string | Uint8Array {
    return this.message.data;
  }
}

/** The second byte tells (RFC 6455 §5.2). */
function unmaskedHeaderLength(wire: Uint8Array): number {
  const short = wire[1] ?? 0;
  return short < 126 ? 2 : short === 126 ? 4 : 10;
}

type EncodableMessage = { readonly type: 'text'; readonly data: string } | BinaryFrame;

/** Encode a message once, to send it to many sessions: `broadcast(group, prepare(text('news')))`. */
export const prepare = (message: EncodableMessage): PreparedFrame => new PreparedFrame(message);

/** What an encoder takes. */
export type Encodable = Frame | CompressedFrame | PreparedFrame;

/**
 * Encodes frames in the order given; {@link take} returns what has gathered since, small frames packed together,
 * large payloads as they are. Servers never mask, clients always do, each frame with a fresh key (RFC 6455 §5.3).
 */
export class FrameEncoder {
  readonly #masks: boolean;
  #chunks: Uint8Array[] = none;
  /** This encoder's unfinished run in the shared block. */
  #run = nothing;
  #start = 0;
  #end = 0;
  #size = 0;

  constructor(role: Role) {
    this.#masks = role === 'client';
  }

  /** Bytes gathered since the last {@link take}. */
  get size(): number {
    return this.#size;
  }

  /**
   * Encode one frame. Throws `RangeError` for a ping or pong over 125 bytes and `TypeError` for what is no frame:
   * ask {@link describeIllegalFrame} first where the frame comes from elsewhere.
   */
  append(frame: Encodable): void {
    if (frame instanceof ReceivedMessage) {
      this.#frame(fin | (frame.type === 'text' ? Opcode.text : Opcode.binary), frame);
      return;
    }
    const illegal = describeIllegalFrame(frame);
    if (illegal !== undefined)
      throw illegal.endsWith('(RFC 6455 §5.5)') ? new RangeError(illegal) : new TypeError(illegal);
    if (frame instanceof PreparedFrame) {
      if (this.#masks) this.append(frame.message);
      else this.#bytes(frame.wire);
      return;
    }
    switch (frame.type) {
      case 'text':
        this.#text(frame.data);
        break;
      case 'binary':
        this.#frame(fin | Opcode.binary, frame.data);
        break;
      case 'compressed':
        this.#frame(fin | rsv1 | (frame.kind === 'text' ? Opcode.text : Opcode.binary), frame.data);
        break;
      case 'close':
        this.#frame(fin | Opcode.close, closePayload(frame));
        break;
      default:
        this.#frame(fin | (frame.type === 'ping' ? Opcode.ping : Opcode.pong), payloadOf(frame.data));
    }
  }

  /** Everything encoded since the last call, as few chunks, to be written in this order. */
  take(): Uint8Array[] {
    this.#seal();
    const chunks = this.#chunks;
    this.#chunks = none; // no array of its own for the collector to carry along
    this.#size = 0;
    return chunks;
  }

  /** A short string is written straight behind its header, whose length is certain before the string is encoded. */
  #text(data: string): void {
    if (data.length * 3 > maxControlPayload) {
      this.#frame(fin | Opcode.text, Buffer.from(data, 'utf8'));
      return;
    }
    const header = headerLength(0, this.#masks);
    const at = this.#claim(header + data.length * 3);
    const written = block.write(data, at + header, 'utf8');
    const key = this.#masks ? maskingKey() : undefined;
    writeHeader(block, at, fin | Opcode.text, written, key);
    if (key !== undefined) mask(block, at + header, at + header + written, key);
    this.#grow(header + written);
  }

  #frame(first: number, payload: Uint8Array | ReceivedMessage): void {
    const { length } = payload;
    const key = this.#masks ? maskingKey() : undefined;
    const packed = length <= packLimit;
    const at = this.#claim(headerLength(length, this.#masks) + (packed ? length : 0));
    const body = writeHeader(block, at, first, length, key);
    if (packed) {
      if (payload instanceof ReceivedMessage) payload.copyTo(block, body);
      else block.set(payload, body);
      if (key !== undefined) mask(block, body, body + length, key);
      this.#grow(body + length - at);
      return;
    }
    this.#grow(body - at);
    const parts = payload instanceof ReceivedMessage ? payload.parts : [payload];
    if (key === undefined) for (const part of parts) this.#push(part);
    else {
      const masked = Buffer.concat(parts, length);
      mask(masked, 0, length, key);
      this.#push(masked);
    }
  }

  /** A prepared frame that is alone, as in a broadcast, leaves as it is. */
  #bytes(wire: Uint8Array): void {
    if (wire.length > packLimit || this.#size === 0) {
      this.#push(wire);
      return;
    }
    const at = this.#claim(wire.length); // may replace the block
    block.set(wire, at);
    this.#grow(wire.length);
  }

  /** Room in the shared block, at the end of this encoder's run if nobody else has written behind it. */
  #claim(bytes: number): number {
    reserve(bytes);
    if (this.#run !== block || this.#end !== free) {
      this.#seal();
      this.#run = block;
      this.#start = free;
      this.#end = free;
    }
    return free;
  }

  #grow(bytes: number): void {
    free += bytes;
    this.#end = free;
    this.#size += bytes;
  }

  #push(payload: Uint8Array): void {
    this.#seal();
    this.#add(payload);
    this.#size += payload.length;
  }

  #add(chunk: Uint8Array): void {
    if (this.#chunks === none) this.#chunks = [chunk];
    else this.#chunks.push(chunk);
  }

  #seal(): void {
    if (this.#end > this.#start) this.#add(this.#run.subarray(this.#start, this.#end));
    this.#run = nothing;
    this.#start = 0;
    this.#end = 0;
  }
}

/** One frame on the wire, in one piece. See {@link FrameEncoder} for many. */
export function encodeFrame(frame: Encodable, role: Role): Uint8Array {
  const encoder = new FrameEncoder(role);
  encoder.append(frame);
  const [first, ...rest] = encoder.take();
  return first !== undefined && rest.length === 0 ? first : Buffer.concat([first ?? nothing, ...rest]);
}

/** Why a value cannot be sent as a frame, in words, or `undefined` when it can. */
export function describeIllegalFrame(frame: unknown): string | undefined {
  if (frame instanceof PreparedFrame || frame instanceof ReceivedMessage) return undefined;
  if (typeof frame !== 'object' || frame === null || !('type' in frame)) return 'a frame is an object with a type';
  const data = 'data' in frame ? frame.data : undefined;
  switch (frame.type) {
    case 'text':
      return typeof data === 'string' ? undefined : 'the data of a text frame is a string';
    case 'binary':
    case 'compressed':
      return data instanceof Uint8Array ? undefined : `the data of a ${frame.type} frame is a Uint8Array`;
    case 'ping':
    case 'pong':
      if (data === undefined) return undefined;
      if (typeof data !== 'string' && !(data instanceof Uint8Array))
        return `the data of a ${frame.type} frame is a string or a Uint8Array`;
      return Buffer.byteLength(data) > maxControlPayload
        ? `the data of a ${frame.type} frame is at most 125 bytes (RFC 6455 §5.5)`
        : undefined;
    case 'close':
      if ('code' in frame && frame.code !== undefined && typeof frame.code !== 'number')
        return 'the code of a close frame is a number';
      if ('reason' in frame && frame.reason !== undefined && typeof frame.reason !== 'string')
        return 'the reason of a close frame is a string';
      return undefined;
    default:
      return typeof frame.type === 'string'
        ? `${JSON.stringify(frame.type.slice(0, 40))} is no frame type`
        : 'the type of a frame is a string';
  }
}

function payloadOf(data: Uint8Array | string = nothing): Uint8Array {
  return typeof data === 'string' ? Buffer.from(data, 'utf8') : data;
}

/** A code that may not be sent becomes 1002; a reason without a code is sent with 1000 (RFC 6455 §5.5.1, §7.4). */
function closePayload({ code, reason = '' }: CloseFrame): Uint8Array {
  if (code === undefined && reason === '') return nothing;
  const legal = code === undefined ? CloseCode.normal : validOnWire(code) ? code : CloseCode.protocolError;
  const words = truncateUtf8(Buffer.from(reason, 'utf8'), maxCloseReason);
  const payload = Buffer.allocUnsafe(2 + words.length);
  payload.set(words, payload.writeUInt16BE(legal));
  return payload;
}
