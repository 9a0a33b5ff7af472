import { type Extension, parseExtensions } from '../header-value.ts';
import type { HeaderMap, HeaderPair } from './header-map.ts';
import { assertSendable, isReserved } from './outgoing-header.ts';
import { type Refused, type RequestRefusal, refuse } from './refusal.ts';
import { parseSubprotocols, selectSubprotocol } from './subprotocol.ts';

/** What a server asks of a request. */
export interface RequestRequirements {
  /**
   * The subprotocols that the server speaks. With at least one, a request that offers none of them is refused as
   * `noAcceptableSubprotocol`. Default: none, so that any request will do and no subprotocol is chosen.
   */
  readonly subprotocols?: readonly string[] | undefined;
}

/** What the headers of a request offer, and what became of it; the same in every version of HTTP. */
export interface Negotiation {
  readonly version: 13;
  /** Every subprotocol offered, in the client's order. */
  readonly subprotocols: readonly string[];
  /** The one to speak. */
  readonly subprotocol: string | undefined;
  /** Every extension offered, in the client's order. */
  readonly extensions: readonly Extension[];
  /** Who asks, when a browser does (RFC 6455 §10.2). Two lines stay one value with a comma, which equals no origin. */
  readonly origin: string | undefined;
}

/** What a server adds to the answer that opens the WebSocket. */
export interface AnswerOptions {
  /** The accepted extensions, each as its element of `Sec-WebSocket-Extensions`. Default: none. */
  readonly extensions?: readonly string[] | undefined;
  /** More headers, such as `Set-Cookie`. Default: none. */
  readonly headers?: readonly HeaderPair[] | undefined;
}

/** The refusal for a request that does not ask for version 13 in exactly one line (RFC 6455 §4.2.1, §11.3.5). */
export function checkVersion(headers: HeaderMap): RequestRefusal | undefined {
  const [version, ...more] = headers.all('sec-websocket-version');
  if (more.length > 0) return { code: 'duplicateHeader', name: 'sec-websocket-version' };
  return version === '13' ? undefined : { code: 'unsupportedVersion', version };
}

/** Reads the offers of a request and chooses the subprotocol (RFC 6455 §4.2.2). */
export function negotiate(
  headers: HeaderMap,
  requirements: RequestRequirements,
): { readonly ok: true; readonly negotiation: Negotiation } | Refused<RequestRefusal> {
  const subprotocols = parseSubprotocols(headers.all('sec-websocket-protocol'));
  if (subprotocols === undefined) {
    return refuse({ code: 'badSubprotocol', value: headers.joined('sec-websocket-protocol') ?? '' });
  }
  const { subprotocols: spoken = [] } = requirements;
  const subprotocol = selectSubprotocol(subprotocols, spoken);
  if (subprotocol === undefined && spoken.length > 0) {
    return refuse({ code: 'noAcceptableSubprotocol', offered: subprotocols });
  }
  const parsed = parseExtensions(headers.all('sec-websocket-extensions'));
  if (!parsed.ok) return refuse({ code: 'badExtensions' });
  const { extensions } = parsed;
  const origin = headers.joined('origin');
  return { ok: true, negotiation: { version: 13, subprotocols, subprotocol, extensions, origin } };
}

/**
 * The headers of the answer that do not depend on the version of HTTP. Throws a `TypeError` when the application wants a
 * subprotocol that was not offered, a header that is the handshake's own, or one that would split the response.
 */
export function answerHeaders(
  negotiation: Negotiation,
  { extensions = [], headers = [] }: AnswerOptions,
): HeaderPair[] {
  const { subprotocol, subprotocols } = negotiation;
  const answer: HeaderPair[] = [];
  if (subprotocol !== undefined) {
    if (!subprotocols.includes(subprotocol)) {
      throw new TypeError(`the client did not offer the subprotocol ${JSON.stringify(subprotocol)} (RFC 6455 §4.2.2)`);
    }
    answer.push(['Sec-WebSocket-Protocol', subprotocol]);
  }
  if (extensions.length > 0) answer.push(['Sec-WebSocket-Extensions', extensions.join(', ')]);
  for (const [name, value] of answer) assertSendable(name, value);
  assertAddable(headers);
  return [...answer, ...headers];
}

/**
 * Throws a `TypeError` for a header that an application may not add to the answer: one of the handshake's own, or one that
 * would split the response. For a server to find out when it starts rather than when it answers.
 */
export function assertAddable(headers: readonly HeaderPair[]): void {
  for (const [name, value] of headers) {
    if (isReserved(name.toLowerCase())) {
      throw new TypeError(`the header ${JSON.stringify(name)} belongs to the handshake and cannot be added`);
    }
    assertSendable(name, value);
  }
}
