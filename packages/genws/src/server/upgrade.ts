import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { consoleLogger } from '@genws/actor';
import type { RequestRefusal } from '@genws/protocol';
import { assertTuning, optsOf, type Session, type WithOpts } from '@genws/session';
import { compressionOptions } from '../accept.ts';
import { admit } from '../admission/authorize.ts';
import { Http1Opening } from '../opening/http1-opening.ts';
import { openSession, type UpgradeOptions } from '../opening/open-session.ts';
import type { Opening } from '../opening/opening.ts';
import { refuseOpening } from '../opening/refuse-opening.ts';

/** What became of a request for a WebSocket. */
export type UpgradeOutcome<Info> =
  | { readonly ok: true; readonly session: Session<Info> }
  | { readonly ok: false; readonly refusal: RequestRefusal };

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
  return answerOpening(() => new Http1Opening(request, socket, head), options);
}

/**
 * Answer a request for a WebSocket about which nobody else has anything to say. Throws as {@link acceptUpgrade}, before
 * the request is touched.
 */
export function answerOpening<State, Info, Opts>(
  begin: () => Opening,
  options: UpgradeOptions<State, Info, Opts> & WithOpts<Opts>,
): UpgradeOutcome<Info> {
  assertTuning(options);
  const compress = compressionOptions(options.compress);
  const opening = begin();
  const checked = opening.check(options.subprotocols);
  if (!checked.ok) {
    refuseOpening(opening, checked.refusal, options.logger ?? consoleLogger);
    return checked;
  }
  const session = openSession(opening, checked.asked, options, compress, admit(optsOf<Opts>(options)));
  return { ok: true, session };
}

/** Whether an upgrade is for this protocol at all (RFC 9110 §7.8). */
export function asksForWebSocket({ headers: { upgrade = '' } }: IncomingMessage): boolean {
  const protocols = upgrade.split(',');
  return protocols.some((protocol) => protocol.trim().toLowerCase() === 'websocket');
}
