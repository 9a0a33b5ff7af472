// Serve and connect.

export * from '@genws/actor';
// Compression.
export type {
  DeflateAgreement,
  DeflateDirection,
  DeflateOptions,
  DeflateStrategy,
  DeflateTuning,
  WindowBits,
} from '@genws/protocol';
// Frames.
export {
  type BinaryFrame,
  binary,
  CloseCode,
  type CloseFrame,
  type Frame,
  HeaderMap,
  type PingFrame,
  type PongFrame,
  PreparedFrame,
  ping,
  pong,
  prepare,
  type ReceivedBinary,
  type ReceivedFrame,
  ReceivedMessage,
  type ReceivedText,
  reasonName,
  received,
  type TextFrame,
  text,
  validOnWire,
} from '@genws/protocol';
// Handlers and sessions, messages, groups and supervisors.
export * from '@genws/session';
export { type AcceptOptions, accept } from './accept.ts';
export {
  Admission,
  type AdmissionOptions,
  type Authorize,
  admit,
  Denial,
  type DenialOptions,
  deny,
  type Verdict,
} from './admission/authorize.ts';
export type { ConnectionLimits } from './admission/connection-limit.ts';
export { isOriginOf, type OriginOptions } from './admission/origin-policy.ts';
export { type Backoff, type BackoffOptions, defaultBackoff } from './client/backoff.ts';
export { Client, startClient } from './client/client.ts';
export type { ClientContext, ClientInput } from './client/client-context.ts';
export type { ClientEvent } from './client/client-event.ts';
export { clientMachine } from './client/client-machine.ts';
export type { ClientOptions, PrepareAttempt, PreparedAttempt } from './client/client-options.ts';
export { type QueueLimit, type QueuePolicy, queue, type WhileDown } from './client/offline-queue.ts';
export { type ClientFailure, isWorthRetrying, type RetryPolicy } from './client/retry-policy.ts';
export { type ConnectOptions, connect } from './connecting/connect.ts';
export { ConnectError, type ConnectFailure, type HandshakeResponse } from './connecting/connect-error.ts';
export type { Http2Options } from './http2/http2-options.ts';
export type { UpgradeOptions } from './opening/open-session.ts';
export { type Rejection, rejections } from './opening/rejection.ts';
export type { DrainOptions, ShutdownReason } from './server/drain.ts';
export { type ListenOptions, listen, type OptsSource } from './server/listen.ts';
export { Server, type ServerParts } from './server/server.ts';
// Bring your own HTTP server, or your own transport.
export { acceptUpgrade, type UpgradeOutcome } from './server/upgrade.ts';
export type { ClientTlsOptions } from './transports/dial.ts';
export { SocketTransport } from './transports/socket.ts';
