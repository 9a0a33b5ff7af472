import { endianness } from 'node:os';
import { maskBlocks } from './mask-blocks.ts';

/** Below this many bytes the set-up of a word view costs more than the byte loop (measured: break-even near 64). */
const wordThreshold = 64;
/** And below this many, to copy them into a memory where blocks of 16 can be masked. */
const blockThreshold = 4096;
const littleEndian = endianness() === 'LE';

/**
 * Mask or unmask bytes in place: octet i is XORed with octet (i + phase) mod 4 of the key (RFC 6455 §5.3).
 * Its own inverse.
 *
 * @param bytes changed in place
 * @param start index of the first byte, inclusive
 * @param end index after the last byte
 * @param key the masking key as four octets, first octet in the lowest byte
 * @param phase how many payload bytes came before `start`: carries the key across chunks
 */
export function mask(bytes: Uint8Array, start: number, end: number, key: number, phase = 0): void {
  const rotated = rotate(key, phase);
  if (rotated === 0) return;
  if (end - start >= blockThreshold && maskBlocks(bytes, start, end, rotated)) return;
  if (!littleEndian || end - start < wordThreshold) {
    maskBytes(bytes, start, end, rotated);
    return;
  }
  if (viewed !== bytes) view(bytes);
  const firstWord = (start - misalignment + 3) >> 2;
  const lastWord = (end - misalignment) >> 2;
  const from = misalignment + 4 * firstWord;
  maskBytes(bytes, start, from, rotated);
  const key32 = rotate(rotated, from - start);
  for (let w = firstWord; w < lastWord; w++) words[w] = (words[w] ?? 0) ^ key32;
  maskBytes(bytes, misalignment + 4 * lastWord, end, key32);
  if (bytes.length > longestKept) view(nothing);
}

/** Chunks that hold many payloads are no longer than this, bytes; what is longer is not held on to. */
const longestKept = 128 * 1024;
const nothing = new Uint8Array(0);

/** The bytes that were masked last, as words: a chunk may hold many payloads, and a view costs as much as masking one. */
let viewed: Uint8Array | undefined;
let words: Int32Array = new Int32Array(0);
/** Where in {@link viewed} the first whole word begins. */
let misalignment = 0;

function view(bytes: Uint8Array): void {
  viewed = bytes;
  misalignment = -bytes.byteOffset & 3;
  words = new Int32Array(
    bytes.buffer,
    bytes.byteOffset + misalignment,
    Math.max(0, (bytes.length - misalignment) >> 2),
  );
}

function maskBytes(bytes: Uint8Array, start: number, end: number, key: number): void {
  let i = start;
  for (; i + 3 < end; i += 4) {
    bytes[i] = (bytes[i] ?? 0) ^ key;
    bytes[i + 1] = (bytes[i + 1] ?? 0) ^ (key >>> 8);
    bytes[i + 2] = (bytes[i + 2] ?? 0) ^ (key >>> 16);
    bytes[i + 3] = (bytes[i + 3] ?? 0) ^ (key >>> 24);
  }
  for (let shift = 0; i < end; i++, shift += 8) bytes[i] = (bytes[i] ?? 0) ^ (key >>> shift);
}

/** The key as it applies `count` bytes further on. */
function rotate(key: number, count: number): number {
  const shift = (count & 3) << 3;
  return shift === 0 ? key | 0 : (key >>> shift) | (key << (32 - shift));
}
