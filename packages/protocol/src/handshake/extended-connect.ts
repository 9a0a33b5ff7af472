import { type HeaderInput, HeaderMap, type HeaderPair } from './header-map.ts';
import {
  type AnswerOptions,
  answerHeaders,
  checkVersion,
  type Negotiation,
  negotiate,
  type RequestRequirements,
} from './negotiation.ts';
import { type AcceptedOffer, checkAccepted, type Offer, type OfferOptions, offerHeaders } from './offer.ts';
import { isAuthority, isConnectionSpecific } from './outgoing-header.ts';
import { type OfferRefusal, type Refused, type RequestRefusal, type ResponseRefusal, refuse } from './refusal.ts';
import type { WebSocketTarget } from './url.ts';

/** An extended CONNECT that can become a WebSocket. */
export interface ExtendedConnect extends Negotiation {
  readonly scheme: 'http' | 'https';
  readonly authority: string;
  /** The path and the query. */
  readonly path: string;
}

/** What a client puts into its extended CONNECT. */
export interface ExtendedConnectOptions extends OfferOptions {
  /** Whether the server's settings have `SETTINGS_ENABLE_CONNECT_PROTOCOL` at 1 (RFC 8441 §3). */
  readonly peerAllowsConnectProtocol: boolean;
}

const pseudoHeaders = new Set([':method', ':protocol', ':scheme', ':authority', ':path']);

/**
 * Checks a request to open a WebSocket on a stream of HTTP/2 (RFC 8441 §4, §5) or HTTP/3 (RFC 9220 §3), in this order: `:method`,
 * `:protocol`, `:scheme`, `:authority`, `:path`, headers that have no place there, `Host`, version, subprotocols, extensions.
 * The first fault is the refusal. There is no key in these versions; one that is sent is ignored.
 */
export function validateExtendedConnect(
  input: HeaderInput,
  requirements: RequestRequirements = {},
): { readonly ok: true; readonly connect: ExtendedConnect } | Refused<RequestRefusal> {
  const headers = HeaderMap.of(input);
  const target = readTarget(headers);
  if (!target.ok) return target;
  const fault = checkFields(headers) ?? checkHost(headers, target.authority) ?? checkVersion(headers);
  if (fault !== undefined) return refuse(fault);
  const negotiated = negotiate(headers, requirements);
  if (!negotiated.ok) return negotiated;
  const { scheme, authority, path } = target;
  return { ok: true, connect: { scheme, authority, path, ...negotiated.negotiation } };
}

function readTarget(
  headers: HeaderMap,
): { ok: true; scheme: 'http' | 'https'; authority: string; path: string } | Refused<RequestRefusal> {
  for (const name of pseudoHeaders) {
    if (headers.all(name).length > 1) return refuse({ code: 'duplicateHeader', name });
  }
  const method = headers.joined(':method');
  const protocol = headers.joined(':protocol');
  const scheme = headers.joined(':scheme')?.toLowerCase();
  const authority = headers.joined(':authority');
  const path = headers.joined(':path');
  if (method !== 'CONNECT' || protocol === undefined) {
    return refuse({ code: 'wrongMethod', method, expected: 'extended CONNECT' });
  }
  if (protocol.toLowerCase() !== 'websocket') return refuse({ code: 'wrongProtocol', protocol });
  if (!scheme) return refuse({ code: 'missingScheme' });
  if (scheme !== 'http' && scheme !== 'https') return refuse({ code: 'invalidScheme', scheme });
  if (!authority) return refuse({ code: 'missingAuthority' });
  if (!path?.startsWith('/')) return refuse({ code: 'missingPath' });
  return { ok: true, scheme, authority, path };
}

function checkFields(headers: HeaderMap): RequestRefusal | undefined {
  for (const [name, value] of headers.pairs()) {
    const pseudo = name.startsWith(':');
    if (pseudo ? !pseudoHeaders.has(name) : isConnectionSpecific(name)) return { code: 'forbiddenHeader', name };
    if (name === 'te' && value.toLowerCase() !== 'trailers') return { code: 'forbiddenHeader', name };
    if (/[\0\r\n]/.test(value)) return { code: 'invalidHeader', name };
  }
  return undefined;
}

function checkHost(headers: HeaderMap, authority: string): RequestRefusal | undefined {
  const [host, ...more] = headers.all('host');
  if (more.length > 0) return { code: 'duplicateHost' };
  if (host === undefined || host.toLowerCase() === authority.toLowerCase()) return undefined;
  return { code: 'authorityMismatch', authority, host };
}

/**
 * The headers of the answer to `connect`: status 200, the chosen subprotocol, extensions (RFC 8441 §5); names in lower case. Throws a
 * `TypeError` when the application wants a subprotocol that was not offered, a header of the handshake's own, or a value that HTTP does not allow.
 */
export function extendedConnectHeaders(connect: ExtendedConnect, options: AnswerOptions = {}): HeaderPair[] {
  return [[':status', '200'], ...lowerCased(answerHeaders(connect, options))];
}

/**
 * Builds the headers of a client's extended CONNECT (RFC 8441 §4, §5), names in lower case. Refused: `peerDoesNotAllowConnectProtocol`
 * unless the server's settings have it enabled, what `buildRequest` refuses in the options, and a `Host` header of the application's own.
 */
export function buildExtendedConnect(
  target: WebSocketTarget,
  { peerAllowsConnectProtocol, ...options }: ExtendedConnectOptions,
): { readonly ok: true; readonly headers: HeaderPair[] } | Refused<OfferRefusal> {
  if (!peerAllowsConnectProtocol) return refuse({ code: 'peerDoesNotAllowConnectProtocol' });
  const offer = offerHeaders(target, options);
  if (!offer.ok) return offer;
  if (offer.host !== undefined) return refuse({ code: 'forbiddenHeader', name: 'host' });
  if (!isAuthority(target.hostHeader)) return refuse({ code: 'invalidHeader', name: ':authority' });
  const headers: HeaderPair[] = [
    [':method', 'CONNECT'],
    [':protocol', 'websocket'],
    [':scheme', target.secure ? 'https' : 'http'],
    [':authority', target.hostHeader],
    [':path', target.path],
    ...lowerCased(offer.headers),
  ];
  return { ok: true, headers };
}

/** Checks the answer to an extended CONNECT with these offers: a status from 200 to 299, then subprotocol and extensions (RFC 8441 §5). */
export function validateExtendedConnectResponse(
  { status, headers }: { readonly status: number; readonly headers: HeaderInput },
  offer: Offer = {},
): { readonly ok: true; readonly accepted: AcceptedOffer } | Refused<ResponseRefusal> {
  if (!(status >= 200 && status <= 299)) return refuse({ code: 'unexpectedStatus', status });
  return checkAccepted(HeaderMap.of(headers), offer);
}

function lowerCased(headers: readonly HeaderPair[]): HeaderPair[] {
  return headers.map(([name, value]) => [name.toLowerCase(), value]);
}
