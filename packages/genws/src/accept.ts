import { type DeflateOptions, resolveDeflateOptions } from '@genws/protocol';
import {
  type Handler,
  optsOf,
  type Session,
  type SessionCompression,
  type SessionOptions,
  type SessionRequest,
  type SessionSettings,
  startSession,
  type Transport,
  type WithOpts,
} from '@genws/session';

/** A connection whose handshake is done, and who is to handle it. */
export interface AcceptOptions<State, Info, Opts> extends SessionSettings {
  readonly transport: Transport;
  /** Handed to the handler's `init`. */
  readonly request: SessionRequest;
  readonly handler: Handler<State, Info, Opts>;
  /** Bytes from the peer that were read past the handshake. */
  readonly head?: Uint8Array | undefined;
  /** What the handshake has agreed on about compression. Default: none. */
  readonly compression?: SessionCompression | undefined;
}

/**
 * Start a server session over a transport on which the opening handshake has been answered. Its `init` runs at once;
 * the peer is read when `init` has settled. For Node's HTTP servers there is {@link acceptUpgrade}, which answers the
 * handshake too.
 *
 * Throws as {@link startSession} does.
 */
export function accept<State, Info, Opts>(options: AcceptOptions<State, Info, Opts> & WithOpts<Opts>): Session<Info> {
  return begin({ ...options, role: 'server', handlerOpts: optsOf<Opts>(options) });
}

/** Start a session whose transport is ready to be read. */
export function begin<State, Info, Opts>(options: SessionOptions<State, Info, Opts>): Session<Info> {
  const session = startSession(options);
  session.send({ type: 'activate' });
  return session;
}

/**
 * What a `compress` setting stands for, or `undefined` where compression is off. A copy: what is found right now stays
 * right, whatever becomes of the caller's object.
 *
 * @throws RangeError for options out of range
 */
export function compressionOptions(compress: boolean | DeflateOptions = false): DeflateOptions | undefined {
  return compress === false ? undefined : resolveDeflateOptions(compress === true ? {} : compress);
}
