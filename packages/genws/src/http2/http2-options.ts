/** How a server speaks HTTP/2. */
export interface Http2Options {
  /**
   * Bytes that a peer may send on one stream ahead of what is read (RFC 9113 §6.9.2), so the most that waits in memory
   * for a session that does not read. Default 131,072.
   */
  readonly streamWindow?: number | undefined;
  /** Bytes that may be on their way on all streams of a connection together. Default 1,048,576. */
  readonly connectionWindow?: number | undefined;
  /**
   * Streams that are open at a time on one connection, requests and WebSockets together; one more is refused with
   * REFUSED_STREAM. Default 256.
   */
  readonly maxStreams?: number | undefined;
  /**
   * How often a second a connection may do what leads nowhere: PING, SETTINGS, a stream that its peer resets, a WebSocket
   * that is refused. Five times as often for a moment; above it the connection is ended with ENHANCE_YOUR_CALM. Default 100.
   */
  readonly maxControlRate?: number | undefined;
}

/** {@link Http2Options} with their defaults. */
export type ResolvedHttp2Options = { readonly [Name in keyof Http2Options]-?: number };

/** The largest window there is (RFC 9113 §6.9.1). */
const largestWindow = 2 ** 31 - 1;

/** Throws `RangeError` for what cannot be. */
export function resolveHttp2Options({
  streamWindow = 131_072,
  connectionWindow = 1_048_576,
  maxStreams = 256,
  maxControlRate = 100,
}: Http2Options): ResolvedHttp2Options {
  assertWithin('streamWindow', streamWindow, 1, largestWindow);
  assertWithin('connectionWindow', connectionWindow, 65_535, largestWindow);
  assertWithin('maxStreams', maxStreams, 1, largestWindow);
  assertWithin('maxControlRate', maxControlRate, 1, Number.POSITIVE_INFINITY);
  return { streamWindow, connectionWindow, maxStreams, maxControlRate };
}

function assertWithin(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY)) return;
  throw new RangeError(`http2.${name} must be a whole number from ${least} to ${most}; it is ${value}`);
}
