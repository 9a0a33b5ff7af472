import { endianness } from 'node:os';

/** Below this many bytes the set-up of a word view costs more than the byte loop (measured: break-even near 64). */
const wordThreshold = 64;
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
  let rotated = rotate(key, phase);
  if (rotated === 0) return;
  let i = start;
  if (littleEndian && end - start >= wordThreshold) {
    const misaligned = (4 - ((bytes.byteOffset + i) & 3)) & 3;
    maskBytes(bytes, i, i + misaligned, rotated);
    rotated = rotate(rotated, misaligned);
    i += misaligned;
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + i, (end - i) >> 2);
    for (let w = 0, n = words.length; w < n; w++) words[w] = (words[w] ?? 0) ^ rotated;
    i += words.length << 2;
  }
  maskBytes(bytes, i, end, rotated);
}

function maskBytes(bytes: Uint8Array, start: number, end: number, key: number): void {
  for (let i = start, shift = 0; i < end; i++, shift = (shift + 8) & 31) bytes[i] = (bytes[i] ?? 0) ^ (key >>> shift);
}

/** The key as it applies `count` bytes further on. */
function rotate(key: number, count: number): number {
  const shift = (count & 3) << 3;
  return shift === 0 ? key | 0 : (key >>> shift) | (key << (32 - shift));
}
