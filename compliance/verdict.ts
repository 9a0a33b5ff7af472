/**
 * What the suite says about a peer's behaviour in a case, in the reference suite's words.
 *
 * - `OK`: as it should be.
 * - `NON-STRICT`: allowed by the RFC, but not the ideal.
 * - `INFORMATIONAL`: the RFC leaves it open; the case only tells what the peer does.
 * - `UNIMPLEMENTED`: the peer has not negotiated the extension that the case is about.
 * - `FAILED`: against the RFC.
 */
export const behaviors = ['OK', 'NON-STRICT', 'INFORMATIONAL', 'UNIMPLEMENTED', 'FAILED'] as const;
export type Behavior = (typeof behaviors)[number];

/**
 * What it says about the closing handshake besides.
 *
 * - `WRONG CODE`: the close frame has a status code that it should not have.
 * - `UNCLEAN`: the connection ended without the closing handshake that was due, or a stream of HTTP/2 with a reset after it.
 * - `FAILED BY CLIENT`: the client had to end the connection, which is the server's part (RFC 6455 §7.1.1).
 */
export type BehaviorClose = Behavior | 'WRONG CODE' | 'UNCLEAN' | 'FAILED BY CLIENT';

/** Whether a verdict is as good as can be. */
export const isStrict = (verdict: BehaviorClose): boolean => verdict === 'OK' || verdict === 'INFORMATIONAL';
