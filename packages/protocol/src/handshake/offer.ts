import { acceptDeflateResponse, type DeflateAgreement } from '../deflate/negotiation.ts';
import { deflateExtension } from '../deflate/offer.ts';
import type { DeflateOptions } from '../deflate/options.ts';
import { type Extension, isToken, parseExtensions } from '../header-value.ts';
import { type HeaderInput, type HeaderMap, type HeaderPair, headerPairs } from './header-map.ts';
import { isReserved, isSendable } from './outgoing-header.ts';
import { type OfferRefusal, type Refused, type ResponseRefusal, refuse } from './refusal.ts';
import type { WebSocketTarget } from './url.ts';

/** What a client asks for; the same in every version of HTTP. */
export interface Offer {
  /** Subprotocols in order of preference, all different. Default: none. */
  readonly subprotocols?: readonly string[] | undefined;
  /** Extensions in order of preference, each as its element of `Sec-WebSocket-Extensions`. Default: none. */
  readonly extensions?: readonly string[] | undefined;
}

/** What a client puts into its request. */
export interface OfferOptions extends Offer {
  /** The `Origin` header. Default: none. */
  readonly origin?: string | undefined;
  /** More headers, such as `Authorization` or `Cookie`. Default: none. */
  readonly headers?: HeaderInput | undefined;
}

/** What the server took of an {@link Offer}. */
export interface AcceptedOffer {
  readonly subprotocol: string | undefined;
  readonly extensions: readonly Extension[];
}

/** The headers of a request that do not depend on the version of HTTP; a `Host` among the application's own stands apart. */
export function offerHeaders(
  target: WebSocketTarget,
  options: OfferOptions,
): { readonly ok: true; readonly headers: HeaderPair[]; readonly host: string | undefined } | Refused<OfferRefusal> {
  const { subprotocols = [], extensions = [], origin } = options;
  // Printable ASCII from the first slash on: whatever else would end the request line early, or be a fragment.
  if (!/^\/[!"$-~]*$/.test(target.path)) return refuse({ code: 'invalidUrl' });
  const headers: HeaderPair[] = [['Sec-WebSocket-Version', '13']];
  if (subprotocols.length > 0) {
    const value = subprotocols.join(', ');
    if (!subprotocols.every(isToken) || new Set(subprotocols).size < subprotocols.length) {
      return refuse({ code: 'badSubprotocol', value });
    }
    headers.push(['Sec-WebSocket-Protocol', value]);
  }
  if (extensions.length > 0) {
    if (!parseExtensions(extensions).ok) return refuse({ code: 'badExtensions' });
    headers.push(['Sec-WebSocket-Extensions', extensions.join(', ')]);
  }
  if (origin !== undefined) headers.push(['Origin', origin]);
  return withApplicationHeaders(headers, options.headers ?? []);
}

function withApplicationHeaders(headers: HeaderPair[], added: HeaderInput): ReturnType<typeof offerHeaders> {
  let host: string | undefined;
  for (const [name, value] of headerPairs(added)) {
    const key = name.toLowerCase();
    if (isReserved(key)) return refuse({ code: 'forbiddenHeader', name: key });
    if (key === 'host') {
      if (host !== undefined) return refuse({ code: 'duplicateHost' });
      host = value;
    } else {
      headers.push([name, value]);
    }
  }
  const unsendable = headers.find(([name, value]) => !isSendable(name, value));
  if (unsendable !== undefined) return refuse({ code: 'invalidHeader', name: unsendable[0].toLowerCase() });
  if (headers.filter(([name]) => name.toLowerCase() === 'origin').length > 1) {
    return refuse({ code: 'duplicateHeader', name: 'origin' });
  }
  return { ok: true, headers, host };
}

/** Holds the subprotocol and the extensions of a response against what was offered (RFC 6455 §4.1, §9.1). */
export function checkAccepted(
  headers: HeaderMap,
  { subprotocols = [], extensions = [] }: Offer,
): { readonly ok: true; readonly accepted: AcceptedOffer } | Refused<ResponseRefusal> {
  const [subprotocol, ...more] = headers.all('sec-websocket-protocol');
  if (more.length > 0) return refuse({ code: 'duplicateHeader', name: 'sec-websocket-protocol' });
  if (subprotocol !== undefined && !subprotocols.includes(subprotocol)) {
    return refuse({ code: 'unrequestedSubprotocol', value: subprotocol });
  }
  const accepted = parseExtensions(headers.all('sec-websocket-extensions'));
  if (!accepted.ok) return refuse({ code: 'badExtensions' });
  const offered = parseExtensions(extensions);
  const names = new Set(offered.ok ? offered.extensions.map(({ name }) => name) : []);
  const unrequested = accepted.extensions.find(({ name }) => !names.has(name));
  if (unrequested !== undefined) return refuse({ code: 'unrequestedExtension', name: unrequested.name });
  return { ok: true, accepted: { subprotocol, extensions: accepted.extensions } };
}

/**
 * Finds the answer to `deflateOffer(options)` among the extensions that the server accepted, and holds it against the offer
 * (RFC 7692 §5, §7.1). `agreed` is `undefined` when there is none, and the connection goes on uncompressed. On `badCompression`
 * the client must fail the connection.
 *
 * @throws RangeError for options out of range
 */
export function checkCompression(
  accepted: readonly Extension[],
  options: DeflateOptions = {},
):
  | { readonly ok: true; readonly agreed: DeflateAgreement | undefined }
  | Refused<Extract<ResponseRefusal, { code: 'badCompression' }>> {
  const [response, ...more] = accepted.filter(({ name }) => name === deflateExtension);
  if (response === undefined) return { ok: true, agreed: undefined };
  if (more.length > 0) return refuse({ code: 'badCompression', reason: 'duplicateExtension' });
  const judged = acceptDeflateResponse(response, options);
  return judged.ok ? judged : refuse({ code: 'badCompression', reason: judged.reason });
}
