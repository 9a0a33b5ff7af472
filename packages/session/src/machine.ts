import type { CloseFrame, Role } from '@genws/protocol';
import { type AnyActorRef, assign, cancel, raise, setup } from 'xstate';
import { closeFrameFor, exitFor } from './ending.ts';
import type { Decision, SessionEvent } from './event.ts';
import type { SessionTimeouts } from './options.ts';
import type { SessionExit } from './reason.ts';
import type { SessionState } from './session-ref.ts';
import type { PeerAddress } from './transport.ts';

/** The half of a session that works on bytes and messages; the statechart tells it what to do when the state changes. */
export interface DataLane {
  /** Deal with an event, or leave it to the statechart. */
  handle(event: SessionEvent, state: SessionState, busy: boolean): Decision;
  /** The handler is idle in an open session: dispatch what has waited for it. */
  resume(): Decision;
  /** Read the peer, or do not, as the state and the queues ask. */
  regulate(state: SessionState): void;

  readonly role: Role;
  readonly timeouts: Readonly<SessionTimeouts>;
  /** Bytes sent that have not reached the network. */
  readonly buffered: number;
  readonly peer: PeerAddress | undefined;
  signal(state: SessionState): AbortSignal;
  /** Ms until the peer has been silent for `idleTimeout`; 0 or less when it has. */
  readonly silenceLeft: number;
  /** Call `init`. */
  runInit(): void;
  /** Replay what came with the handshake, then read the transport. */
  startReading(): void;
  sendClose(frame: CloseFrame): void;
  /** Drop what waits for the handler, abort the session's signal, read on for the peer's close frame. */
  beginClosing(): void;
  /** Report what ended the session, if anybody should know. */
  report(event: SessionEvent): void;
  closeTransport(): void;
  abortTransport(): void;
  /** Call `terminate` if `init` has returned a state; `handler.terminated` follows. */
  runTerminate(exit: SessionExit): void;
}

/** The statechart's extended state. */
export interface SessionContext {
  readonly lane: DataLane;
  /** Whether a callback's promise is pending. */
  readonly busy: boolean;
  /** Why the session ends, once it does. */
  readonly exit: SessionExit | undefined;
}

/** How a session's actor comes by its data lane. */
export interface SessionInput {
  connect(self: AnyActorRef): DataLane;
}

/** Node's longest timer: 24.8 days stand for `Infinity`. */
const longestDelay = 2 ** 31 - 1;
const delay = (ms: number): number => Math.min(Math.max(ms, 0), longestDelay);

/** This side ends the connection, with a close frame and a reason to remember. */
const ending = ['setExit', 'sendClose'] as const;
const askToClose = { target: '#session.closing.handshake', actions: ending } as const;
const giveUp = { target: '#session.closing.disconnect', actions: ending } as const;
const lost = { target: '#session.closing.settling', actions: 'setExit' } as const;

/** What ends a session that is not closing yet, open or not. */
const endings = {
  close: askToClose,
  'handler.stopped': { ...askToClose, actions: ['markIdle', ...ending] },
  'handler.closed': { ...askToClose, actions: ['markIdle', ...ending] },
  'handler.crashed': { ...giveUp, actions: ['markIdle', ...ending] },
  stop: giveUp,
  'peer.stalled': giveUp,
  'mailbox.overflowed': giveUp,
  'transport.closed': lost,
  'transport.error': lost,
} as const;

/** The connection is no more, while this side was ending it. */
const gone = { 'transport.closed': 'settling', 'transport.error': 'settling' } as const;

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
    markBusy: assign({ busy: true }),
    markIdle: assign({ busy: false }),
    armInitTimer: raise(
      { type: 'timeout.init' },
      { id: 'init', delay: ({ context }) => delay(context.lane.timeouts.initTimeout) },
    ),
    armIdleTimer: raise(
      { type: 'timeout.idle' },
      { id: 'idle', delay: ({ context }) => delay(context.lane.silenceLeft) },
    ),
    armCloseTimer: raise(
      { type: 'timeout.close' },
      { id: 'close', delay: ({ context }) => delay(context.lane.timeouts.closeTimeout) },
    ),
    cancelInitTimer: cancel('init'),
    cancelIdleTimer: cancel('idle'),
    cancelCloseTimer: cancel('close'),
  },
  guards: {
    handlerIdle: ({ context }) => !context.busy,
    peerSilent: ({ context }) => context.lane.silenceLeft <= 0,
    isClient: ({ context }) => context.lane.role === 'client',
  },
}).createMachine({
  id: 'session',
  context: ({ input, self }) => ({ lane: input.connect(self), busy: true, exit: undefined }),
  output: ({ context }) => context.exit ?? { type: 'normal' },
  initial: 'ready_wait',
  on: {
    'handler.pending': { actions: 'markBusy' },
    'handler.settled': { actions: 'markIdle' },
  },
  states: {
    ready_wait: {
      entry: ['runInit', 'armInitTimer'],
      exit: 'cancelInitTimer',
      on: {
        ...endings,
        'timeout.init': giveUp,
      },
      initial: 'passive',
      states: {
        passive: { on: { activate: 'active' } },
        active: { always: { guard: 'handlerIdle', target: '#session.open' } },
      },
    },
    open: {
      entry: ['armIdleTimer', 'startReading'],
      exit: 'cancelIdleTimer',
      on: {
        ...endings,
        'peer.closed': [
          { guard: 'isClient', target: '#session.closing.lingering', actions: ending },
          { target: '#session.closing.disconnect', actions: ending },
        ],
        'peer.violated': giveUp,
        'timeout.idle': [{ guard: 'peerSilent', ...askToClose }, { actions: 'armIdleTimer' }],
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
            'transport.closed': { target: 'settling', actions: 'setIncomplete' },
            'transport.error': { target: 'settling', actions: 'setIncomplete' },
            'peer.closed': [{ guard: 'isClient', target: 'lingering' }, { target: 'disconnect' }],
            'peer.violated': { target: 'disconnect', actions: 'setIncomplete' },
            'timeout.close': { target: 'terminating', actions: ['setIncomplete', 'abortTransport'] },
          },
        },
        lingering: { on: gone },
        disconnect: { entry: 'closeTransport', on: gone },
        settling: { entry: 'closeTransport', always: { guard: 'handlerIdle', target: 'terminating' } },
        terminating: {
          entry: ['cancelCloseTimer', 'armCloseTimer', 'runTerminate'],
          on: { 'handler.terminated': '#session.closed', 'timeout.close': '#session.closed', stop: '#session.closed' },
        },
      },
    },
    closed: { type: 'final' },
  },
});
