/** A frame as a peer could write it, legal or not: every field is taken as given (RFC 6455 §5.2). */
export interface RawFrame {
  readonly opcode: number;
  /** Default true. */
  readonly fin?: boolean;
  /** RSV1 is 4, RSV2 is 2, RSV3 is 1. Default 0. */
  readonly rsv?: number;
  /** Four bytes of masking key; without one the frame is not masked. */
  readonly key?: Uint8Array | undefined;
  readonly payload?: Uint8Array | string;
  /** The payload length that the header states. Default: that of the payload. */
  readonly announced?: bigint;
  /** The width of the length field. Default: the shortest that fits. */
  readonly lengthBits?: 7 | 16 | 64;
}

export const someKey = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);

export const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');

function lengthField(length: bigint, bits: 7 | 16 | 64): Buffer {
  if (bits === 7) return Buffer.of(Number(length));
  const field = Buffer.alloc(bits === 16 ? 3 : 9);
  field[0] = bits === 16 ? 126 : 127;
  if (bits === 16) field.writeUInt16BE(Number(length), 1);
  else field.writeBigUInt64BE(length, 1);
  return field;
}

/** The bytes of a frame, written octet by octet, without any of the code under test. */
export function rawFrame({ opcode, fin = true, rsv = 0, key, payload = '', announced, lengthBits }: RawFrame): Buffer {
  const content = Buffer.from(payload);
  const length = announced ?? BigInt(content.length);
  const field = lengthField(length, lengthBits ?? (length < 126n ? 7 : length < 65536n ? 16 : 64));
  const first = Buffer.of((fin ? 0x80 : 0) | (rsv << 4) | opcode);
  if (key === undefined) return Buffer.concat([first, field, content]);
  field[0] = (field[0] ?? 0) | 0x80;
  for (let i = 0; i < content.length; i++) content[i] = (content[i] ?? 0) ^ (key[i % 4] ?? 0);
  return Buffer.concat([first, field, key, content]);
}

/** A frame as a client writes it: masked (RFC 6455 §5.3). */
export const fromClient = (frame: RawFrame): Buffer => rawFrame({ key: someKey, ...frame });

/** The same bytes in pieces of `size`, each with memory of its own: a decoder unmasks in place. */
export function inPieces(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(Uint8Array.from(bytes.subarray(at, at + size)));
  return pieces;
}
