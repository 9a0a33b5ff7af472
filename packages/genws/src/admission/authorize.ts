import type { IncomingMessage } from 'node:http';
import { assertAddable, type HeaderPair, type PlainAnswer, plainText } from '@genws/protocol';
import type { SessionRequest } from '@genws/session';

/** What the answer to a denied request says, beside its status. */
export interface DenialOptions {
  /** `WWW-Authenticate`, `Retry-After`, `Location`. The body's type is plain text unless there is a `Content-Type`. */
  readonly headers?: readonly HeaderPair[] | undefined;
  /** Default: none. */
  readonly body?: string | undefined;
}

/** The decision that a request becomes no WebSocket. Made by {@link deny}. */
export class Denial {
  /** The HTTP answer. */
  readonly answer: PlainAnswer;
  readonly #made = true;

  constructor(status: number, { headers = [], body = '' }: DenialOptions) {
    if (!Number.isInteger(status) || status < 300 || status > 599) {
      throw new RangeError(`a request is denied with a status from 300 to 599, not ${status}`);
    }
    assertAddable(headers);
    const typed = body === '' || headers.some(([name]) => name.toLowerCase() === 'content-type');
    this.answer = { status, headers: typed ? headers : [...headers, plainText], body };
  }

  /** Whether a value is one. */
  static is(value: unknown): value is Denial {
    return typeof value === 'object' && value !== null && #made in value;
  }
}

/**
 * For `authorize`: answer a request with this status instead of opening a WebSocket. Throws `RangeError` for a status
 * out of range, and `TypeError` for headers that would split the answer or are the connection's own.
 *
 * @param status from 300 to 599: 401, 403, 429
 */
export function deny(status: number, options: DenialOptions = {}): Denial {
  return new Denial(status, options);
}

/** What the answer that opens a WebSocket says of this one client. */
export interface AdmissionOptions {
  /** More headers, such as `Set-Cookie`. */
  readonly headers?: readonly HeaderPair[] | undefined;
  /** One of those that the client has offered, instead of the one that `subprotocols` leads to. */
  readonly subprotocol?: string | undefined;
}

/** The decision that a request becomes a WebSocket, with something to say about the answer. Made by {@link admit}. */
export class Admission<Opts> {
  /** Handed to the handler's `init`. */
  readonly opts: Opts;
  readonly options: AdmissionOptions;
  readonly #made = true;

  constructor(opts: Opts, options: AdmissionOptions) {
    this.opts = opts;
    this.options = options;
  }

  /** Whether a value is one. */
  static is<Opts>(value: Opts | Admission<Opts>): value is Admission<Opts> {
    return typeof value === 'object' && value !== null && #made in value;
  }
}

/**
 * For `authorize`: let a client in, and put something of its own into the answer.
 *
 * @param opts handed to the handler's `init`
 */
export function admit<Opts>(opts: Opts, options: AdmissionOptions = {}): Admission<Opts> {
  return new Admission(opts, options);
}

/** What `authorize` decides: what `init` is handed as its `opts`, the same with more for the answer, or that there will be none. */
export type Verdict<Opts> = Opts | Admission<Opts> | Denial;

/**
 * Finds out who asks for a WebSocket, before it is opened.
 *
 * @param request what `init` gets too; its subprotocol is the one that would be chosen
 * @param signal aborted when the peer has gone, the server stops or time is up: the answer does not matter any more
 * @param incoming over HTTP/1.1 the request as Node.js has it, for middleware that wants one
 */
export type Authorize<Opts> = (
  request: SessionRequest,
  signal: AbortSignal,
  incoming: IncomingMessage | undefined,
) => Verdict<Opts> | PromiseLike<Verdict<Opts>>;
