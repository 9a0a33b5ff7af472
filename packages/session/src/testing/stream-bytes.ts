import assert from 'node:assert/strict';

/** Bytes that tell where in a stream they belong: no run of them looks like another. */
export function streamBytes(length: number, from = 0): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = Math.imul(from + i + 1, 0x9e3779b1) >>> 24;
  return bytes;
}

/** Cut a stream into pieces of these lengths, over and over. */
export function cut(stream: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, next = 0; at < stream.length; next++) {
    const piece = stream.subarray(at, at + (lengths[next % lengths.length] ?? 1));
    pieces.push(piece);
    at += piece.length;
  }
  return pieces;
}

/** Fails with the place of the first difference. */
export function assertSameStream(batches: readonly Uint8Array[], expected: Uint8Array, what: string): void {
  const actual = Buffer.concat(batches);
  if (Buffer.compare(actual, expected) === 0) return;
  const at = expected.findIndex((byte, i) => actual[i] !== byte);
  assert.fail(
    at === -1
      ? `${what}: ${actual.length - expected.length} bytes too many after ${expected.length}`
      : `${what}: ${actual.length} bytes arrived instead of ${expected.length}, and byte ${at} is ${actual[at] ?? 'missing'} instead of ${expected[at]}`,
  );
}
