import { hash, randomBytes } from 'node:crypto';

// RFC 6455 §1.3: the same for every handshake, so that only a server that knows the protocol finds the answer.
const acceptGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const encodedKey = /^[A-Za-z0-9+/]{22}==$/;

/** The `Sec-WebSocket-Accept` that answers a `Sec-WebSocket-Key` (RFC 6455 §4.2.2). The key is taken as text; it is not checked. */
export function acceptKey(key: string): string {
  return hash('sha1', key + acceptGuid, 'base64');
}

/** A fresh `Sec-WebSocket-Key`: 16 random bytes in base64 (RFC 6455 §4.1). */
export function generateKey(): string {
  return randomBytes(16).toString('base64');
}

/**
 * Whether `key` is the padded base64 of exactly 16 bytes (RFC 6455 §4.2.1). The four bits that the last digit has left over
 * may be anything: the example in RFC 6455 §4.1 itself, `AQIDBAUGBwgJCgsMDQ4PEC==`, does not leave them zero.
 */
export function isValidKey(key: string): boolean {
  return encodedKey.test(key);
}
