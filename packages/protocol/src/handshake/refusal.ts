import type { DeflateResponseFailure } from '../deflate/negotiation.ts';

/** Why a server refuses a request for a WebSocket. Each has an HTTP status, see {@link refusalStatus}. */
export type RequestRefusal =
  /** The method cannot open a WebSocket in this version of HTTP; a CONNECT without `:protocol` is a plain one. */
  | {
      readonly code: 'wrongMethod';
      readonly method: string | undefined;
      readonly expected: 'GET' | 'extended CONNECT';
    }
  /** Not HTTP/1.1: older versions know no upgrade, newer ones have extended CONNECT. */
  | { readonly code: 'httpVersion'; readonly version: string }
  | { readonly code: 'missingHost' }
  | { readonly code: 'duplicateHost' }
  /** The request announces a body, whose bytes could be taken for frames. */
  | { readonly code: 'bodyNotAllowed' }
  | { readonly code: 'missingUpgradeHeader' }
  | { readonly code: 'invalidUpgrade'; readonly value: string }
  | { readonly code: 'missingConnectionHeader' }
  | { readonly code: 'invalidConnection'; readonly value: string }
  | { readonly code: 'unsupportedVersion'; readonly version: string | undefined }
  | { readonly code: 'missingKey' }
  | { readonly code: 'badKey' }
  /** A header stands there more than once that may stand there once only. */
  | { readonly code: 'duplicateHeader'; readonly name: string }
  /** A subprotocol that is no token, or one named twice. */
  | { readonly code: 'badSubprotocol'; readonly value: string }
  | { readonly code: 'noAcceptableSubprotocol'; readonly offered: readonly string[] }
  | { readonly code: 'badExtensions' }
  | { readonly code: 'handshakeTooBig' }
  | { readonly code: 'handshakeTimeout' }
  /** Extended CONNECT for something else than a WebSocket. */
  | { readonly code: 'wrongProtocol'; readonly protocol: string }
  | { readonly code: 'missingScheme' }
  | { readonly code: 'invalidScheme'; readonly scheme: string }
  | { readonly code: 'missingAuthority' }
  | { readonly code: 'missingPath' }
  /** A header that has no place there: a connection's own in HTTP/2, an unknown pseudo-header, one that the handshake sets itself. */
  | { readonly code: 'forbiddenHeader'; readonly name: string }
  /** A header whose name is no token or whose value holds a control character. */
  | { readonly code: 'invalidHeader'; readonly name: string }
  | { readonly code: 'authorityMismatch'; readonly authority: string; readonly host: string };

/** Why a client refuses the answer to its request. */
export type ResponseRefusal =
  | { readonly code: 'unexpectedStatus'; readonly status: number }
  | Extract<
      RequestRefusal,
      {
        code:
          | 'missingUpgradeHeader'
          | 'invalidUpgrade'
          | 'missingConnectionHeader'
          | 'invalidConnection'
          | 'duplicateHeader'
          | 'badExtensions';
      }
    >
  | { readonly code: 'missingAccept' }
  | { readonly code: 'acceptMismatch' }
  | { readonly code: 'unrequestedSubprotocol'; readonly value: string }
  | { readonly code: 'unrequestedExtension'; readonly name: string }
  /** permessage-deflate with parameters that are malformed or not what was offered, or more than once. */
  | { readonly code: 'badCompression'; readonly reason: DeflateResponseFailure | 'duplicateExtension' }
  | { readonly code: 'badHttpResponse'; readonly line: string }
  /** The header block is larger than `limit` bytes. */
  | { readonly code: 'handshakeResponseTooBig'; readonly limit: number };

/** Why a URL cannot be a WebSocket's. */
export type UrlRefusal =
  | { readonly code: 'invalidUrl' }
  | { readonly code: 'invalidScheme'; readonly scheme: string }
  | { readonly code: 'invalidPort'; readonly port: string }
  | { readonly code: 'fragmentNotAllowed' };

/** Why a client does not send its own request. */
export type OfferRefusal =
  | { readonly code: 'invalidUrl' }
  | { readonly code: 'peerDoesNotAllowConnectProtocol' }
  | Extract<
      RequestRefusal,
      {
        code:
          | 'badKey'
          | 'badSubprotocol'
          | 'badExtensions'
          | 'invalidHeader'
          | 'forbiddenHeader'
          | 'duplicateHeader'
          | 'duplicateHost';
      }
    >;

