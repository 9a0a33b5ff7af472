/** Opcodes of the base framing protocol (RFC 6455 §5.2). 0x3–0x7 and 0xb–0xf are reserved. */
export const Opcode = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

/** Close, ping and pong frames: never fragmented, at most 125 bytes (RFC 6455 §5.5). */
export const isControl = (opcode: number): boolean => opcode >= 0x8;

/** Opcodes 0x3–0x7 and 0xb–0xf, which no extension known here defines (RFC 6455 §5.2). */
export const isReserved = (opcode: number): boolean => (opcode & 0x7) > 0x2;
