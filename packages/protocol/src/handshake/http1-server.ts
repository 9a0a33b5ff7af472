import { listIncludes } from '../header-value.ts';
import { type HeaderInput, HeaderMap, type HeaderPair } from './header-map.ts';
import { acceptKey, isValidKey } from './key.ts';
import {
  type AnswerOptions,
  answerHeaders,
  checkVersion,
  type Negotiation,
  negotiate,
  type RequestRequirements,
} from './negotiation.ts';
import { encodeHead } from './outgoing-header.ts';
import { encodeAnswer, refusalAnswer } from './plain-answer.ts';
import { type Refused, type RequestRefusal, refuse } from './refusal.ts';

/** A request as an HTTP/1.1 server has it. */
export interface UpgradeRequest {
  /** Not checked when left out. */
  readonly method?: string | undefined;
  /** As `1.1`. Not checked when left out. */
  readonly httpVersion?: string | undefined;
  /** Best as `rawHeaders`: an object has lost the second of two `Host` lines. */
  readonly headers: HeaderInput;
}

/** An HTTP/1.1 request that can become a WebSocket. */
export interface Upgrade extends Negotiation {
  readonly key: string;
  /** The `Sec-WebSocket-Accept` that answers `key`. */
  readonly accept: string;
  readonly host: string;
}

/**
 * Checks a client's request for a WebSocket (RFC 6455 §4.2.1), in this order: method, HTTP version, `Host`, body, `Upgrade`,
 * `Connection`, version, key, subprotocols, extensions. The first fault is the refusal.
 */
export function validateRequest(
  request: UpgradeRequest,
  requirements: RequestRequirements = {},
): { readonly ok: true; readonly upgrade: Upgrade } | Refused<RequestRefusal> {
  const headers = HeaderMap.of(request.headers);
  const fault = checkRequest(request, headers) ?? checkUpgrade(headers) ?? checkVersion(headers) ?? checkKey(headers);
  if (fault !== undefined) return refuse(fault);
  const negotiated = negotiate(headers, requirements);
  if (!negotiated.ok) return negotiated;
  const key = headers.joined('sec-websocket-key') ?? '';
  const host = headers.joined('host') ?? '';
  return { ok: true, upgrade: { ...negotiated.negotiation, key, accept: acceptKey(key), host } };
}

function checkRequest({ method, httpVersion }: UpgradeRequest, headers: HeaderMap): RequestRefusal | undefined {
  if (method !== undefined && method !== 'GET') return { code: 'wrongMethod', method, expected: 'GET' };
  if (httpVersion !== undefined && httpVersion !== '1.1') return { code: 'httpVersion', version: httpVersion };
  const [host = '', ...more] = headers.all('host');
  if (more.length > 0) return { code: 'duplicateHost' };
  if (host === '') return { code: 'missingHost' };
  const hasBody = headers.has('transfer-encoding') || !headers.all('content-length').every((size) => /^0+$/.test(size));
  return hasBody ? { code: 'bodyNotAllowed' } : undefined;
}

function checkUpgrade(headers: HeaderMap): RequestRefusal | undefined {
  const upgrade = headers.joined('upgrade');
  if (upgrade === undefined) return { code: 'missingUpgradeHeader' };
  if (!listIncludes(headers.all('upgrade'), 'websocket')) return { code: 'invalidUpgrade', value: upgrade };
  const connection = headers.joined('connection');
  if (connection === undefined) return { code: 'missingConnectionHeader' };
  if (!listIncludes(headers.all('connection'), 'upgrade')) return { code: 'invalidConnection', value: connection };
  return undefined;
}

function checkKey(headers: HeaderMap): RequestRefusal | undefined {
  const [key, ...more] = headers.all('sec-websocket-key');
  if (key === undefined) return { code: 'missingKey' };
  if (more.length > 0) return { code: 'duplicateHeader', name: 'sec-websocket-key' };
  return isValidKey(key) ? undefined : { code: 'badKey' };
}

/**
 * The headers of the 101 answer to `upgrade` (RFC 6455 §4.2.2). Throws a `TypeError` when the application wants a subprotocol that
 * was not offered, a `Sec-WebSocket-*` header or another of the handshake's own, or a name or value that would split the response.
 */
export function responseHeaders(upgrade: Upgrade, options: AnswerOptions = {}): HeaderPair[] {
  return [
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Accept', upgrade.accept],
    ...answerHeaders(upgrade, options),
  ];
}

/** The bytes of a 101 answer with these headers. Throws a `TypeError` for a header that would split the response. */
export function encodeResponse(headers: readonly HeaderPair[]): Uint8Array {
  return encodeHead('HTTP/1.1 101 Switching Protocols', headers);
}

/** The bytes of the whole HTTP/1.1 answer to a refused request: status, headers, one line of text. The connection is to be closed after it. */
export function encodeRefusal(refusal: RequestRefusal): Uint8Array {
  return encodeAnswer(refusalAnswer(refusal), refusal.code === 'wrongMethod' ? refusal.method : undefined);
}