/** Every way in which an opening handshake ends without a WebSocket. */
export type Refusal = RequestRefusal | ResponseRefusal | UrlRefusal | OfferRefusal;

/** The outcome of a function that refused. */
export interface Refused<R extends Refusal> {
  readonly ok: false;
  readonly refusal: R;
}

/** A row of {@link refusals}. */
export interface RefusalRow {
  /** The HTTP status of the answer; `null` where the client refuses and nothing is answered. */
  readonly status: number | null;
  /** Where the rule stands. */
  readonly rfc: string;
  /** One clause for people; `{name}` stands for that part of the refusal. */
  readonly text: string;
}

/** Every refusal by its code: the answer's HTTP status, the rule, the words. */
export const refusals = {
  wrongMethod: {
    status: 405,
    rfc: 'RFC 6455 §4.2.1, RFC 8441 §4',
    text: 'the method is {method}, not {expected}',
  },
  httpVersion: { status: 400, rfc: 'RFC 6455 §4.2.1', text: 'the HTTP version is {version}, not "1.1"' },
  missingHost: { status: 400, rfc: 'RFC 6455 §4.2.1', text: 'the Host header is missing' },
  duplicateHost: { status: 400, rfc: 'RFC 9112 §3.2', text: 'there is more than one Host header' },
  bodyNotAllowed: { status: 400, rfc: 'RFC 9110 §9.3.1', text: 'a request for a WebSocket cannot have a body' },
  missingUpgradeHeader: { status: 400, rfc: 'RFC 6455 §4.2.1', text: 'the Upgrade header is missing' },
  invalidUpgrade: { status: 400, rfc: 'RFC 6455 §4.2.1', text: 'the Upgrade header is {value}, not "websocket"' },
  missingConnectionHeader: { status: 400, rfc: 'RFC 6455 §4.2.1', text: 'the Connection header is missing' },
  invalidConnection: {
    status: 400,
    rfc: 'RFC 6455 §4.2.1',
    text: 'the Connection header is {value}, which does not name "Upgrade"',
  },
  unsupportedVersion: {
    status: 426,
    rfc: 'RFC 6455 §4.4',
    text: 'the Sec-WebSocket-Version header is {version}, not "13"',
  },
  missingKey: { status: 400, rfc: 'RFC 6455 §4.2.1', text: 'the Sec-WebSocket-Key header is missing' },
  badKey: { status: 400, rfc: 'RFC 6455 §4.2.1', text: 'the Sec-WebSocket-Key is not 16 bytes in base64' },
  duplicateHeader: { status: 400, rfc: 'RFC 6455 §11.3', text: 'the header {name} stands there more than once' },
  badSubprotocol: {
    status: 400,
    rfc: 'RFC 6455 §4.1',
    text: 'the Sec-WebSocket-Protocol header {value} is not a list of different tokens',
  },
  noAcceptableSubprotocol: {
    status: 400,
    rfc: 'RFC 6455 §4.2.2',
    text: 'the server speaks none of the subprotocols offered: {offered}',
  },
  badExtensions: { status: 400, rfc: 'RFC 6455 §9.1', text: 'the Sec-WebSocket-Extensions header is malformed' },
  handshakeTooBig: { status: 431, rfc: 'RFC 6585 §5', text: 'the header block is too large' },
  handshakeTimeout: { status: 408, rfc: 'RFC 9110 §15.5.9', text: 'the request did not arrive in time' },
  wrongProtocol: {
    status: 501,
    rfc: 'RFC 8441 §4, RFC 9220 §3',
    text: 'the :protocol is {protocol}, not "websocket"',
  },
  missingScheme: { status: 400, rfc: 'RFC 8441 §4', text: 'the :scheme is missing' },
  invalidScheme: {
    status: 400,
    rfc: 'RFC 6455 §3, RFC 8441 §5',
    text: 'the scheme {scheme} is not a WebSocket scheme',
  },
  missingAuthority: { status: 400, rfc: 'RFC 8441 §4', text: 'the :authority is missing' },
  missingPath: { status: 400, rfc: 'RFC 8441 §4', text: 'the :path is missing or does not begin with a slash' },
  forbiddenHeader: { status: 400, rfc: 'RFC 9113 §8.2.2, §8.3', text: 'the header {name} is not allowed here' },
  invalidHeader: { status: 400, rfc: 'RFC 9110 §5.5', text: 'the header {name} holds a character that is not allowed' },
  authorityMismatch: {
    status: 400,
    rfc: 'RFC 9113 §8.3.1',
    text: 'the :authority {authority} and the Host header {host} differ',
  },
  unexpectedStatus: {
    status: null,
    rfc: 'RFC 6455 §4.1, RFC 8441 §5',
    text: 'the server answered with status {status} and opened no WebSocket',
  },
  missingAccept: { status: null, rfc: 'RFC 6455 §4.1', text: 'the Sec-WebSocket-Accept header is missing' },
  acceptMismatch: { status: null, rfc: 'RFC 6455 §4.1', text: 'the Sec-WebSocket-Accept does not answer our key' },
  unrequestedSubprotocol: {
    status: null,
    rfc: 'RFC 6455 §4.1',
    text: 'the server chose the subprotocol {value}, which was not offered',
  },
  unrequestedExtension: {
    status: null,
    rfc: 'RFC 6455 §4.1',
    text: 'the server chose the extension {name}, which was not offered',
  },
  badCompression: {
    status: null,
    rfc: 'RFC 7692 §5, §7.1',
    text: "the server's answer to the offer of permessage-deflate is not acceptable: {reason}",
  },
  badHttpResponse: { status: null, rfc: 'RFC 9112 §4, §5', text: 'the line {line} is not HTTP/1' },
  handshakeResponseTooBig: {
    status: null,
    rfc: 'RFC 9110 §5.4',
    text: 'the header block of the response is larger than {limit} bytes',
  },
  invalidUrl: { status: null, rfc: 'RFC 6455 §3', text: 'this is not a WebSocket URL' },
  invalidPort: { status: null, rfc: 'RFC 6455 §3', text: 'the port {port} is not a number from 0 to 65535' },
  fragmentNotAllowed: { status: null, rfc: 'RFC 6455 §3', text: 'a WebSocket URL cannot have a fragment' },
  peerDoesNotAllowConnectProtocol: {
    status: null,
    rfc: 'RFC 8441 §3',
    text: 'the server has not enabled extended CONNECT in its settings',
  },
} as const satisfies Record<Refusal['code'], RefusalRow>;

