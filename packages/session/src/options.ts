import type { DeflateAgreement, DeflateOptions, MessageLimits } from '@genws/protocol';

/** Bounds on what a peer may cost a session. */
export interface SessionLimits extends MessageLimits {
  /**
   * Bytes waiting to be written that end the session with 1013: its peer does not read. Checked before each frame, so
   * that what waits is never more than this and one frame.
   */
  maxBuffered: number;
  /** Bytes waiting to be written above which the peer is not read either, so that it feels the back-pressure. */
  highWater: number;
  /** Bytes of messages waiting for a busy handler above which the peer is not read; each counts 128 more than it holds. */
  maxBacklog: number;
  /** Messages waiting for a busy handler, of peers and actors together, that end the session with 1013. */
  maxMailbox: number;
  /** Pings and pongs in one second that end the session with 1008. */
  maxControlRate: number;
}

/** Deadlines of a session, ms; `Infinity` for none. */
export interface SessionTimeouts {
  /** Silence of the peer that ends an open session with 1001. Messages of actors do not count, bytes do. */
  idleTimeout: number;
  /** How long a closing session waits for its peer, and for a handler that is still busy. */
  closeTimeout: number;
  /** How long an asynchronous `init` may take. */
  initTimeout: number;
}

/** Defaults of {@link SessionLimits}. */
export const defaultLimits: Readonly<SessionLimits> = {
  maxFrame: 16 * 1024 * 1024,
  maxMessage: 64 * 1024 * 1024,
  maxFragments: 128 * 1024, // a 4 MiB message in 64-byte fragments has half as many
  maxBuffered: 64 * 1024 * 1024,
  highWater: 1024 * 1024,
  maxBacklog: 1024 * 1024,
  maxMailbox: 100_000,
  maxControlRate: 2000,
};

/** Defaults of {@link SessionTimeouts}. */
export const defaultTimeouts: Readonly<SessionTimeouts> = {
  idleTimeout: 60_000,
  closeTimeout: 5_000,
  initTimeout: 15_000,
};

/** permessage-deflate as the handshake has agreed on it (RFC 7692 §7), and this side's own choices about it. */
export interface SessionCompression {
  readonly agreed: DeflateAgreement;
  readonly options?: DeflateOptions | undefined;
}
