import { isUtf8 } from 'node:buffer';
import { shortest } from '../wire/frame.ts';

/** What an echo server makes sure of, one rule each, for a broken one to break. */
export interface Rules {
  readonly reservedBits: (rsv: number, compression: boolean, opcode: number) => boolean;
  readonly knownOpcode: (opcode: number) => boolean;
  readonly masked: (masked: boolean) => boolean;
  readonly shortestLength: (length: number, bits: number) => boolean;
  readonly wholeControl: (fin: boolean) => boolean;
  readonly shortControl: (length: number) => boolean;
  /** Whether a data frame fits what came before it. */
  readonly inSequence: (continuation: boolean, pending: boolean) => boolean;
  /** Whether these octets can be the beginning of a text. */
  readonly textSoFar: (octets: Uint8Array) => boolean;
  readonly text: (octets: Uint8Array) => boolean;
  readonly closeCode: (code: number) => boolean;
  readonly closeReason: (octets: Uint8Array) => boolean;
  /** The payload of the answer to a ping; `undefined` for none. */
  readonly pong: (ping: Uint8Array) => Uint8Array | undefined;
  readonly answersClose: boolean;
  readonly windowBits: (agreed: number) => number;
}

/** All of them as RFC 6455 and RFC 7692 have them. */
export const strict: Rules = {
  reservedBits: (rsv, compression, opcode) => rsv === 0 || (rsv === 4 && compression && (opcode === 1 || opcode === 2)),
  knownOpcode: (opcode) => [0, 1, 2, 8, 9, 10].includes(opcode),
  masked: (masked) => masked,
  shortestLength: (length, bits) => bits === shortest(length),
  wholeControl: (fin) => fin,
  shortControl: (length) => length <= 125,
  inSequence: (continuation, pending) => continuation === pending,
  textSoFar: isBeginningOfUtf8,
  text: isUtf8,
  closeCode: (code) =>
    (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code <= 4999),
  closeReason: isUtf8,
  pong: (ping) => ping,
  answersClose: true,
  windowBits: (agreed) => agreed,
};

/** Whether octets are valid UTF-8 but for a last character that may be incomplete. */
function isBeginningOfUtf8(octets: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(octets, { stream: true });
    return true;
  } catch {
    return false;
  }
}
