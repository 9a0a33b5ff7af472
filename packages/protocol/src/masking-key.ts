import { randomFillSync } from 'node:crypto';

/** One system call fills this many keys: a call for each frame would cost more than the frame. */
const keysPerFill = 1024;
const pool = new Int32Array(keysPerFill);
let next = keysPerFill;

/** A fresh masking key from a strong source of entropy, as RFC 6455 §10.3 demands of clients. */
export function maskingKey(): number {
  if (next === keysPerFill) {
    randomFillSync(pool);
    next = 0;
  }
  const key = pool[next] ?? 0;
  pool[next++] = 0;
  return key;
}
