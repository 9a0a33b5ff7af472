import type { DeflateAgreement, HeaderMap } from '@genws/protocol';
import type { PeerAddress } from './transport.ts';

/** The handshake that a session began with. */
export interface SessionRequest {
  /** `GET` over HTTP/1.1, `CONNECT` over HTTP/2 and HTTP/3. */
  readonly method: string;
  /** Path and query: `/chat?room=1`. */
  readonly path: string;
  /** `1.1`, `2.0`, `3.0`. */
  readonly httpVersion?: string | undefined;
  /** The server's name and port as the client gave them: the `Host` header, or `:authority`. */
  readonly host?: string | undefined;
  readonly headers: HeaderMap;
  /** The subprotocol agreed upon, if any. */
  readonly subprotocol?: string | undefined;
  /** The page's origin, as browsers send it. */
  readonly origin?: string | undefined;
  readonly peer?: PeerAddress | undefined;
  /** How messages are compressed, if they are (RFC 7692). */
  readonly compression?: DeflateAgreement | undefined;
  /** On a client that reconnects: which of its attempts to connect this is, from 1 on. */
  readonly attempt?: number | undefined;
  /** On a client: what the server answered. */
  readonly response?: {
    readonly status: number;
    readonly headers: HeaderMap;
    readonly subprotocol?: string | undefined;
  };
}

/** What of its request a session keeps: what a {@link RequestFilter} has returned. */
export type KeptRequest = Partial<SessionRequest>;

/** Chooses what to keep of a request once `init` has been called with the whole of it. */
export type RequestFilter = (request: SessionRequest) => KeptRequest;

/** Everything but the headers, which take up far more memory than the rest. */
export const keepRequest: RequestFilter = ({ headers, response, ...kept }) => kept;
