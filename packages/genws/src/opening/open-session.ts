import { type DeflateOptions, type HeaderPair, negotiateDeflate } from '@genws/protocol';
import type { Handler, Session, SessionSettings } from '@genws/session';
import { begin } from '../accept.ts';
import type { Admission } from '../admission/authorize.ts';
import type { Asked, Opening } from './opening.ts';

/** How requests for a WebSocket are answered, and who handles the sessions. */
export interface UpgradeOptions<State, Info, Opts> extends SessionSettings {
  readonly handler: Handler<State, Info, Opts>;
  /**
   * The subprotocols this server speaks. With at least one, a client that offers none of them is refused; of several,
   * the client's order counts (RFC 6455 §4.2.2).
   */
  readonly subprotocols?: readonly string[] | undefined;
  /** More headers for the answer that opens a WebSocket, such as `Set-Cookie`. */
  readonly headers?: readonly HeaderPair[] | undefined;
  /**
   * Compress messages where the client offers permessage-deflate (RFC 7692); `true` stands for the defaults of
   * `DeflateOptions`. Default: no extension is agreed on.
   */
  readonly compress?: boolean | DeflateOptions | undefined;
}

/** The host that was asked for last. Most ask for the same: their sessions share one string. */
let lastHost: string | undefined;

/**
 * Answer that the WebSocket is open, and start its session. Throws as {@link Asked.accept} does.
 *
 * @param compress the `compress` of the options, looked at already
 */
export function openSession<State, Info, Opts>(
  { transport, head }: Opening,
  asked: Asked,
  options: UpgradeOptions<State, Info, Opts>,
  compress: DeflateOptions | undefined,
  { opts, options: { headers = [], subprotocol } }: Admission<Opts>,
): Session<Info> {
  const deflate = compress === undefined ? undefined : negotiateDeflate(asked.extensions, compress);
  asked.accept({
    extensions: deflate === undefined ? [] : [deflate.header],
    headers: headers.length === 0 ? options.headers : [...(options.headers ?? []), ...headers],
    subprotocol,
  });
  const { request } = asked;
  if (request.host !== lastHost) lastHost = request.host;
  return begin({
    ...options,
    role: 'server',
    transport,
    handlerOpts: opts,
    head,
    compression: deflate === undefined ? undefined : { agreed: deflate.agreed, options: compress },
    request: {
      ...request,
      host: lastHost,
      subprotocol: subprotocol ?? request.subprotocol,
      compression: deflate?.agreed,
    },
  });
}
