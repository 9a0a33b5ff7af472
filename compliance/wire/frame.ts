import { randomFillSync } from 'node:crypto';

/** A frame as it stands on the wire, with its payload unmasked (RFC 6455 §5.2). */
export interface Frame {
  readonly fin: boolean;
  /** RSV1 counts 4, RSV2 2, RSV3 1. */
  readonly rsv: number;
  readonly opcode: number;
  readonly payload: Uint8Array;
}

export interface Encoding {
  readonly masked: boolean;
  /** Bits of the length; default: as few as will do. */
  readonly lengthBits?: 7 | 16 | 64 | undefined;
}

/** The bit of RSV1 in {@link Frame.rsv}. */
export const rsv1 = 4;

/** Whether an opcode is one of a control frame. */
export const isControl = (opcode: number): boolean => opcode >= 8;

/** A frame as bytes, however illegal it is. */
export function encodeFrame({ fin, rsv, opcode, payload }: Frame, { masked, lengthBits }: Encoding): Buffer {
  const { length } = payload;
  const bits = lengthBits ?? shortest(length);
  const headSize = 2 + (bits === 7 ? 0 : bits / 8) + (masked ? 4 : 0);
  const bytes = Buffer.allocUnsafe(headSize + length);
  bytes[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  bytes[1] = (masked ? 0x80 : 0) | (bits === 7 ? length : bits === 16 ? 126 : 127);
  if (bits === 16) bytes.writeUInt16BE(length, 2);
  if (bits === 64) bytes.writeBigUInt64BE(BigInt(length), 2);
  bytes.set(payload, headSize);
  if (masked) {
    const key = maskingKey();
    bytes.set(key, headSize - 4);
    applyMask(bytes.subarray(headSize), key);
  }
  return bytes;
}

const keys = Buffer.alloc(4096);
let used = keys.length;

/** A key of its own for each frame; random ones are cheaper by the thousand. */
function maskingKey(): Uint8Array {
  if (used === keys.length) {
    randomFillSync(keys);
    used = 0;
  }
  used += 4;
  return keys.subarray(used - 4, used);
}

/** As few bits as will do for a length. */
export function shortest(length: number): 7 | 16 | 64 {
  if (length < 126) return 7;
  return length < 0x1_0000 ? 16 : 64;
}

/** Masks in place, or takes the mask off again (RFC 6455 §5.3). */
export function applyMask(bytes: Uint8Array, key: Uint8Array): void {
  const [first = 0, second = 0, third = 0, fourth = 0] = key;
  const whole = bytes.length - (bytes.length % 4);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const word = ((first << 24) | (second << 16) | (third << 8) | fourth) >>> 0;
  for (let at = 0; at < whole; at += 4) view.setUint32(at, (view.getUint32(at) ^ word) >>> 0);
  for (let at = whole; at < bytes.length; at++) view.setUint8(at, view.getUint8(at) ^ (key[at % 4] ?? 0));
}
