import type { Extension } from '../header-value.ts';
import { type DeflateParams, type DeflateParamsFailure, formatDeflateParams, parseDeflateParams } from './offer.ts';
import { type DeflateOptions, type ResolvedDeflateOptions, resolveDeflateOptions, type WindowBits } from './options.ts';

/** How one direction of a connection is compressed. */
export interface DeflateDirection {
  /** Whether a message may refer back to the data of earlier compressed messages (RFC 7692 §7.1.1). */
  readonly contextTakeover: boolean;
  /** How far back it may refer (RFC 7692 §7.1.2). */
  readonly windowBits: WindowBits;
}

/** What both peers hold to after the handshake, by the sender of the data. */
export interface DeflateAgreement {
  readonly server: DeflateDirection;
  readonly client: DeflateDirection;
}

/** The server's answer to an acceptable offer. */
export interface NegotiatedDeflate {
  /** The element for the response's Sec-WebSocket-Extensions. */
  readonly header: string;
  readonly agreed: DeflateAgreement;
}

/**
 * Chooses among the client's offers: the first permessage-deflate element that is well formed and within `options`
 * wins; others are passed over, and with none left the connection goes on uncompressed (RFC 7692 §5.1, §7.1).
 *
 * @param extensions the client's elements in their order; those of other names are passed over
 * @returns the element to answer with and what it means, or `undefined`
 * @throws RangeError for options out of range
 */
export function negotiateDeflate(
  extensions: readonly Extension[],
  options: DeflateOptions = {},
): NegotiatedDeflate | undefined {
  const policy = resolveDeflateOptions(options);
  for (const extension of extensions) {
    const offer = parseDeflateParams(extension, 'offer');
    if (!offer.ok) continue;
    const negotiated = answerOffer(offer.params, policy);
    if (negotiated !== undefined) return negotiated;
  }
  return undefined;
}

function answerOffer(offer: DeflateParams, policy: ResolvedDeflateOptions): NegotiatedDeflate | undefined {
  const hint = offer.clientMaxWindowBits;
  // Without the hint the client may not understand a limit, and the response must not name one (RFC 7692 §7.1.2.2).
  if (hint === undefined && policy.clientMaxWindowBits < 15) return undefined;

  const serverNoContextTakeover = offer.serverNoContextTakeover || policy.serverNoContextTakeover;
  const clientNoContextTakeover = offer.clientNoContextTakeover || policy.clientNoContextTakeover;
  const serverMaxWindowBits = smaller(offer.serverMaxWindowBits ?? 15, policy.serverMaxWindowBits);
  const clientMaxWindowBits = smaller(hint === undefined || hint === true ? 15 : hint, policy.clientMaxWindowBits);
  const announcesServerWindow = offer.serverMaxWindowBits !== undefined || serverMaxWindowBits < 15;
  return {
    header: formatDeflateParams({
      serverNoContextTakeover,
      clientNoContextTakeover,
      ...(announcesServerWindow ? { serverMaxWindowBits } : {}),
      ...(hint === undefined ? {} : { clientMaxWindowBits }),
    }),
    agreed: {
      server: { contextTakeover: !serverNoContextTakeover, windowBits: serverMaxWindowBits },
      client: { contextTakeover: !clientNoContextTakeover, windowBits: clientMaxWindowBits },
    },
  };
}

/** Why a client cannot go on with the server's permessage-deflate response. */
export type DeflateResponseFailure =
  | DeflateParamsFailure
  | 'missingServerNoContextTakeover'
  | 'missingServerMaxWindowBits';

/** What {@link acceptDeflateResponse} decided. */
export type DeflateResponseResult =
  | { readonly ok: true; readonly agreed: DeflateAgreement }
  | { readonly ok: false; readonly reason: DeflateResponseFailure };

/**
 * Holds the server's response against the client's own offer; on a failure the client must fail the connection
 * (RFC 7692 §7.1). The offer is the one that `deflateOffer` makes from the same options.
 *
 * - `badServerMaxWindowBits`, `badClientMaxWindowBits`: malformed, or a larger window than was offered
 * - `missingServerNoContextTakeover`, `missingServerMaxWindowBits`: a demand of the offer was not confirmed
 * - the reasons of `parseDeflateParams`
 *
 * @throws RangeError for options out of range
 */
export function acceptDeflateResponse(extension: Extension, options: DeflateOptions = {}): DeflateResponseResult {
  const own = resolveDeflateOptions(options);
  const response = parseDeflateParams(extension, 'response');
  if (!response.ok) return response;
  const { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits } =
    response.params;

  if (own.serverNoContextTakeover && !serverNoContextTakeover) {
    return { ok: false, reason: 'missingServerNoContextTakeover' };
  }
  if (own.serverMaxWindowBits < 15 && serverMaxWindowBits === undefined) {
    return { ok: false, reason: 'missingServerMaxWindowBits' };
  }
  if (serverMaxWindowBits !== undefined && serverMaxWindowBits > own.serverMaxWindowBits) {
    return { ok: false, reason: 'badServerMaxWindowBits' };
  }
  // A response never carries the bare form; the type admits it because offers do.
  if (clientMaxWindowBits === true) return { ok: false, reason: 'badClientMaxWindowBits' };
  if (clientMaxWindowBits !== undefined && clientMaxWindowBits > own.clientMaxWindowBits) {
    return { ok: false, reason: 'badClientMaxWindowBits' };
  }
  return {
    ok: true,
    agreed: {
      server: { contextTakeover: !serverNoContextTakeover, windowBits: serverMaxWindowBits ?? 15 },
      // What the client offered about its own compressor it keeps to, whether the server repeats it or not.
      client: {
        contextTakeover: !(clientNoContextTakeover || own.clientNoContextTakeover),
        windowBits: clientMaxWindowBits ?? own.clientMaxWindowBits,
      },
    },
  };
}

/** The two directions as one side sees them: what it receives is inflated, what it sends is deflated. */
export function directionOf(
  agreement: DeflateAgreement,
  role: 'server' | 'client',
): { readonly inflate: DeflateDirection; readonly deflate: DeflateDirection } {
  return role === 'server'
    ? { inflate: agreement.client, deflate: agreement.server }
    : { inflate: agreement.server, deflate: agreement.client };
}

function smaller(left: WindowBits, right: WindowBits): WindowBits {
  return left < right ? left : right;
}
