// What a user writes: the handler and its results.

export type { Clock as SessionClock } from '@genws/actor';
export {
  type ActiveCommand,
  active,
  type Command,
  type DeflateCommand,
  deflate,
  type OutboundFrame,
  type SetOptionsCommand,
  type ShutdownReasonCommand,
  setOptions,
  shutdownReason,
} from './command.ts';
// What happens in it.
export type { DataLane, SessionContext } from './data-lane.ts';
export type {
  Decision,
  HandlerCommanded,
  SendOutcome,
  SendReceipt,
  SessionDecision,
  SessionEvent,
  SessionMessage,
} from './event.ts';
export {
  type AnswerResult,
  defineHandler,
  type Flow,
  type Handler,
  hibernate,
  type InfoResult,
  type OkResult,
  optsOf,
  type ReplyResult,
  type Result,
  type Returned,
  type StopResult,
  type WithOpts,
} from './handler.ts';
export { type SessionInput, sessionMachine } from './machine.ts';
export { createMemoryTransports, MemoryTransport } from './memory-transport.ts';
export {
  assertTuning,
  defaultLimits,
  defaultPolicies,
  defaultTimeouts,
  type OverRatePolicy,
  type SessionCompression,
  type SessionLimits,
  type SessionPolicies,
  type SessionTimeouts,
  type SessionTuning,
  type SlowConsumerPolicy,
} from './options.ts';
export type { CallbackName, SessionErrorKind, SessionExit } from './reason.ts';
export type { KeptRequest, RequestFilter, SessionRequest } from './request.ts';
// What runs it: the session, and what can be done to one.
export { Session, type SessionOptions, type SessionSettings, startSession } from './session.ts';
export type { SessionRef, SessionState } from './session-ref.ts';

// What can be seen of one, and changed, while it lives.
export type { SessionLoad, SessionStatistics } from './statistics.ts';
export {
  codeChange,
  getState,
  type ProcessInfo,
  processInfo,
  replaceState,
  resume,
  type Successor,
  type SystemOptions,
  statistics,
  suspend,
  trace,
} from './system.ts';
export type { SystemEvent, SystemReply, SystemRequest, TraceEvent, TraceListener } from './system-request.ts';

// What it stands on.
export {
  describePeer,
  type PeerAddress,
  type Transport,
  type TransportEvent,
  type TransportOwner,
} from './transport.ts';
export { close, type PublishOutcome, publish, type SendOptions, send, stop, type WaitingSendOptions } from './verbs.ts';
