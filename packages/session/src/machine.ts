import { longestDelay } from '@genws/actor';
import { type AnyActorRef, assign, cancel, raise, type SnapshotFrom, setup } from 'xstate';
import type { DataLane, SessionContext } from './data-lane.ts';
import { closeFrameFor, exitFor } from './ending.ts';
import type { SessionEvent } from './event.ts';
import type { SessionExit } from './reason.ts';

/** How a session's actor comes by its data lane. */
export interface SessionInput {
  connect(self: AnyActorRef): DataLane;
}

/** What is never due needs no timer: see {@link SessionSystem}. */
const delay = (ms: number): number => (ms === Number.POSITIVE_INFINITY ? ms : Math.min(Math.max(ms, 0), longestDelay));

/** Once round the event loop, past all that there is to read: see {@link SharedTimers}. */
const nextTurn = 0;

/** This side ends the connection, with a close frame and a reason to remember. */
const ending = ['setExit', 'sendClose'] as const;
const askToClose = { target: '#session.closing.handshake', actions: ending } as const;
/** Nobody is there to read what waits, or it should not be read any more. */
const giveUp = { target: '#session.closing.disconnect', actions: ['setExit', 'discardOutput', 'sendClose'] } as const;
const lost = { target: '#session.closing.settling', actions: 'setExit' } as const;

/** What ends a session that is not closing yet, open or not. */
const endings = {
  close: askToClose,
  'handler.stopped': { ...askToClose, actions: ['markIdle', ...ending] },
  'handler.closed': { ...askToClose, actions: ['markIdle', ...ending] },
  'handler.crashed': { ...giveUp, actions: ['markIdle', ...giveUp.actions] },
  'hook.crashed': giveUp,
  stop: giveUp,
  'peer.stalled': giveUp,
  'mailbox.overflowed': giveUp,
  'transport.ended': { target: '#session.closing.disconnect', actions: 'setExit' },
  'transport.closed': lost,
  'transport.error': lost,
} as const;

/** Whether the peer keeps up with what it is sent. */
const flow = {
  'peer.congested': { actions: ['markCongested', 'tellFlow'] },
  'peer.relieved': { actions: ['markRelieved', 'tellFlow'] },
} as const;

/** The connection is no more, while this side was ending it. */
const gone = { 'transport.closed': 'settling', 'transport.error': 'settling' } as const;

/** What a session begins with. */
export function sessionContext({
  input,
  self,
}: {
  readonly input: SessionInput;
  readonly self: AnyActorRef;
}): SessionContext {
  return {
    lane: input.connect(self),
    busy: true,
    active: true,
    throttled: false,
    congested: false,
    suspended: false,
    yielding: false,
    shutdownReason: undefined,
    exit: undefined,
  };
}

/** Why a session has ended. */
export function sessionOutput({
  context: { exit, shutdownReason },
}: {
  readonly context: SessionContext;
}): SessionExit {
  return shutdownReason === undefined || exit?.type === 'crash'
    ? (exit ?? { type: 'normal' })
    : { type: 'shutdown', reason: shutdownReason.reason };
}

/**
 * One connection's life (RFC 6455 §4, §7).
 *
 *     ready_wait ── the handshake is done; init runs; nothing is read
 *     open ──────── messages flow through the data lane
 *     closing ───── handshake: our close frame is out, the peer's is awaited
 *                   lingering: a client waits for the server to end the connection (§7.1.1)
 *                   disconnect: this side ends it
 *                   settling: the connection is gone, the handler is still busy
 *                   terminating: terminate runs
 *     closed
 */
