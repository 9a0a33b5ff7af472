import { assign, cancel, emit, raise, setup } from 'xstate';
import { type Child, childOf } from './child-list.ts';
import { askToEnd, kill, startProcess } from './child-process.ts';
import { shutdownOf } from './child-spec.ts';
import { longestDelay } from './clock.ts';
import { type AnyExitReason, crash, type ExitReason, normal } from './exit-reason.ts';
import { isTooOften } from './restart-intensity.ts';
import {
  closeRequest,
  current,
  endingReason,
  failStart,
  initialContext,
  markEnded,
  markRestarting,
  markStarted,
  mayLeave,
  pickToEnd,
  pickToStart,
  planEnds,
  planStarts,
  planStop,
  type SupervisorContext,
  type SupervisorEvent,
  type SupervisorInput,
  staysDown,
  subject,
  takeRequest,
  timeToEnd,
  withRestart,
} from './supervisor-context.ts';
import {
  childCrashed,
  childKilled,
  escalated,
  exitFailed,
  report,
  restarted,
  type Scope,
  startFailed,
} from './supervisor-report.ts';
import { disappoint, grant, refusalOf } from './supervisor-request.ts';

const reachedMaxRestartIntensity: ExitReason = { type: 'shutdown', reason: 'reachedMaxRestartIntensity' };

const startNext = ['pickToStart', 'start'] as const;
const endNext = ['pickToEnd', 'askToEnd', 'armShutdownTimer'] as const;

/** Children start one after the other, each when the one before it has. */
const starting = {
  entry: startNext,
  exit: 'cancelShutdownTimer',
  on: {
    'child.started': { actions: ['markStarted', 'reportRestart', 'dropFirst', ...startNext] },
    // A start that takes its time is waited for, but no longer than the child would be given to end.
    exit: { actions: ['setExit', 'cancelShutdownTimer', 'armShutdownTimer'] },
    'timeout.shutdown': { guard: 'isLimited', target: '#supervisor.stopping' },
  },
} as const;

/** Children end one after the other, those started last come first. */
const ending = {
  entry: endNext,
  exit: 'cancelShutdownTimer',
  on: {
    'child.down': [
      { guard: 'isAwaited', actions: ['cancelShutdownTimer', 'reportDown', 'markEnded', 'dropFirst', ...endNext] },
      { actions: 'defer' },
    ],
    'timeout.shutdown': { guard: 'isLimited', actions: ['reportKill', 'kill'] },
  },
} as const;

const leave = { guard: 'mayLeave', target: '#supervisor.stopping' } as const;
const inVain = { guard: 'isInVain', actions: 'refuse' } as const;

/** Children are somebody else's code. */
function attempt(scope: Scope, child: Child | undefined, end: () => void): void {
  try {
    end();
  } catch (error) {
    report(scope, exitFailed, child, crash(error));
  }
}

/**
 * Erlang's supervisor. It does one thing at a time: what comes meanwhile is deferred.
 *
 *     starting ──── the children, in order
 *     running ───── there is nothing to do
 *     changing ──── what somebody has asked for: a child starts, or ends
 *     restarting ── counting: was it once too often?
 *                   ending: those who are to be restarted with the child that has ended, in reverse order
 *                   starting: the child and those
 *     stopping ──── all children end, in reverse order
 *     stopped
 */
