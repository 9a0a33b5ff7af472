import type { DeflateOptions } from '@genws/protocol';
import { type Handler, optsOf, type Session, type SessionSettings, type WithOpts } from '@genws/session';
import { begin } from '../accept.ts';
import { ConnectError } from './connect-error.ts';
import { Deadline } from './deadline.ts';
import { agreedCompression, type Handshake } from './handshake.ts';
import type { Wish, WishOptions } from './wish.ts';

/** What a client asks for, and who handles its session, whatever the connection. */
export interface ClientSessionOptions<State, Info, Opts> extends SessionSettings, WishOptions {
  readonly handler: Handler<State, Info, Opts>;
  /**
   * Offer permessage-deflate (RFC 7692), before `extensions`; `true` stands for the defaults of `DeflateOptions`. A
   * server may decline, and the session goes on uncompressed: `request.compression` tells. Default: not offered.
   */
  readonly compress?: boolean | DeflateOptions | undefined;
  /** For dialling and handshake together, ms. Default 15,000. */
  readonly timeout?: number | undefined;
  /** Gives up connecting when aborted; has no effect on the session afterwards. */
  readonly signal?: AbortSignal | undefined;
  /** Which attempt this is, for `request.attempt`. `startClient` counts; so may who connects again without it. */
  readonly attempt?: number | undefined;
}

/** Ms. */
export const defaultTimeout = 15_000;

/**
 * Perform a handshake within its time, and start the session. Rejects with {@link ConnectError}.
 *
 * @param perform lets go of its connection when it fails
 */
export async function openClient<State, Info, Opts>(
  perform: (signal: AbortSignal) => Promise<Handshake>,
  wish: Wish,
  options: ClientSessionOptions<State, Info, Opts> & WithOpts<Opts>,
): Promise<Session<Info>> {
  const deadline = new Deadline(options.timeout ?? defaultTimeout, options.signal);
  try {
    return start(await perform(deadline.signal), wish, options);
  } catch (error) {
    throw error instanceof ConnectError ? error : new ConnectError(deadline.failure, { cause: error });
  } finally {
    deadline.clear();
  }
}

function start<State, Info, Opts>(
  handshake: Handshake,
  wish: Wish,
  options: ClientSessionOptions<State, Info, Opts> & WithOpts<Opts>,
): Session<Info> {
  const { transport, request, accepted, response } = handshake;
  const { status, headers, body: head } = response;
  const { subprotocol } = accepted;
  try {
    const agreed = agreedCompression(handshake, wish);
    return begin({
      ...options,
      role: 'client',
      transport,
      handlerOpts: optsOf<Opts>(options),
      head,
      compression: agreed === undefined ? undefined : { agreed, options: wish.compress },
      request: {
        ...request,
        subprotocol,
        compression: agreed,
        headers,
        peer: transport.peername,
        attempt: options.attempt,
        response: { status, headers, subprotocol },
      },
    });
  } catch (error) {
    transport.abort();
    throw error;
  }
}
