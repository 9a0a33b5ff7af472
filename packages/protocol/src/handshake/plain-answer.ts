import type { HeaderPair } from './header-map.ts';
import { encodeHead } from './outgoing-header.ts';
import { describeRefusal, type RequestRefusal, refusalHeaders, refusalStatus } from './refusal.ts';

/** An answer that opens no WebSocket, in any version of HTTP. */
export interface PlainAnswer {
  /** From 300 to 599. */
  readonly status: number;
  /** Without those of the connection, and without `Content-Length`. */
  readonly headers: readonly HeaderPair[];
  readonly body: string;
}

/** The answer to a refused request: its status, what would have been accepted instead, and one line of text. */
export function refusalAnswer(refusal: RequestRefusal): PlainAnswer {
  return {
    status: refusalStatus(refusal),
    headers: [...refusalHeaders(refusal), plainText],
    body: `${describeRefusal(refusal)}\n`,
  };
}

/** The `Content-Type` of a line for people. */
export const plainText: HeaderPair = ['Content-Type', 'text/plain; charset=utf-8'];

/**
 * The bytes of the whole HTTP/1.1 answer; the connection is to be closed after it. Throws a `TypeError` for a header
 * that would split it.
 *
 * @param method that of the request: HEAD is answered without the body
 */
export function encodeAnswer({ status, headers, body }: PlainAnswer, method = 'GET'): Uint8Array {
  const content = Buffer.from(body, 'utf8');
  const head = encodeHead(`HTTP/1.1 ${status} ${reasonPhrases.get(status) ?? ''}`, [
    ...connectionHeaders(status),
    ...headers,
    ['Content-Length', String(content.length)],
  ]);
  return method === 'HEAD' ? head : Buffer.concat([head, content]);
}

/** A status without a phrase stands for itself (RFC 9112 §4). */
const reasonPhrases: ReadonlyMap<number, string> = new Map([
  [302, 'Found'],
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [405, 'Method Not Allowed'],
  [408, 'Request Timeout'],
  [426, 'Upgrade Required'],
  [429, 'Too Many Requests'],
  [431, 'Request Header Fields Too Large'],
  [500, 'Internal Server Error'],
  [501, 'Not Implemented'],
  [503, 'Service Unavailable'],
]);

function connectionHeaders(status: number): HeaderPair[] {
  // RFC 9110 §15.5.22: a 426 names the protocol to upgrade to.
  if (status !== 426) return [['Connection', 'close']];
  return [
    ['Connection', 'close, Upgrade'],
    ['Upgrade', 'websocket'],
  ];
}
