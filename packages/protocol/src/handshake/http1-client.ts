import { listIncludes } from '../header-value.ts';
import { type HeaderInput, HeaderMap, type HeaderPair } from './header-map.ts';
import { acceptKey, generateKey, isValidKey } from './key.ts';
import { type AcceptedOffer, checkAccepted, type Offer, type OfferOptions, offerHeaders } from './offer.ts';
import { encodeHead, isAuthority } from './outgoing-header.ts';
import { type OfferRefusal, type Refused, type ResponseRefusal, refuse } from './refusal.ts';
import type { WebSocketTarget } from './url.ts';

/** What an HTTP/1.1 client puts into its request. */
export interface RequestOptions extends OfferOptions {
  /** The `Sec-WebSocket-Key`. Default: a fresh one, which is right everywhere but in tests. */
  readonly key?: string;
}

/** A request ready to be written, with the key that its answer is held against. */
export interface BuiltRequest {
  readonly ok: true;
  readonly key: string;
  readonly bytes: Uint8Array;
  /** The `Host` header's value. */
  readonly host: string;
  readonly headers: readonly HeaderPair[];
}

/**
 * Builds a client's request (RFC 6455 §4.1). The application's headers may replace `Host`. Refused before a byte is made:
 * CR, LF, NUL and other characters that HTTP does not allow in the path (`invalidUrl`) or in a header (`invalidHeader`), subprotocols
 * that are no tokens or not all different (`badSubprotocol`), malformed extensions (`badExtensions`), a key that is not 16 bytes
 * (`badKey`), a header that is the handshake's own (`forbiddenHeader`), a second `Host` or `Origin`.
 */
export function buildRequest(
  target: WebSocketTarget,
  options: RequestOptions = {},
): BuiltRequest | Refused<OfferRefusal> {
  const key = options.key ?? generateKey();
  if (!isValidKey(key)) return refuse({ code: 'badKey' });
  const offer = offerHeaders(target, options);
  if (!offer.ok) return offer;
  const host = offer.host ?? target.hostHeader;
  if (!isAuthority(host)) return refuse({ code: 'invalidHeader', name: 'host' });
  const headers: HeaderPair[] = [
    ['Host', host],
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Key', key],
    ...offer.headers,
  ];
  return { ok: true, key, host, bytes: encodeHead(`GET ${target.path} HTTP/1.1`, headers), headers };
}

/**
 * Checks the response to a request built with `key` and these offers (RFC 6455 §4.1), in this order: status, `Upgrade`, `Connection`,
 * `Sec-WebSocket-Accept`, subprotocol, extensions. What an accepted extension's parameters mean is not judged here.
 */
export function validateResponse(
  { status, headers: input }: { readonly status: number; readonly headers: HeaderInput },
  { key, ...offer }: Offer & { readonly key: string },
): { readonly ok: true; readonly accepted: AcceptedOffer } | Refused<ResponseRefusal> {
  if (status !== 101) return refuse({ code: 'unexpectedStatus', status });
  const headers = HeaderMap.of(input);
  const fault = checkSwitch(headers) ?? checkAccept(headers, key);
  return fault === undefined ? checkAccepted(headers, offer) : refuse(fault);
}

function checkSwitch(headers: HeaderMap): ResponseRefusal | undefined {
  const upgrade = headers.joined('upgrade');
  if (upgrade === undefined) return { code: 'missingUpgradeHeader' };
  // The request may list alternatives; the answer has switched to one.
  if (upgrade.toLowerCase() !== 'websocket') return { code: 'invalidUpgrade', value: upgrade };
  const connection = headers.joined('connection');
  if (connection === undefined) return { code: 'missingConnectionHeader' };
  if (!listIncludes(headers.all('connection'), 'upgrade')) return { code: 'invalidConnection', value: connection };
  return undefined;
}

function checkAccept(headers: HeaderMap, key: string): ResponseRefusal | undefined {
  const [accept, ...more] = headers.all('sec-websocket-accept');
  if (accept === undefined) return { code: 'missingAccept' };
  if (more.length > 0) return { code: 'duplicateHeader', name: 'sec-websocket-accept' };
  return accept === acceptKey(key) ? undefined : { code: 'acceptMismatch' };
}
