// Messages, and how an actor ends.

export { type AnyExitReason, type ExitReason, exitReasonOf, shutdownReasonOf } from './exit-reason.ts';
export { type ExitSignal, exit, type Process } from './exit-signal.ts';
export { link, unlink } from './link.ts';
export { type InfoEvent, type Recipient, tell } from './message.ts';
export { type Down, demonitor, type Monitorable, type MonitorRef, monitor } from './monitor.ts';

// Questions, and messages that come later.

export {
  answer,
  type Call,
  CallError,
  type CallFailure,
  type CallOptions,
  call,
  type From,
  isCall,
  question,
  type ReplyOf,
  type RequestOf,
} from './call.ts';
export { enterActor, leaveActor, runAs } from './running.ts';
export { cancelTimer, sendAfter, sendInterval, type TimerRef } from './send-later.ts';

// Actors that look after others.

export type { Child, ChildState, Strategy } from './child-list.ts';
export type { ChildNews } from './child-process.ts';
export type { ChildSpec, ChildType, RestartType, Shutdown } from './child-spec.ts';
export { type Clock, longestDelay } from './clock.ts';
export {
  DynamicSupervisor,
  type DynamicSupervisorContext,
  type DynamicSupervisorEvent,
  type DynamicSupervisorOptions,
  startDynamicSupervisor,
} from './dynamic-supervisor.ts';
export type { RestartIntensity } from './restart-intensity.ts';
export { Supervisor, SupervisorError, type SupervisorOptions, startSupervisor } from './supervisor.ts';
export type { StartFailure, SupervisorContext, SupervisorEvent, SupervisorInput } from './supervisor-context.ts';
export { supervisorMachine } from './supervisor-machine.ts';
export {
  type ChildCounts,
  type ChildInfo,
  type ChildSpecResult,
  type DeleteChildResult,
  isParent,
  type ParentProcess,
  type RestartChildResult,
  type StartChildResult,
  type SupervisorRequest,
  type TerminateChildResult,
} from './supervisor-request.ts';
export {
  countChildren,
  deleteChild,
  getChildspec,
  restartChild,
  startChild,
  terminateChild,
  whichChildren,
} from './supervisor-verbs.ts';

// Names and groups.

export { type BroadcastOptions, createGroup, type Group, type Member } from './group.ts';
export type { GroupAdapter, ScopePort } from './group-adapter.ts';
export { broadcast, join, leave, members } from './membership.ts';
export {
  createRegistry,
  lookup,
  type Registration,
  type Registry,
  type RegistryKeys,
  register,
  registeredKeys,
  unregister,
  whereis,
} from './registry.ts';
export {
  createScope,
  localMembers,
  monitorScope,
  type Scope,
  type ScopeOptions,
  type ScopeSnapshot,
  whichGroups,
  whichLocalGroups,
} from './scope.ts';
export type { ScopeEvent, ScopeWatcher } from './scope-monitor.ts';

// What they report.

export {
  consoleLogger,
  createLogger,
  deliver,
  isReport,
  type Logger,
  type LoggerOptions,
  type Report,
  type ReportLevel,
  reportChannel,
} from './report.ts';
