import { isUtf8 } from 'node:buffer';

/** Shorter runs are checked byte by byte: a native call costs about as much as this many steps. */
const nativeThreshold = 48;

/**
 * Incremental UTF-8 validation (RFC 3629) that fails at the first byte that cannot continue a valid sequence,
 * wherever chunk and fragment boundaries fall. Whole runs go to the engine's vectorised check; only the code
 * points that a boundary cuts are walked byte by byte.
 */
export class Utf8Validator {
  /** Continuation bytes that the code point under way still needs. */
  #needed = 0;
  /** Range of the next continuation byte: narrower than 80–BF after E0, ED, F0 and F4. */
  #lower = 0x80;
  #upper = 0xbf;

  /** Take the next bytes; `false` as soon as they cannot be part of valid UTF-8. */
  write(bytes: Uint8Array): boolean {
    const end = bytes.length;
    let i = 0;
    while (this.#needed > 0 && i < end) if (!this.#step(bytes[i++] ?? 0)) return false;
    if (end - i < nativeThreshold) return this.#walk(bytes, i, end);
    const cut = startOfUnfinished(bytes, end);
    return isUtf8(i === 0 && cut === end ? bytes : bytes.subarray(i, cut)) && this.#walk(bytes, cut, end);
  }

  /** Whether the text may end here: no code point is unfinished. Ready for the next text afterwards. */
  end(): boolean {
    const complete = this.#needed === 0;
    this.#needed = 0;
    this.#lower = 0x80;
    this.#upper = 0xbf;
    return complete;
  }

  #walk(bytes: Uint8Array, start: number, end: number): boolean {
    for (let i = start; i < end; i++) {
      const byte = bytes[i] ?? 0;
      if (this.#needed === 0 && byte < 0x80) continue;
      if (!this.#step(byte)) return false;
    }
    return true;
  }

  #step(byte: number): boolean {
    if (this.#needed > 0) {
      if (byte < this.#lower || byte > this.#upper) return false;
      this.#needed--;
      this.#lower = 0x80;
      this.#upper = 0xbf;
      return true;
    }
    if (byte < 0x80) return true;
    if (byte >= 0xc2 && byte <= 0xdf) this.#needed = 1;
    else if (byte >= 0xe0 && byte <= 0xef) {
      this.#needed = 2;
      if (byte === 0xe0) this.#lower = 0xa0;
      if (byte === 0xed) this.#upper = 0x9f;
    } else if (byte >= 0xf0 && byte <= 0xf4) {
      this.#needed = 3;
      if (byte === 0xf0) this.#lower = 0x90;
      if (byte === 0xf4) this.#upper = 0x8f;
    } else return false;
    return true;
  }
}

/** Where the last code point starts if its bytes reach beyond `end`, else `end`. */
function startOfUnfinished(bytes: Uint8Array, end: number): number {
  for (let back = 1; back <= 3; back++) {
    const byte = bytes[end - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? end - back : end;
  }
  return end;
}

/** Whether a whole payload, or the part of a chunk that it is, is UTF-8 (RFC 6455 §8.1). */
export function isValidUtf8(bytes: Uint8Array, start = 0, end: number = bytes.length): boolean {
  if (end - start < nativeThreshold && isAscii(bytes, start, end)) return true;
  return isUtf8(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end));
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  let all = 0;
  for (let i = start; i < end; i++) all |= bytes[i] ?? 0;
  return all < 0x80;
}

/**
 * The longest prefix of at most `limit` bytes that ends on a code point.
 *
 * @param bytes valid UTF-8
 * @param limit in bytes
 */
export function truncateUtf8(bytes: Uint8Array, limit: number): Uint8Array {
  if (bytes.length <= limit) return bytes;
  let end = limit;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}
