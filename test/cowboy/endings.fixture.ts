import { exit, tell } from '@genws/actor';
import { text } from '@genws/protocol';
import {
  type CallbackName,
  close,
  type Handler,
  type SessionErrorKind,
  type SessionExit,
  send,
  stop,
} from '@genws/session';
import { expect } from 'vitest';
import type { Reactions } from '../support/journal.ts';
import { type MemorySession, type MemorySessionOptions, quiet } from '../support/memory-session.ts';

const error = new Error('boom');
/** What a callback does that crashes. */
export const fail = (): never => {
  throw error;
};
const never = new Promise<never>(() => {});

/** One way for a session to end. */
export interface Ending {
  readonly what: string;
  readonly options?: MemorySessionOptions;
  readonly reactions?: Reactions<string>;
  /** What the handler makes messages with. */
  readonly hooks?: Pick<Handler<string, string>, 'flowInfo' | 'exitInfo'>;
  /** Brings it about. */
  readonly act: (one: MemorySession<string>) => void | Promise<void>;
  readonly exit: unknown;
  /** The close frame that the peer gets, if any. */
  readonly tells?: string | RegExp;
  /** How often `terminate` is called: not without a state, which `init` returns. */
  readonly terminations?: 0;
}

const say =
  (word: string) =>
  ({ peer }: MemorySession<string>): void =>
    peer.text(word);
const nothing = (): void => {};
const pass =
  (ms: number) =>
  ({ clock }: MemorySession<string>): void =>
    clock.advance(ms);
/** A reason of this kind, whatever the violation. */
export const violated = (kind: SessionErrorKind) => expect.objectContaining({ type: 'error', error: kind });
/** The reason of a callback that {@link fail}s. */
export const crashed = (callback: CallbackName) => ({ type: 'crash', callback, error });
const flood = text('x'.repeat(40_000));

/** Send more than a peer takes that does not read, before it reads again. */
export async function congest({ session, peer }: MemorySession<string>): Promise<void> {
  send(session, [flood, flood]);
  await quiet();
  send(session, flood);
  peer.resume();
}

const errors: Record<SessionErrorKind, Ending> = {
  badEncoding: {
    what: 'text that is not UTF-8',
    act: ({ peer }) => peer.send({ opcode: 1, payload: Buffer.of(0xff) }),
    exit: violated('badEncoding'),
    tells: /^close 1007 /,
  },
  badFrame: {
    what: 'a frame that breaks the protocol',
    act: ({ peer }) => peer.send({ opcode: 3 }),
    exit: violated('badFrame'),
    tells: /^close 1002 /,
  },
  tooBig: {
    what: 'a frame over a limit',
    options: { limits: { maxFrame: 8 } },
    act: say('0123456789'),
    exit: violated('tooBig'),
    tells: /^close 1009 /,
  },
  policy: {
    what: 'too many messages',
    options: { limits: { maxMessageRate: 1 }, overRate: 'close' },
    act: ({ peer }) => peer.send({ opcode: 1 }, { opcode: 1 }, { opcode: 1 }),
    exit: violated('policy'),
    tells: /^close 1008 /,
  },
  closed: {
    what: 'the end of the stream without a close frame',
    act: ({ peer }) => peer.end(),
    exit: { type: 'error', error: 'closed' },
  },
  slowConsumer: {
    what: 'a peer that does not read',
    options: { peerReads: false, limits: { maxBuffered: 100_000 } },
    act({ session, peer }) {
      for (let i = 0; i < 10; i++) send(session, flood);
      peer.resume();
    },
    exit: { type: 'error', error: 'slowConsumer' },
    tells: 'close 1013 slow consumer',
  },
  mailboxFull: {
    what: 'more messages than a busy handler can have waiting',
    options: { limits: { maxMailbox: 10 }, closeTimeout: 100 },
    reactions: { info: () => never },
    act({ session }) {
      for (let i = 0; i < 12; i++) tell(session, 'go');
    },
    exit: { type: 'error', error: 'mailboxFull' },
    tells: 'close 1013 mailbox full',
  },
};

