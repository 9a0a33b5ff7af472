import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { consoleLogger, deliver } from '@genws/actor';
import {
  type DeflateOptions,
  describeRefusal,
  encodeRefusal,
  encodeResponse,
  HeaderMap,
  type HeaderPair,
  negotiateDeflate,
  type RequestRefusal,
  responseHeaders,
  validateRequest,
} from '@genws/protocol';
import {
  assertTuning,
  describePeer,
  type Handler,
  optsOf,
  type Session,
  type SessionSettings,
  type WithOpts,
} from '@genws/session';
import { begin, compressionOptions } from './accept.ts';
import { SocketTransport } from './transports/socket.ts';

/** How upgrade requests are answered, and who handles the sessions. */
export interface UpgradeOptions<State, Info, Opts> extends SessionSettings {
  readonly handler: Handler<State, Info, Opts>;
  /**
   * The subprotocols this server speaks. With at least one, a client that offers none of them is refused; of several,
   * the client's order counts (RFC 6455 §4.2.2).
   */
  readonly subprotocols?: readonly string[] | undefined;
  /** More headers for the 101 answer, such as `Set-Cookie`. */
  readonly headers?: readonly HeaderPair[] | undefined;
  /**
   * Compress messages where the client offers permessage-deflate (RFC 7692); `true` stands for the defaults of
   * `DeflateOptions`. Default: no extension is agreed on.
   */
  readonly compress?: boolean | DeflateOptions | undefined;
}

/** What became of an upgrade request. */
export type UpgradeOutcome<Info> =
  | { readonly ok: true; readonly session: Session<Info> }
  | { readonly ok: false; readonly refusal: RequestRefusal };

/** How long a refused peer has to take its answer, ms. */
const lastWordsTimeout = 500;

/**
 * Answer an upgrade request that a Node HTTP server has emitted (RFC 6455 §4.2), and start its session. A request that
 * cannot become a WebSocket gets its HTTP answer and loses the connection; nothing is thrown whatever it holds.
 *
 * Throws `TypeError` when `headers` holds what would split the response or a limit or timeout cannot be, and
 * `RangeError` when `compress` is out of range, before anything is answered.
 *
 * @param head the bytes that came with the request, as the `upgrade` event hands them over
 */
export function acceptUpgrade<State, Info, Opts>(
  request: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
  options: UpgradeOptions<State, Info, Opts> & WithOpts<Opts>,
): UpgradeOutcome<Info> {
  assertTuning(options);
  return answerUpgrade(request, socket, head, options, compressionOptions(options.compress));
}

/** {@link acceptUpgrade} with the `compress` of its options looked at already, for who answers many. */
export function answerUpgrade<State, Info, Opts>(
  request: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
  options: UpgradeOptions<State, Info, Opts> & WithOpts<Opts>,
  compress: DeflateOptions | undefined,
): UpgradeOutcome<Info> {
  const transport = new SocketTransport(socket);
  const { peername: peer } = transport;
  const { method = '', httpVersion, rawHeaders, url: path = '/' } = request;
  const headers = new HeaderMap(rawHeaders);
  const validated = validateRequest({ method, httpVersion, headers }, { subprotocols: options.subprotocols });
  if (!validated.ok) {
    const { refusal } = validated;
    refuseUpgrade(socket, encodeRefusal(refusal));
    deliver(options.logger ?? consoleLogger, {
      level: 'info',
      event: 'handshake.refused',
      text: describeRefusal(refusal),
      fields: {
        code: refusal.code,
        peer: describePeer(peer),
        port: socket instanceof Socket ? socket.localPort : undefined,
      },
    });
    return { ok: false, refusal };
  }
  const { subprotocol, origin, host } = validated.upgrade;
  const deflate = compress === undefined ? undefined : negotiateDeflate(validated.upgrade.extensions, compress);
  const extensions = deflate === undefined ? [] : [deflate.header];
  transport.send([encodeResponse(responseHeaders(validated.upgrade, { extensions, headers: options.headers }))]);
  const session = begin({
    ...options,
    role: 'server',
    transport,
    handlerOpts: optsOf<Opts>(options),
    head,
    compression: deflate === undefined ? undefined : { agreed: deflate.agreed, options: compress },
    request: { method, path, httpVersion, host, headers, subprotocol, origin, peer, compression: deflate?.agreed },
  });
  return { ok: true, session };
}

/** Give a peer its last answer and let go of it, whether it takes the answer or not. */
export function refuseUpgrade(socket: Duplex, answer: Uint8Array | string): void {
  letGo(socket);
  socket.end(answer);
}

/** Connections that are on their way out. */
const leaving = new WeakSet<Duplex>();

/**
 * Drop a connection when its peer has ended it, or soon. What the peer still sends is read and thrown away: ending a
 * connection with bytes unread is a reset, which can overtake the answer.
 */
export function letGo(socket: Duplex): void {
  if (leaving.has(socket)) return;
  leaving.add(socket);
  const timer = setTimeout(() => socket.destroy(), lastWordsTimeout);
  socket.once('close', () => clearTimeout(timer));
  socket.once('end', () => socket.destroy());
  if (socket.listenerCount('error') === 0) socket.on('error', () => socket.destroy());
  socket.resume();
}

/** Whether an upgrade is for this protocol at all (RFC 9110 §7.8). */
export function asksForWebSocket({ headers: { upgrade = '' } }: IncomingMessage): boolean {
  const protocols = upgrade.split(',');
  return protocols.some((protocol) => protocol.trim().toLowerCase() === 'websocket');
}
