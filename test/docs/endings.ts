import { tell } from '@genws/actor';
import { text } from '@genws/protocol';
import { close, defineHandler, type Returned, type SessionExit, stop } from '@genws/session';
import { type MemorySession, type MemorySessionOptions, quiet, startInMemory } from '../support/memory-session.ts';
import { plainFrame } from '../support/raw-peer.ts';

/** One way in which a session ends, played through with a peer in memory. */
export interface Ending {
  /** What happens, in Markdown. */
  readonly what: string;
  readonly options?: MemorySessionOptions;
  readonly init?: () => Returned<null>;
  /** What the handler does about a message from another actor. */
  readonly react?: () => Returned<null>;
  /** What makes the session end. */
  play(scene: MemorySession<'act'>): void | Promise<void>;
}

/** What could be seen of an ending. */
export interface Seen {
  /** The close frame that the peer got: `1002 reserved opcode`, `bare`, or none. */
  readonly frame: string;
  readonly exit: SessionExit;
  /** Level and event of the report, if there was one. */
  readonly report: string;
}

const act = ({ session }: MemorySession<'act'>): void => tell(session, 'act');
const never = (): Promise<never> => new Promise(() => {});
const violation = (code: number): string => `a [violation](#violations) with code ${code}`;

/** Every ending, in the order in which docs/errors.md tells of them. */
export const endings: readonly Ending[] = [
  {
    what: "`close(session, 4000, 'bye')`, and the peer answers",
    play: async ({ session, peer }) => {
      close(session, 4000, 'bye');
      await peer.frame();
      peer.close(4000);
    },
  },
  {
    what: '`close(session)`, and no answer within `closeTimeout`',
    play: async ({ session, clock, peer }) => {
      close(session);
      await peer.frame();
      clock.advance(5000);
    },
  },
  { what: "a callback returns `['stop', 'done', state]`", react: () => ['stop', 'done', null], play: act },
  {
    what: 'a callback replies with a close frame',
    react: () => ['reply', [text('last words'), { type: 'close', code: 4001 }], null],
    play: act,
  },
  {
    what: 'a callback throws, rejects, or returns what is no result',
    react: () => {
      throw new Error('oops');
    },
    play: act,
  },
  { what: 'the peer closes with 4002 and `over`', play: ({ peer }) => peer.close(4002, 'over') },
  { what: 'the peer closes without a code', play: ({ peer }) => peer.close() },
  { what: "`stop(session, 'why')`", play: ({ session }) => stop(session, 'why') },
  { what: violation(1002), play: ({ peer }) => peer.send({ opcode: 3 }) },
  { what: violation(1007), play: ({ peer }) => peer.send({ opcode: 1, payload: Uint8Array.of(0xff) }) },
  {
    what: violation(1008),
    options: { limits: { maxFragments: 1 } },
    play: ({ peer }) => peer.send({ opcode: 1, fin: false }, { opcode: 0 }),
  },
  {
    what: violation(1009),
    options: { limits: { maxFrame: 4 } },
    play: ({ peer }) => peer.text('hello'),
  },
  { what: 'the stream ends without a close frame (1006 elsewhere)', play: ({ peer }) => peer.end() },
  {
    what: 'the connection breaks',
    play: ({ transport }) => transport.fail(new Error('ECONNRESET')),
  },
  {
    what: 'nothing came for `idleTimeout`, and the peer answers',
    play: async ({ clock, peer }) => {
      clock.advance(60_000);
      await peer.frame();
      peer.close(1001);
    },
  },
  {
    what: 'nothing came for `idleTimeout`, nor within `closeTimeout` after',
    play: async ({ clock, peer }) => {
      clock.advance(60_000);
      await peer.frame();
      clock.advance(5000);
    },
  },
  {
    what: 'nothing came between a ping and the next, which `heartbeat` sets',
    options: { heartbeat: 20_000 },
    play: async ({ clock, peer }) => {
      clock.advance(20_000);
      await peer.frame();
      clock.advance(20_000);
    },
  },
  { what: '`init` has not settled within `initTimeout`', init: never, play: ({ clock }) => clock.advance(15_000) },
  {
    what: 'the peer does not read: `maxBuffered` is reached, and the policy is `close`',
    options: { peerReads: false, limits: { maxBuffered: 8 } },
    react: () => ['reply', [text('more than that'), text('and more')], null],
    play: async (scene) => {
      act(scene);
      await quiet();
      scene.peer.resume();
    },
  },
  {
    what: 'a busy handler has `maxMailbox` messages waiting',
    options: { limits: { maxMailbox: 1 } },
    react: never,
    play: (scene) => {
      act(scene);
      act(scene);
      act(scene);
      scene.clock.advance(5000);
    },
  },
  { what: '`session.stop()`, which is xstate’s', play: ({ session }) => void session.stop() },
];

/** Play one through. */
export async function playEnding({ options, init, react, play }: Ending): Promise<Seen> {
  const handler = defineHandler<null, 'act'>({
    init: () => init?.() ?? ['ok', null],
    handleIn: (_frame, state) => ['ok', state],
    handleInfo: (_message, state) => react?.() ?? ['ok', state],
  });
  const scene = startInMemory({ ...options, handler });
  await quiet();
  await play(scene);
  await quiet();
  scene.peer.end();
  await quiet();
  scene.clock.advance(5000);
  const exit = await scene.session.exited();
  await quiet();
  const frames = scene.peer.frames.filter(({ opcode }) => opcode === 8).map(plainFrame);
  return {
    frame: frames.map((frame) => frame.replace(/^close ?/, '') || 'bare').join(', '),
    exit,
    report: scene.reports.map(({ level, event }) => `${level} ${event}`).join(', '),
  };
}
