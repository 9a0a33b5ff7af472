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

/** What a server answered instead of 101. */
export interface HandshakeResponse {
  readonly status: number;
  readonly headers: HeaderMap;
  /** As much of the body as came with the headers. */
  readonly body: Uint8Array;
}

/** The one error that `connect` rejects with. */
export class ConnectError extends Error {
  override readonly name = 'ConnectError';
  /** What went wrong, as data. */
  readonly failure: ConnectFailure;
  /** The server's answer, where there was one. */
  readonly response: HandshakeResponse | undefined;

  constructor(failure: ConnectFailure, options: { cause?: unknown; response?: HandshakeResponse } = {}) {
    super(describe(failure, options.cause), options.cause === undefined ? {} : { cause: options.cause });
    this.failure = failure;
    this.response = options.response;
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
