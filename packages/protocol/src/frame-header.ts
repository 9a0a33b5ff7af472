import { isControl, isReserved, Opcode } from './opcode.ts';
import { type Violation, violation } from './violation.ts';

/** Which side of the connection this endpoint plays: servers receive masked frames, clients send them (RFC 6455 §5.1). */
export type Role = 'server' | 'client';

/** Two bytes, a 64-bit length and a masking key. */
export const longestHeader = 14;

const rsv1 = 0x40;

/** What the message under way allows next. */
export interface HeaderContext {
  readonly role: Role;
  /** Whether RSV1 is defined, by permessage-deflate (RFC 7692 §6). */
  readonly compress: boolean;
}

/** Reads frame headers into its own fields, so that decoding a frame allocates nothing but its payload's view. */
export class FrameHeader {
  fin = false;
  compressed = false;
  opcode = 0;
  /** Payload bytes. */
  length = 0;
  /** Masking key, first octet lowest; 0 when the frame is not masked. */
  key = 0;
  violation: Violation | undefined;

  /**
   * Read a header at `pos`. Each rule is checked as soon as the bytes that break it are there.
   *
   * @param fragmented whether a fragmented message is under way
   * @returns the header's length in bytes; 0 when more bytes are needed; −1 when `violation` says what is wrong
   */
  read(bytes: Uint8Array, pos: number, end: number, fragmented: boolean, { role, compress }: HeaderContext): number {
    if (end - pos < 2) return 0;
    const first = bytes[pos] ?? 0;
    const second = bytes[pos + 1] ?? 0;
    const opcode = first & 0x0f;
    const control = isControl(opcode);
    this.fin = (first & 0x80) !== 0;
    this.opcode = opcode;
    this.compressed = (first & rsv1) !== 0;

    if ((first & (compress ? 0x30 : 0x70)) !== 0) return this.#fail(violation('reservedBits', hex(first & 0x70)));
    if (isReserved(opcode)) return this.#fail(violation('reservedOpcode', hex(opcode)));
    if (control && this.compressed) return this.#fail(violation('compressedControl'));
    if (control && !this.fin) return this.#fail(violation('fragmentedControl'));
    if (!control) {
      if (opcode === Opcode.continuation) {
        if (!fragmented) return this.#fail(violation('unexpectedContinuation'));
        if (this.compressed) return this.#fail(violation('compressedContinuation'));
      } else if (fragmented) return this.#fail(violation('expectedContinuation'));
    }
    const masked = second >= 0x80;
    if (masked !== (role === 'server')) return this.#fail(violation(masked ? 'maskedFrame' : 'unmaskedFrame'));

    const short = second & 0x7f;
    if (control && short > 125) return this.#fail(violation('controlTooLong'));
    let at = pos + 2;
    if (short < 126) this.length = short;
    else if (short === 126) {
      if (end - at < 2) return 0;
      this.length = uint16(bytes, at);
      if (this.length < 126) return this.#fail(violation('nonMinimalLength', `${this.length} in 16 bits`));
      at += 2;
    } else {
      if (end - at < 1) return 0;
      if ((bytes[at] ?? 0) >= 0x80) return this.#fail(violation('badLength'));
      if (end - at < 8) return 0;
      // Beyond 2^53 the sum is rounded, which no size limit can tell from the exact number.
      this.length = uint32(bytes, at) * 0x1_0000_0000 + uint32(bytes, at + 4);
      if (this.length < 0x1_0000) return this.#fail(violation('nonMinimalLength', `${this.length} in 64 bits`));
      at += 8;
    }

    this.key = 0;
    if (!masked) return at - pos;
    if (end - at < 4) return 0;
    this.key =
      (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
    return at + 4 - pos;
  }

  #fail(found: Violation): -1 {
    this.violation = found;
    return -1;
  }
}

/** Bytes that a header with this payload length takes. */
export function headerLength(length: number, masked: boolean): number {
  return (length < 126 ? 2 : length < 0x1_0000 ? 4 : 10) + (masked ? 4 : 0);
}

/**
 * Write a header with the shortest form of its length (RFC 6455 §5.2).
 *
 * @param first the first byte: FIN, RSV1–3 and the opcode
 * @param key masking key, first octet lowest; `undefined` for an unmasked frame
 * @returns the position after the header
 */
export function writeHeader(
  bytes: Uint8Array,
  pos: number,
  first: number,
  length: number,
  key: number | undefined,
): number {
  const maskBit = key === undefined ? 0 : 0x80;
  let at = pos;
  bytes[at++] = first;
  if (length < 126) bytes[at++] = maskBit | length;
  else if (length < 0x1_0000) {
    bytes[at++] = maskBit | 126;
    bytes[at++] = length >>> 8;
    bytes[at++] = length;
  } else {
    bytes[at++] = maskBit | 127;
    const high = Math.floor(length / 0x1_0000_0000);
    for (const word of [high, length >>> 0]) for (const shift of [24, 16, 8, 0]) bytes[at++] = word >>> shift;
  }
  if (key !== undefined) for (let shift = 0; shift < 32; shift += 8) bytes[at++] = key >>> shift;
  return at;
}

const hex = (value: number): string => `0x${value.toString(16)}`;
const uint16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
const uint32 = (bytes: Uint8Array, at: number): number => uint16(bytes, at) * 0x1_0000 + uint16(bytes, at + 2);
