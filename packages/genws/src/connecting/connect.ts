import { parseWebSocketUrl, type WebSocketTarget } from '@genws/protocol';
import { assertTuning, type Session, type Transport, type WithOpts } from '@genws/session';
import { compressionOptions } from '../accept.ts';
import { type ClientTlsOptions, dial } from '../transports/dial.ts';
import { SocketTransport } from '../transports/socket.ts';
import { ConnectError } from './connect-error.ts';
import { dialHttp2 } from './connection.ts';
import type { Handshake } from './handshake.ts';
import { Http1Handshake } from './http1-handshake.ts';
import { Http2Handshake } from './http2-handshake.ts';
import { type ClientSessionOptions, openClient } from './open-client.ts';
import { type Wish, wishOf } from './wish.ts';

/** What a client asks for, how it connects, and who handles its session. */
export interface ConnectOptions<State, Info, Opts> extends ClientSessionOptions<State, Info, Opts> {
  /**
   * Open the WebSocket on a stream of HTTP/2 (RFC 8441), over a connection of its own: `connectOver` of
   * `genws/transports/http2` shares one. `true`: over that or not at all; without TLS the server has to expect HTTP/2
   * (prior knowledge). `'auto'`: with `wss:` when the server takes it, over HTTP/1.1 otherwise. Default false.
   */
  readonly http2?: boolean | 'auto' | undefined;
  /** TLS settings for `wss:`. Default: the peer is verified against the system's authorities, by its name. */
  readonly tls?: ClientTlsOptions | undefined;
  /** A connection that is already open, instead of one dialled to the URL's host. HTTP/1.1 is spoken on it. */
  readonly transport?: Transport | undefined;
}

/**
 * Open a WebSocket (RFC 6455 §4.1, RFC 8441 §4) and start its session. Rejects with {@link ConnectError}, whose `code`
 * says what was wrong; the connection is closed then. Rejects with `RangeError` when `compress` is out of range, and with
 * `TypeError` for `http2` over a `transport`; nothing is sent then.
 *
 * @param url `ws:` or `wss:`
 */
export async function connect<State, Info, Opts>(
  url: string | URL,
  options: ConnectOptions<State, Info, Opts> & WithOpts<Opts>,
): Promise<Session<Info>> {
  const compress = compressionOptions(options.compress);
  assertTuning(options);
  const parsed = parseWebSocketUrl(url);
  if (!parsed.ok) throw new ConnectError(parsed.refusal);
  const wish = wishOf(options, compress);
  return await openClient(wayTo(parsed.target, wish, options), wish, options);
}

type WayOptions = Pick<ConnectOptions<never, never, never>, 'http2' | 'tls' | 'transport'>;

/** How to come to a WebSocket. Throws for what cannot be sent. */
function wayTo(
  target: WebSocketTarget,
  wish: Wish,
  { http2 = false, tls = {}, transport }: WayOptions,
): (signal: AbortSignal) => Promise<Handshake> {
  if (transport !== undefined && http2 !== false) throw new TypeError('over a transport HTTP/1.1 is spoken, not http2');
  const http1 = new Http1Handshake(target, wish);
  if (transport !== undefined) return (signal) => http1.perform(transport, signal);
  const overHttp1 = async (signal: AbortSignal): Promise<Handshake> =>
    http1.perform(new SocketTransport(await dial(target, tls, signal)), signal);
  if (http2 === false || (http2 === 'auto' && !target.secure)) return overHttp1;
  const extended = new Http2Handshake(target, wish);
  return async (signal) => {
    const connection = await dialHttp2(target, tls, http2 === 'auto' ? 'http/1.1' : 'nothing else', signal);
    if (connection.version === '1.1') return http1.perform(new SocketTransport(connection.socket), signal);
    try {
      return await extended.perform(connection.session, connection.socket, signal);
    } catch (error) {
      if (http2 === 'auto' && isUnsupported(error)) return overHttp1(signal);
      throw error;
    }
  };
}

/** Whether a server speaks HTTP/2, but opens no WebSockets over it. */
const isUnsupported = (error: unknown): boolean =>
  error instanceof ConnectError && error.code === 'peerDoesNotAllowConnectProtocol';
