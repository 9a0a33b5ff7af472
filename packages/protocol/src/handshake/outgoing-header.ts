import { isHeaderValue, isToken } from '../header-value.ts';
import type { HeaderPair } from './header-map.ts';

const connectionSpecific = new Set(['connection', 'upgrade', 'keep-alive', 'proxy-connection', 'transfer-encoding']);

/** Whether a header (in lower case) speaks about one HTTP/1.1 connection, and so has no place in HTTP/2 or HTTP/3 (RFC 9113 §8.2.2). */
export function isConnectionSpecific(name: string): boolean {
  return connectionSpecific.has(name);
}

/** Whether a header (in lower case) is the handshake's own, which nobody may add: the protocol's, the connection's and a body's. */
export function isReserved(name: string): boolean {
  return name.startsWith('sec-websocket-') || isConnectionSpecific(name) || name === 'content-length';
}

/** Whether the header can be written without a change to the lines around it. */
export function isSendable(name: string, value: string): boolean {
  return isToken(name) && isHeaderValue(value);
}

/** Whether `text` can stand as a `Host` or an `:authority`: something, and nothing but visible ASCII. */
export function isAuthority(text: string): boolean {
  return /^[!-~]+$/.test(text);
}

/**
 * The head of an HTTP/1.1 message: the start line, the headers, the empty line.
 * Throws a `TypeError` for what would add lines of its own.
 */
export function encodeHead(startLine: string, headers: readonly HeaderPair[]): Buffer {
  let head = `${startLine}\r\n`;
  for (const [name, value] of headers) {
    assertSendable(name, value);
    head += `${name}: ${value}\r\n`;
  }
  return Buffer.from(`${head}\r\n`, 'latin1');
}

/** Throws a `TypeError` unless {@link isSendable}. */
export function assertSendable(name: string, value: string): void {
  if (isSendable(name, value)) return;
  throw new TypeError(
    `the header ${JSON.stringify(name)} has a name or a value that HTTP does not allow (RFC 9110 §5.5)`,
  );
}