/** The HTTP statuses with which requests are refused. */
export type RefusalStatus = (typeof refusals)[RequestRefusal['code']]['status'];

/** The outcome that carries `refusal`. */
export function refuse<R extends Refusal>(refusal: R): Refused<R> {
  return { ok: false, refusal };
}

/** The HTTP status that answers a refused request. */
export function refusalStatus(refusal: RequestRefusal): RefusalStatus {
  return refusals[refusal.code].status;
}

/** The headers that go with {@link refusalStatus} in every version of HTTP: what would have been accepted instead. */
export function refusalHeaders(refusal: RequestRefusal): (readonly [name: string, value: string])[] {
  switch (refusal.code) {
    case 'wrongMethod':
      return [['Allow', refusal.expected === 'GET' ? 'GET' : 'CONNECT']];
    case 'unsupportedVersion':
      return [['Sec-WebSocket-Version', '13']];
    default:
      return [];
  }
}

/** One line for people: what was wrong, and where the rule stands. What the peer sent is escaped, and cut after 64 characters. */
export function describeRefusal(refusal: Refusal): string {
  const { text, rfc } = refusals[refusal.code];
  const parts = new Map<string, unknown>(Object.entries(refusal));
  return `${text.replace(/\{(\w+)\}/g, (_, name: string) => show(parts.get(name)))} (${rfc})`;
}

const shownLength = 64;

function show(part: unknown): string {
  if (part === undefined) return 'absent';
  if (typeof part === 'number') return String(part);
  if (Array.isArray(part) && part.length === 0) return 'none';
  const value = Array.isArray(part) ? part.join(', ') : String(part);
  const shown = value.slice(0, shownLength).replace(/[^\x20-\x7e]|["\\]/g, escapeChar);
  return `"${shown}${value.length > shownLength ? '…' : ''}"`;
}

function escapeChar(char: string): string {
  return char === '"' || char === '\\' ? `\\${char}` : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
