export * from './dynamic-supervisor.ts';
export * from './exit-reason.ts';
export * from './group.ts';
export * from './message.ts';
export * from './monitor.ts';
export * from './report.ts';
