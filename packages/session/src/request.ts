import type { PeerAddress } from './transport.ts';

/** Header fields by name, whatever the case they were sent in. */
export interface RequestHeaders {
  /** The lines of a field in the order sent, empty when it was not sent. */
  all(name: string): readonly string[];
  /** The lines of a field joined with `, `. */
  joined(name: string): string | undefined;
  has(name: string): boolean;
}

/** The handshake that a session began with. */
export interface SessionRequest {
  /** `GET` over HTTP/1.1, `CONNECT` over HTTP/2 and HTTP/3. */
  readonly method: string;
  /** Path and query: `/chat?room=1`. */
  readonly path: string;
  readonly headers: RequestHeaders;
  /** The subprotocol agreed upon, if any. */
  readonly subprotocol?: string | undefined;
  /** The page's origin, as browsers send it. */
  readonly origin?: string | undefined;
  readonly peer?: PeerAddress | undefined;
  /** On a client: what the server answered. */
  readonly response?: {
    readonly status: number;
    readonly headers: RequestHeaders;
    readonly subprotocol?: string | undefined;
  };
}