export const supervisorMachine = setup({
  types: {
    context: {} as SupervisorContext,
    events: {} as SupervisorEvent,
    input: {} as SupervisorInput,
    output: {} as AnyExitReason,
    emitted: {} as { readonly type: 'ready' },
  },
  actions: {
    announceReady: emit({ type: 'ready' }),
    defer: assign({ deferred: ({ context, event }) => [...context.deferred, event] }),
    raiseDeferred: raise(({ context }) => context.deferred[0] ?? { type: 'timeout.shutdown' }), // there is one: a guard
    dropDeferred: assign({ deferred: ({ context }) => context.deferred.slice(1) }),
    dropFirst: assign({ todo: ({ context }) => context.todo.slice(1) }),

    pickToStart: assign(({ context }) => pickToStart(context)),
    start: ({ context, self }) => {
      const child = current(context);
      if (child?.state === 'starting') startProcess(child.spec, self);
    },
    markStarted: assign(({ context, event }) =>
      event.type === 'child.started' ? markStarted(context, event.process) : {},
    ),
    failStart: assign(({ context, event }) => (event.type === 'child.failed' ? failStart(context, event.reason) : {})),

    pickToEnd: assign(({ context }) => pickToEnd(context)),
    askToEnd: (scope) => {
      const { context, self } = scope;
      const child = current(context);
      if (child?.process === undefined) return;
      const { process } = child;
      const brutally = shutdownOf(child.spec, child.type) === 'brutalKill';
      attempt(scope, child, () => (brutally ? kill(process, self) : askToEnd(process, endingReason(context), self)));
    },
    armShutdownTimer: raise(
      { type: 'timeout.shutdown' },
      { id: 'shutdown', delay: ({ context }) => timeToEnd(context) },
    ),
    cancelShutdownTimer: cancel('shutdown'),
    kill: (scope) => {
      const child = current(scope.context);
      const process = child?.process;
      if (process !== undefined) attempt(scope, child, () => kill(process, scope.self));
    },
    killStray: (scope) => {
      const { context, event, self } = scope;
      const child = context.children.find(({ state }) => state === 'starting');
      if (event.type === 'child.started') attempt(scope, child, () => kill(event.process, self));
    },
    markEnded: assign(({ context }) => markEnded(context, current(context))),

    setCause: assign({ cause: ({ context, event }) => subject(context, event)?.id }),
    clearCause: assign({ cause: undefined }),
    markDown: assign(({ context, event }) => markEnded(context, subject(context, event))),
    countRestart: assign(({ context }) => withRestart(context)),
    planEnds: assign(({ context }) => planEnds(context)),
    planStarts: assign(({ context }) => planStarts(context)),
    tryAgain: raise(({ context }) => ({ type: 'child.tryAgain', id: current(context)?.id ?? '' }), { delay: 0 }),
    markRestarting: assign(({ context }) => markRestarting(context)),

    takeRequest: assign(({ context, event }) => ('reply' in event ? takeRequest(context, event) : {})),
    refuse: ({ context, event }) => {
      if ('reply' in event) refusalOf(event, context.children)?.();
    },
    answer: ({ context }) => grant(context.request, context.children),
    answerFailure: ({ context, event }) => {
      if (event.type === 'child.failed') disappoint(context.request, event.reason);
    },
    closeRequest: assign(({ context }) => closeRequest(context)),

    setExit: assign({ exit: ({ context, event }) => context.exit ?? (event.type === 'exit' ? event.reason : normal) }),
    giveUp: assign({ exit: reachedMaxRestartIntensity }),
    planStop: assign(({ context }) => planStop(context)),

    reportDown: (scope) => report(scope, childCrashed, subject(scope.context, scope.event)),
    reportFailure: (scope) => report(scope, startFailed, current(scope.context)),
    reportRestart: (scope) => {
      if (scope.context.cause !== undefined) report(scope, restarted, current(scope.context));
    },
    reportKill: (scope) => report(scope, childKilled, current(scope.context)),
    reportEscalation: (scope) => report(scope, escalated, childOf(scope.context.children, scope.context.cause)),
  },
  guards: {
    hasDeferred: ({ context }) => context.deferred.length > 0,
    isLimited: ({ context }) => timeToEnd(context) < longestDelay,
    isFinished: ({ context }) => context.todo.length === 0,
    isAwaited: ({ context, event }) => {
      const child = subject(context, event);
      return child !== undefined && child === current(context);
    },
    isStale: ({ context, event }) => {
      const child = subject(context, event);
      return child === undefined || (event.type === 'child.tryAgain' && child.state !== 'restarting');
    },
    staysDown: ({ context, event }) => staysDown(context, event),
    isTooOften: ({ context }) => isTooOften(context.restarts, context.input),
    isInVain: ({ context, event }) => 'reply' in event && refusalOf(event, context.children) !== undefined,
    mayLeave: ({ context }) => mayLeave(context),
  },
}).createMachine({
  id: 'supervisor',
  context: ({ input }) => initialContext(input),
  output: ({ context }) => context.exit ?? normal,
  initial: 'starting',
  on: {
    exit: { actions: 'setExit' },
    'child.down': { actions: 'defer' },
    'child.tryAgain': { actions: 'defer' },
    startChild: { actions: 'defer' },
    restartChild: { actions: 'defer' },
    terminateChild: { actions: 'defer' },
    deleteChild: { actions: 'defer' },
  },
  states: {
    starting: {
      ...starting,
      always: [leave, { guard: 'isFinished', target: 'running', actions: 'announceReady' }],
      on: {
        ...starting.on,
        'child.failed': { target: 'stopping', actions: ['reportFailure', 'failStart'] },
      },
    },
    running: {
      entry: 'clearCause',
      always: [leave, { guard: 'hasDeferred', actions: ['raiseDeferred', 'dropDeferred'] }],
      on: {
        'child.down': [
          { guard: 'isStale' },
          { guard: 'staysDown', actions: ['reportDown', 'markDown'] },
          { target: 'restarting', actions: ['reportDown', 'setCause', 'markDown'] },
        ],
        'child.tryAgain': [{ guard: 'isStale' }, { target: 'restarting', actions: 'setCause' }],
        startChild: [inVain, { target: 'changing.starting', actions: 'takeRequest' }],
        restartChild: [inVain, { target: 'changing.starting', actions: 'takeRequest' }],
        terminateChild: [inVain, { target: 'changing.ending', actions: 'takeRequest' }],
        deleteChild: [inVain, { actions: ['takeRequest', 'answer', 'closeRequest'] }],
      },
    },
    changing: {
      initial: 'starting',
      states: {
        starting: {
          ...starting,
          always: [leave, { guard: 'isFinished', target: '#supervisor.running', actions: ['answer', 'closeRequest'] }],
          on: {
            ...starting.on,
            'child.failed': {
              target: '#supervisor.running',
              actions: ['reportFailure', 'answerFailure', 'closeRequest'],
            },
          },
        },
        ending: {
          ...ending,
          always: [leave, { guard: 'isFinished', target: '#supervisor.running', actions: ['answer', 'closeRequest'] }],
        },
      },
    },
    restarting: {
      initial: 'counting',
      states: {
        counting: {
          entry: 'countRestart',
          always: [
            { guard: 'isTooOften', target: '#supervisor.stopping', actions: ['reportEscalation', 'giveUp'] },
            { target: 'ending', actions: 'planEnds' },
          ],
        },
        ending: {
          ...ending,
          always: [leave, { guard: 'isFinished', target: 'starting', actions: 'planStarts' }],
        },
        starting: {
          ...starting,
          always: [leave, { guard: 'isFinished', target: '#supervisor.running' }],
          on: {
            ...starting.on,
            'child.failed': { target: '#supervisor.running', actions: ['reportFailure', 'tryAgain', 'markRestarting'] },
          },
        },
      },
    },
    stopping: {
      ...ending,
      entry: ['planStop', ...endNext],
      always: { guard: 'isFinished', target: 'stopped' },
      on: { ...ending.on, 'child.started': { actions: 'killStray' } },
    },
    stopped: { type: 'final' },
  },
});
