import {
  describeRefusal,
  type HeaderMap,
  type OfferRefusal,
  type ResponseRefusal,
  type UrlRefusal,
} from '@genws/protocol';

/** Why `connect` failed, beside what the protocol refuses. */
export type ConnectFailure =
  /** The URL, or what the client wants to send, is not right: nothing was sent. */
  | UrlRefusal
  | OfferRefusal
  /** `extensions` names one whose frames the session itself must understand: there is an option for it, `compress`. */
  | { readonly code: 'reservedExtension'; readonly name: string }
  /** The server's answer is not right. */
  | ResponseRefusal
  /** `http2: true`, and the server does not speak it. */
  | { readonly code: 'http2NotNegotiated' }
  /** No connection: `cause` has the system's or TLS's own error. */
  | { readonly code: 'connectionFailed' }
  /** The server ended the connection before it had answered. */
  | { readonly code: 'connectionClosed' }
  /** Dialling and handshake together took longer than `timeout`. */
  | { readonly code: 'timeout'; readonly timeout: number }
  /** The caller's signal was aborted. */
  | { readonly code: 'aborted' }
  /** The transport has no `receive`, which a client's handshake needs. */
  | { readonly code: 'transportDoesNotSupportReceive' };

/** What a server answered instead of opening a WebSocket. */
export interface HandshakeResponse {
  readonly status: number;
  readonly headers: HeaderMap;
  /** As much of the body as came with the headers; over HTTP/2 up to 65,536 bytes of it. */
  readonly body: Uint8Array;
}

/** The one error that `connect` rejects with. */
export class ConnectError extends Error {
  override readonly name = 'ConnectError';
  /** What went wrong, as data. */
  readonly failure: ConnectFailure;
  /** The server's answer, where there was one. */
  readonly response: HandshakeResponse | undefined;
  /**
   * Whether the same may succeed at another time: the server was not to be reached, hung up, took too long, or said so
   * itself (408, 425, 429, 5xx). A certificate that does not convince, a request that was refused or not even sent, and
   * an answer that is no WebSocket's stay what they are.
   */
  readonly retriable: boolean;

  constructor(failure: ConnectFailure, options: { cause?: unknown; response?: HandshakeResponse } = {}) {
    super(describe(failure, options.cause), options.cause === undefined ? {} : { cause: options.cause });
    this.failure = failure;
    this.response = options.response;
    this.retriable = isRetriable(failure, options.cause);
  }

  /** Names the failure: `unexpectedStatus`, `timeout`, `acceptMismatch`. */
  get code(): ConnectFailure['code'] {
    return this.failure.code;
  }
}

function describe(failure: ConnectFailure, cause: unknown): string {
  switch (failure.code) {
    case 'reservedExtension':
      return `${failure.name} is offered with the option compress, not among extensions`;
    case 'http2NotNegotiated':
      return 'the server does not speak HTTP/2';
    case 'connectionFailed':
      return `no connection: ${cause instanceof Error ? cause.message : String(cause)}`;
    case 'connectionClosed':
      return 'the server ended the connection before it had answered';
    case 'timeout':
      return `no WebSocket after ${failure.timeout} ms`;
    case 'aborted':
      return 'connecting was aborted';
    case 'transportDoesNotSupportReceive':
      return 'the transport has no receive(), which a client handshake needs';
    default:
      return describeRefusal(failure);
  }
}

function isRetriable(failure: ConnectFailure, cause: unknown): boolean {
  switch (failure.code) {
    case 'timeout':
    case 'connectionClosed':
      return true;
    case 'connectionFailed':
      return isTransient(cause);
    case 'unexpectedStatus':
      return transientStatuses.has(failure.status) || (failure.status >= 500 && !lastingStatuses.has(failure.status));
    default:
      return false;
  }
}

/** Request Timeout, Too Early, Too Many Requests. */
const transientStatuses: ReadonlySet<number> = new Set([408, 425, 429]);
/** Not Implemented, HTTP Version Not Supported. */
const lastingStatuses: ReadonlySet<number> = new Set([501, 505]);

/** What the system says of networks, peers and names that are not there right now. Its other errors, and TLS's, last. */
const transientErrors: ReadonlySet<unknown> = new Set([
  'EADDRNOTAVAIL',
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'EMFILE',
  'ENETDOWN',
  'ENETUNREACH',
  'ENFILE',
  'ENOBUFS',
  'ERR_HTTP2_GOAWAY_SESSION',
  'ERR_HTTP2_INVALID_SESSION',
  'ERR_HTTP2_PING_CANCEL',
  'ERR_HTTP2_STREAM_CANCEL',
  'ENOTFOUND', // also what many systems say of every name while they are offline
  'EPIPE',
  'ETIMEDOUT',
]);

/** Of the addresses of one name, one that may answer later is enough. What has no code is somebody else's transport's. */
function isTransient(cause: unknown): boolean {
  if (cause instanceof AggregateError) return cause.errors.some(isTransient);
  if (!(cause instanceof Error) || cause instanceof TypeError || cause instanceof RangeError) return false;
  return !('code' in cause) || transientErrors.has(cause.code);
}