const crashes: Record<CallbackName, Ending> = {
  init: {
    what: 'init that throws',
    reactions: { init: fail },
    act: nothing,
    exit: crashed('init'),
    tells: /^close 1011 /,
    terminations: 0,
  },
  handleIn: {
    what: 'handleIn that throws',
    reactions: { in: fail },
    act: say('go'),
    exit: crashed('handleIn'),
    tells: /^close 1011 /,
  },
  handleInfo: {
    what: 'handleInfo that throws',
    reactions: { info: fail },
    act: ({ session }) => tell(session, 'go'),
    exit: crashed('handleInfo'),
    tells: /^close 1011 /,
  },
  exitInfo: {
    what: 'exitInfo that throws',
    hooks: { exitInfo: fail },
    act: ({ session }) => exit(session, { type: 'shutdown', reason: 'enough' }),
    exit: crashed('exitInfo'),
    tells: /^close 1011 /,
  },
  flowInfo: {
    what: 'flowInfo that throws',
    options: { peerReads: false, limits: { highWater: 1000 } },
    hooks: { flowInfo: fail },
    act: congest,
    exit: crashed('flowInfo'),
    tells: /^close 1011 /,
  },
  reqFilter: {
    what: 'reqFilter that throws',
    options: { reqFilter: fail },
    act: nothing,
    exit: crashed('reqFilter'),
    tells: /^close 1011 /,
  },
  terminate: {
    what: 'the peer’s close frame, and terminate that throws',
    reactions: { terminate: fail },
    act: ({ peer }) => peer.close(1000),
    exit: { type: 'remote', code: 1000, reason: '' },
    tells: 'close 1000',
  },
};

const timeouts: Record<Extract<SessionExit, { type: 'timeout' }>['timeout'], Ending> = {
  idle: {
    what: 'silence',
    options: { idleTimeout: 1000 },
    act: pass(1000),
    exit: { type: 'timeout', timeout: 'idle' },
    tells: 'close 1001 idle timeout',
  },
  heartbeat: {
    what: 'a ping that is not answered',
    options: { heartbeat: 1000 },
    act: pass(2000),
    exit: { type: 'timeout', timeout: 'heartbeat' },
    tells: 'close 1001 heartbeat timeout',
  },
  close: {
    what: 'a close frame that is not answered',
    options: { closeTimeout: 1000 },
    act(one) {
      close(one.session);
      pass(1000)(one);
    },
    exit: { type: 'timeout', timeout: 'close' },
    tells: 'close 1000',
  },
  init: {
    what: 'init that does not settle',
    options: { initTimeout: 1000, closeTimeout: 100 },
    reactions: { init: () => never },
    act: pass(1000),
    exit: { type: 'timeout', timeout: 'init' },
    tells: 'close 1011 init timeout',
    terminations: 0,
  },
};

/** Every way, by the type of the reason. */
export const endings: Record<SessionExit['type'], readonly Ending[]> = {
  normal: [
    {
      what: 'close, answered by the peer',
      act({ session, peer }) {
        close(session, 4000, 'bye');
        peer.close(4000);
      },
      exit: { type: 'normal' },
      tells: 'close 4000 bye',
    },
  ],
  stop: [
    {
      what: 'the result stop',
      reactions: { in: () => ['stop', 'why', 'state'] },
      act: say('go'),
      exit: { type: 'stop', reason: 'why' },
      tells: 'close 1000',
    },
    {
      what: 'the result stop of init',
      reactions: { init: () => ['stop', 'why', 'state'] },
      act: nothing,
      exit: { type: 'stop', reason: 'why' },
      tells: 'close 1000',
    },
    {
      what: 'a close frame in a reply',
      reactions: { info: () => Promise.resolve(['reply', { type: 'close', code: 4001 }, 'state']) },
      act: ({ session }) => tell(session, 'go'),
      exit: { type: 'stop', reason: { type: 'close', code: 4001 } },
      tells: 'close 4001',
    },
  ],
  remote: [
    { what: 'a bare close frame', act: ({ peer }) => peer.close(), exit: { type: 'remote' }, tells: 'close' },
    {
      what: 'a close frame with code and reason',
      act: ({ peer }) => peer.close(4000, 'test-close'),
      exit: { type: 'remote', code: 4000, reason: 'test-close' },
      tells: 'close 4000',
    },
  ],
  timeout: Object.values(timeouts),
  crash: Object.values(crashes),
  error: Object.values(errors),
  transportError: [
    {
      what: 'a connection that breaks',
      act: ({ transport }) => transport.fail(error),
      exit: { type: 'transportError', cause: error },
    },
  ],
  shutdown: [
    {
      what: 'stop',
      act: ({ session }) => stop(session, 'deploy'),
      exit: { type: 'shutdown', reason: 'deploy' },
      tells: 'close 1001',
    },
  ],
  killed: [{ what: 'xstate’s own stop', act: ({ session }) => void session.stop(), exit: { type: 'killed' } }],
};
