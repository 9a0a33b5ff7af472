import {
  type DeflateOptions,
  deflateExtension,
  deflateOffer,
  type HeaderInput,
  type OfferOptions,
  parseExtensions,
} from '@genws/protocol';
import { ConnectError } from './connect-error.ts';

/** What a client asks for in its request, in whatever version of HTTP. */
export interface Wish extends OfferOptions {
  readonly extensions: readonly string[];
  /** The `compress` of its options, looked at already. */
  readonly compress: DeflateOptions | undefined;
  /** Most bytes of the response's header block. */
  readonly maxHandshakeSize: number;
}

/** The options of a client that its {@link Wish} is made of. */
export interface WishOptions {
  /** Subprotocols in order of preference. */
  readonly subprotocols?: readonly string[] | undefined;
  /**
   * Elements of `Sec-WebSocket-Extensions` that the handler itself understands; none may use reserved bits, as
   * permessage-deflate does.
   */
  readonly extensions?: readonly string[] | undefined;
  /** The `Origin` header. Browsers send one, other clients need none. */
  readonly origin?: string | undefined;
  /** More headers: `Authorization`, `Cookie`. */
  readonly headers?: HeaderInput | undefined;
  /** Most bytes of the response's header block. Default 65,536. */
  readonly maxHandshakeSize?: number | undefined;
}

/** The user's extensions after our own. Throws {@link ConnectError} `reservedExtension`. */
export function wishOf(
  { subprotocols, extensions = [], origin, headers, maxHandshakeSize = 65_536 }: WishOptions,
  compress: DeflateOptions | undefined,
): Wish {
  const parsed = parseExtensions(extensions);
  if (parsed.ok && parsed.extensions.some(({ name }) => name === deflateExtension)) {
    throw new ConnectError({ code: 'reservedExtension', name: deflateExtension });
  }
  const offered = compress === undefined ? extensions : [deflateOffer(compress), ...extensions];
  return { subprotocols, extensions: offered, origin, headers, compress, maxHandshakeSize };
}