export const sessionMachine = setup({
  types: {
    context: {} as SessionContext,
    events: {} as SessionEvent,
    input: {} as SessionInput,
    output: {} as SessionExit,
  },
  actions: {
    runInit: ({ context }) => context.lane.runInit(),
    startReading: ({ context }) => context.lane.startReading(),
    sendClose: ({ context, event }) => context.lane.sendClose(closeFrameFor(event)),
    beginClosing: ({ context }) => context.lane.beginClosing(),
    report: ({ context, event }) => context.lane.report(event),
    closeTransport: ({ context }) => context.lane.closeTransport(),
    abortTransport: ({ context }) => context.lane.abortTransport(),
    runTerminate: ({ context }) => context.lane.runTerminate(context.exit ?? { type: 'normal' }),
    setExit: assign({ exit: ({ context, event }) => context.exit ?? exitFor(event) }),
    // `normal` promises that the closing handshake is complete; any other reason came first and stays.
    setIncomplete: assign({
      exit: ({ context, event }) => (context.exit?.type === 'normal' ? exitFor(event) : context.exit),
    }),
    discardOutput: ({ context }) => context.lane.discardOutput(),
    obey: assign({
      active: ({ context, event }) => (event.type === 'handler.commanded' ? event.active : undefined) ?? context.active,
      shutdownReason: ({ context, event }) =>
        (event.type === 'handler.commanded' ? event.shutdownReason : undefined) ?? context.shutdownReason,
    }),
    tune: ({ context, event }) => {
      if (event.type !== 'handler.commanded') return;
      context.lane.tune(event.options);
      if (event.hibernate) context.lane.hibernate();
    },
    markThrottled: assign({ throttled: true }),
    markUnthrottled: assign({ throttled: false }),
    markCongested: assign({ congested: true }),
    markRelieved: assign({ congested: false }),
    markSuspended: assign({ suspended: true }),
    markResumed: assign({ suspended: false }),
    markYielding: assign({ yielding: true }),
    markRested: assign({ yielding: false }),
    tellFlow: ({ context }) => context.lane.tellFlow(context.congested ? 'congested' : 'relieved'),
    beat: ({ context }) => context.lane.beat(),
    markBusy: assign({ busy: true }),
    markIdle: assign({ busy: false }),
    armInitTimer: raise(
      { type: 'timeout.init' },
      { id: 'init', delay: ({ context }) => delay(context.lane.tuning.initTimeout) },
    ),
    armIdleTimer: raise(
      { type: 'timeout.idle' },
      { id: 'idle', delay: ({ context }) => delay(context.lane.silenceLeft(context)) },
    ),
    armHeartbeat: raise(
      { type: 'timeout.heartbeat' },
      { id: 'heartbeat', delay: ({ context }) => delay(context.lane.tuning.heartbeat) },
    ),
    // After a stall of this process what the peer has sent lies unread, and timers come first. The second look has the
    // name of the first: whoever cancels that timer means either.
    confirmSilence: raise({ type: 'timeout.silent' }, { id: 'idle', delay: nextTurn }),
    confirmUnanswered: raise({ type: 'timeout.unanswered' }, { id: 'heartbeat', delay: nextTurn }),
    armThrottle: raise(
      { type: 'timeout.throttle' },
      { id: 'throttle', delay: ({ event }) => delay(event.type === 'peer.throttled' ? event.ms : 0) },
    ),
    armTurn: raise({ type: 'timeout.turn' }, { id: 'turn', delay: nextTurn }),
    armCloseTimer: raise(
      { type: 'timeout.close' },
      { id: 'close', delay: ({ context }) => delay(context.lane.tuning.closeTimeout) },
    ),
    cancelInitTimer: cancel('init'),
    cancelIdleTimer: cancel('idle'),
    cancelHeartbeat: cancel('heartbeat'),
    cancelThrottle: cancel('throttle'),
    cancelCloseTimer: cancel('close'),
  },
  guards: {
    handlerIdle: ({ context }) => !context.busy,
    peerSilent: ({ context }) => context.lane.silenceLeft(context) <= 0,
    pingUnanswered: ({ context }) => context.lane.unanswered(context),
    changesOptions: ({ event }) => event.type === 'handler.commanded' && event.options.length > 0,
    isClient: ({ context }) => context.lane.role === 'client',
  },
}).createMachine({
  id: 'session',
  context: sessionContext,
  output: sessionOutput,
  initial: 'ready_wait',
  on: {
    'handler.pending': { actions: 'markBusy' },
    'handler.settled': { actions: 'markIdle' },
    'message.inflating': { actions: 'markBusy' },
    'handler.commanded': { actions: ['obey', 'tune'] },
    'handler.yielded': { actions: ['markYielding', 'armTurn'] },
    'timeout.turn': { actions: 'markRested' },
    'system.suspended': { actions: 'markSuspended' },
    'system.resumed': { actions: 'markResumed' },
  },
  states: {
    ready_wait: {
      entry: ['runInit', 'armInitTimer'],
      exit: 'cancelInitTimer',
      on: {
        ...endings,
        ...flow,
        'timeout.init': giveUp,
      },
      initial: 'passive',
      states: {
        passive: { on: { activate: 'active' } },
        active: { always: { guard: 'handlerIdle', target: '#session.open' } },
      },
    },
    open: {
      entry: ['armIdleTimer', 'armHeartbeat', 'startReading'],
      exit: ['cancelIdleTimer', 'cancelHeartbeat', 'cancelThrottle'],
      on: {
        ...endings,
        'peer.closed': [
          { guard: 'isClient', target: '#session.closing.lingering', actions: ending },
          { target: '#session.closing.disconnect', actions: ending },
        ],
        'peer.violated': giveUp,
        ...flow,
        'peer.throttled': { actions: ['markThrottled', 'cancelThrottle', 'armThrottle'] },
        'timeout.throttle': { actions: 'markUnthrottled' },
        'timeout.idle': [{ guard: 'peerSilent', actions: 'confirmSilence' }, { actions: 'armIdleTimer' }],
        'timeout.heartbeat': [
          { guard: 'pingUnanswered', actions: 'confirmUnanswered' },
          { actions: ['beat', 'armHeartbeat'] },
        ],
        'timeout.silent': [{ guard: 'peerSilent', ...askToClose }, { actions: 'armIdleTimer' }],
        'timeout.unanswered': [
          {
            guard: 'pingUnanswered',
            target: '#session.closing.settling',
            actions: [...giveUp.actions, 'abortTransport'],
          },
          { actions: ['beat', 'armHeartbeat'] },
        ],
        'handler.commanded': [
          {
            guard: 'changesOptions',
            actions: ['obey', 'tune', 'cancelIdleTimer', 'armIdleTimer', 'cancelHeartbeat', 'armHeartbeat'],
          },
          { actions: ['obey', 'tune'] },
        ],
      },
    },
    closing: {
      entry: ['report', 'beginClosing', 'armCloseTimer'],
      exit: 'cancelCloseTimer',
      initial: 'handshake',
      on: {
        stop: { target: '.terminating', actions: 'abortTransport' },
        'timeout.close': { target: '.terminating', actions: 'abortTransport' },
      },
      states: {
        handshake: {
          on: {
            'transport.ended': { target: 'disconnect', actions: 'setIncomplete' },
            'transport.closed': { target: 'settling', actions: 'setIncomplete' },
            'transport.error': { target: 'settling', actions: 'setIncomplete' },
            'peer.closed': [{ guard: 'isClient', target: 'lingering' }, { target: 'disconnect' }],
            'peer.violated': { target: 'disconnect', actions: 'setIncomplete' },
            'timeout.close': { target: 'terminating', actions: ['setIncomplete', 'abortTransport'] },
          },
        },
        lingering: { on: { ...gone, 'transport.ended': 'disconnect' } },
        disconnect: { entry: 'closeTransport', on: gone },
        settling: {
          entry: ['discardOutput', 'closeTransport'],
          always: { guard: 'handlerIdle', target: 'terminating' },
        },
        terminating: {
          entry: ['cancelCloseTimer', 'armCloseTimer', 'runTerminate'],
          on: { 'handler.terminated': '#session.closed', 'timeout.close': '#session.closed', stop: '#session.closed' },
        },
      },
    },
    closed: { type: 'final' },
  },
});

export type SessionSnapshot = SnapshotFrom<typeof sessionMachine>;
