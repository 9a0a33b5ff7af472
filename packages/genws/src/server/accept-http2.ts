import type { ServerHttp2Stream } from 'node:http2';
import type { HeaderInput } from '@genws/protocol';
import type { WithOpts } from '@genws/session';
import { Http2Opening } from '../opening/http2-opening.ts';
import type { UpgradeOptions } from '../opening/open-session.ts';
import { answerOpening, type UpgradeOutcome } from './upgrade.ts';

/**
 * Answer an extended CONNECT that an HTTP/2 server of yours has emitted as `stream` (RFC 8441 §4, §5), and start its
 * session. What cannot become a WebSocket gets its HTTP answer: 405 a plain CONNECT, 501 another `:protocol`, 400 what is
 * not right. Nothing is thrown whatever it holds.
 *
 * The server has to have `settings: { enableConnectProtocol: true }`, and, where it has a `request` listener too, one for
 * `connect`, that may do nothing: without it Node.js answers 405 first.
 *
 * Throws `TypeError` when the option `headers` holds what would split the response or a limit or timeout cannot be, and
 * `RangeError` when `compress` is out of range, before anything is answered.
 *
 * @param headers those of the event, best the flat list that is its last argument: it shows what was repeated
 */
export function acceptHttp2<State, Info, Opts>(
  stream: ServerHttp2Stream,
  headers: HeaderInput,
  options: UpgradeOptions<State, Info, Opts> & WithOpts<Opts>,
): UpgradeOutcome<Info> {
  return answerOpening(() => new Http2Opening(stream, headers), options);
}
