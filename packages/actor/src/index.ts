// Messages, and how an actor ends.

// Many actors.
export {
  DynamicSupervisor,
  type DynamicSupervisorOptions,
  type SupervisorContext,
  type SupervisorEvent,
  startSupervisor,
} from './dynamic-supervisor.ts';
export { type AnyExitReason, type ExitReason, exitReasonOf } from './exit-reason.ts';
export { broadcast, createGroup, type Group, join, leave, type Member, members } from './group.ts';
export { type InfoEvent, type Recipient, tell } from './message.ts';
export { type Down, demonitor, type Monitorable, type MonitorRef, monitor } from './monitor.ts';

// What they report.
export {
  consoleLogger,
  createLogger,
  deliver,
  type Logger,
  type LoggerOptions,
  type Report,
  type ReportLevel,
} from './report.ts';
