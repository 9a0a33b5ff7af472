import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { consoleLogger, deliver } from '@genws/actor';
import {
  describeRefusal,
  encodeRefusal,
  encodeResponse,
  HeaderMap,
  type HeaderPair,
  type RequestRefusal,
  responseHeaders,
  validateRequest,
} from '@genws/protocol';
import { type Handler, optsOf, type Session, type SessionSettings, type WithOpts } from '@genws/session';
import { begin } from './accept.ts';
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
 * Throws `TypeError` when `headers` holds what would split the response.
 *
 * @param head the bytes that came with the request, as the `upgrade` event hands them over
 */
export function acceptUpgrade<State, Info, Opts>(
  request: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
  options: UpgradeOptions<State, Info, Opts> & WithOpts<Opts>,
): UpgradeOutcome<Info> {
  const transport = new SocketTransport(socket);
  const { method = '', httpVersion, rawHeaders, url: path = '/' } = request;
  const validated = validateRequest(
    { method, httpVersion, headers: rawHeaders },
    options.subprotocols === undefined ? {} : { subprotocols: options.subprotocols },
  );
  if (!validated.ok) {
    const { refusal } = validated;
    refuseUpgrade(socket, encodeRefusal(refusal));
    const { peername } = transport;
    deliver(options.logger ?? consoleLogger, {
      level: 'info',
      event: 'handshake.refused',
      text: describeRefusal(refusal),
      fields: { code: refusal.code, peer: peername && `${peername.address}:${peername.port}` },
    });
    return { ok: false, refusal };
  }
  const { subprotocol, origin } = validated.upgrade;
  const answer = responseHeaders(validated.upgrade, options.headers === undefined ? {} : { headers: options.headers });
  transport.send([encodeResponse(answer)]);
  const session = begin({
    ...options,
    role: 'server',
    transport,
    handlerOpts: optsOf<Opts>(options),
    head,
    request: { method, path, headers: new HeaderMap(rawHeaders), subprotocol, origin, peer: transport.peername },
  });
  return { ok: true, session };
}

/**
 * Give a peer its last answer and let go of it, whether it takes the answer or not. What it still sends is read and
 * dropped: ending a connection with bytes unread is a reset, which can overtake the answer.
 */
export function refuseUpgrade(socket: Duplex, answer: Uint8Array | string): void {
  const timer = setTimeout(() => socket.destroy(), lastWordsTimeout);
  socket.once('close', () => clearTimeout(timer));
  socket.once('end', () => socket.destroy());
  socket.resume();
  if (socket.listenerCount('error') === 0) socket.on('error', () => socket.destroy());
  socket.end(answer);
}

/** Whether an upgrade is for this protocol at all (RFC 9110 §7.8). */
export function asksForWebSocket({ headers: { upgrade = '' } }: IncomingMessage): boolean {
  const protocols = upgrade.split(',');
  return protocols.some((protocol) => protocol.trim().toLowerCase() === 'websocket');
}
