import type { SessionExit } from '@genws/session';
import { assign, setup } from 'xstate';
import {
  type ClientContext,
  type ClientInput,
  delayOf,
  exitFor,
  initialContext,
  judge,
  withEnd,
  withFailure,
  withTimeout,
} from './client-context.ts';
import type { ClientEvent } from './client-event.ts';
import { down, gaveUp, reconnecting, report } from './client-report.ts';

const giveUpAttempt = { target: '#client.stopped', actions: ['cancel', 'setExit'] } as const;
const endSession = { target: '#client.stopping', actions: 'forward' } as const;
const lost = { target: '#client.judging', actions: ['shut', 'noteEnd'] } as const;

/**
 * A client's life: a supervisor whose one child is the session of the moment.
 *
 *     connecting ── preparing: what has to be new in this attempt
 *                   dialling: from the address to the end of the opening handshake
 *                   initialising: there is a session, and its init is pending
 *     connected ─── init has settled: what has waited is sent
 *     judging ───── whether to come back, and when
 *     waiting ───── for the next attempt
 *     stopping ──── the last session ends
 *     stopped
 */
export const clientMachine = setup({
  types: {
    context: {} as ClientContext,
    events: {} as ClientEvent,
    input: {} as ClientInput,
    output: {} as SessionExit,
  },
  actions: {
    countAttempt: assign({ attempt: ({ context }) => context.attempt + 1, delay: undefined }),
    prepare: ({ context, self }) => context.input.connector.prepare(self, context.attempt, context.failure),
    dial: ({ context, event, self }) => {
      if (event.type === 'attempt.prepared') context.input.connector.dial(self, context.attempt, event.prepared);
    },
    cancel: ({ context }) => context.input.connector.cancel(),
    adopt: assign(({ event }) => (event.type === 'session.started' ? { session: event.session } : {})),
    noteOpening: assign({ openedAt: ({ context }) => context.input.now() }),
    open: ({ context }) => context.input.connector.open(),
    shut: ({ context }) => context.input.connector.shut(),
    end: ({ context }) => context.input.connector.end(),
    forward: ({ context, event }) => {
      if (event.type === 'close' || event.type === 'stop') context.session?.send(event);
    },

    noteFailure: assign(({ event }) => (event.type === 'attempt.failed' ? withFailure(event.failure) : {})),
    noteTimeout: assign(({ context }) => withTimeout(context)),
    noteEnd: assign(({ event }) => (event.type === 'session.down' ? withEnd(event) : {})),
    judge: assign(({ context }) => judge(context)),
    setExit: assign({ exit: ({ event }) => exitFor(event) }),

    reportDown: (scope) => report(scope, down),
    reportReconnecting: (scope) => report(scope, reconnecting),
    reportGivingUp: (scope) => report(scope, gaveUp),
  },
  guards: {
    isToComeBack: ({ context }) => context.delay !== undefined,
  },
  delays: {
    prepareTimeout: ({ context }) => delayOf(context.input.timeout),
    backoff: ({ context }) => context.delay ?? 0,
  },
}).createMachine({
  id: 'client',
  context: ({ input }) => initialContext(input),
  output: ({ context }) => context.exit ?? { type: 'normal' },
  initial: 'connecting',
  states: {
    connecting: {
      entry: 'countAttempt',
      initial: 'preparing',
      on: {
        'attempt.failed': { target: 'judging', actions: 'noteFailure' },
        'session.down': lost,
        close: giveUpAttempt,
        stop: giveUpAttempt,
      },
      states: {
        preparing: {
          entry: 'prepare',
          on: { 'attempt.prepared': 'dialling' },
          after: { prepareTimeout: { target: '#client.judging', actions: ['cancel', 'noteTimeout'] } },
        },
        dialling: {
          entry: 'dial',
          on: { 'session.started': { target: 'initialising', actions: 'adopt' } },
        },
        initialising: {
          on: { 'session.opened': '#client.connected', close: endSession, stop: endSession },
        },
      },
    },
    connected: {
      entry: ['noteOpening', 'open'],
      on: { 'session.down': lost, close: endSession, stop: endSession },
    },
    judging: {
      entry: ['judge', 'reportDown'],
      always: [
        { guard: 'isToComeBack', target: 'waiting', actions: 'reportReconnecting' },
        { target: 'stopped', actions: 'reportGivingUp' },
      ],
    },
    waiting: {
      on: { close: { target: 'stopped', actions: 'setExit' }, stop: { target: 'stopped', actions: 'setExit' } },
      after: { backoff: 'connecting' },
    },
    stopping: {
      entry: 'end',
      on: {
        'session.down': { target: 'stopped', actions: ['shut', 'noteEnd'] },
        close: { actions: 'forward' },
        stop: { actions: 'forward' },
      },
    },
    stopped: { type: 'final' },
  },
});
