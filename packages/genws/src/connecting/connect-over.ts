import type { ClientHttp2Session } from 'node:http2';
import { parseWebSocketUrl } from '@genws/protocol';
import { assertTuning, type Session, type WithOpts } from '@genws/session';
import { compressionOptions } from '../accept.ts';
import { ConnectError } from './connect-error.ts';
import { Http2Handshake } from './http2-handshake.ts';
import { type ClientSessionOptions, openClient } from './open-client.ts';
import { wishOf } from './wish.ts';

/**
 * Open a WebSocket on a new stream of an HTTP/2 connection (RFC 8441 §4), which any number of them share, and start its
 * session. The connection stays open whatever becomes of it. Rejects with {@link ConnectError}, as
 * `peerDoesNotAllowConnectProtocol` when the server's settings do not have extended CONNECT, for which they are waited
 * for; and with `RangeError` when `compress` is out of range.
 *
 * @param session made by `connect` of `node:http2`; somebody has to listen to its `error`
 * @param path path and query: `/chat?room=1`
 */
export async function connectOver<State, Info, Opts>(
  session: ClientHttp2Session,
  path: string,
  options: ClientSessionOptions<State, Info, Opts> & WithOpts<Opts>,
): Promise<Session<Info>> {
  const compress = compressionOptions(options.compress);
  assertTuning(options);
  const parsed = parseWebSocketUrl(`ws://localhost${path}`); // of which only the path is used
  if (!parsed.ok || !path.startsWith('/')) throw new ConnectError({ code: 'invalidUrl' });
  const wish = wishOf(options, compress);
  const handshake = new Http2Handshake(parsed.target, wish);
  return await openClient((signal) => handshake.perform(session, undefined, signal), wish, options);
}
