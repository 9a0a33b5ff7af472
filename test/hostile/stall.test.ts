import type { Duplex } from 'node:stream';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { type Command, defineHandler, listen, type Session, type SessionExit, setOptions, tell } from 'genws';
import { describe, expect, it } from 'vitest';
import { Inbox } from '../support/inbox.ts';
import { openWebSocket } from '../support/raw-client.ts';
import type { RawConnection } from '../support/raw-connection.ts';
import { fromClient } from '../support/raw-frame.ts';
import { openSocket, type SocketPeer } from '../support/socket-peer.ts';
import { wiredSides } from '../support/wires.ts';

/** Nothing happens in this process for so many ms. */
function stall(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Does what it is told, and keeps how its sessions end. */
function createCommanded() {
  const exits = new Inbox<SessionExit>();
  const handler = defineHandler<undefined, Command>({
    init: () => ['ok', undefined],
    handleIn: () => ['ok', undefined],
    handleInfo: (command) => ['reply', command, undefined],
    terminate(exit) {
      exits.push(exit);
    },
  });
  return { handler, exits };
}

/** A session and its raw peer. */
interface Pair {
  readonly session: Session<Command>;
  readonly connection: RawConnection<Duplex>;
  readonly encode: SocketPeer<Command>['encode'];
}

const states = (pairs: readonly Pair[]): string[] => [...new Set(pairs.map(({ session }) => session.state))];

/** Every hundredth, and at least one, of them says nothing before the stall. */
const split = (pairs: readonly Pair[]) => {
  const silent = pairs.slice(0, Math.ceil(pairs.length / 100));
  return { silent, lively: pairs.slice(silent.length) };
};

/** How long the deadline is that the stall exceeds, ms, and in which phase of the event loop it begins. */
interface Stall {
  readonly ms: number;
  readonly phase: () => Promise<unknown>;
}

/** Whoever is to be given up is so when the event loop has come round; from then on time does not count any more. */
async function judge(pairs: readonly Pair[]): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await setImmediate();
  const never = Number.POSITIVE_INFINITY;
  for (const { session } of pairs) tell(session, setOptions({ heartbeat: never, idleTimeout: never }));
}

/** Every peer but some answers its ping, and then this process stalls before it reads that. */
async function withPongsUnread(pairs: readonly Pair[], exits: Inbox<SessionExit>, { ms, phase }: Stall): Promise<void> {
  const { silent, lively } = split(pairs);
  for (const { session } of pairs) tell(session, setOptions({ heartbeat: 3 * ms }));
  for (const { connection } of pairs) expect((await connection.frame()).opcode).toBe(9);
  await phase();
  for (const { session } of pairs) tell(session, setOptions({ heartbeat: ms }));
  for (const { connection, encode } of lively) void connection.write(encode({ opcode: 10 }));
  stall(2 * ms);
  await judge(lively);
  expect(states(lively)).toEqual(['open']);
  const timeout = { type: 'timeout', timeout: 'heartbeat' };
  expect(await exits.take(silent.length)).toEqual(silent.map(() => timeout));
  expect([states(lively), exits.length]).toEqual([['open'], 0]);
}

/** Every peer but some sends a byte, and then this process stalls before it reads that. */
async function withBytesUnread(pairs: readonly Pair[], exits: Inbox<SessionExit>, { ms, phase }: Stall): Promise<void> {
  const { silent, lively } = split(pairs);
  await phase();
  for (const { session } of pairs) tell(session, setOptions({ idleTimeout: ms }));
  for (const { connection, encode } of lively)
    void connection.write(encode({ opcode: 1, payload: 'x' }).subarray(0, 1));
  stall(2 * ms);
  await judge(lively);
  expect([states(lively), states(silent)]).toEqual([['open'], ['closing']]);
  for (const { connection } of silent) expect(await connection.closeCode()).toBe(1001);
  for (const { connection } of silent) connection.end();
  expect(await exits.take(silent.length)).toEqual(silent.map(() => ({ type: 'timeout', timeout: 'idle' })));
  expect([states(lively), exits.length]).toEqual([['open'], 0]);
}

const phases = {
  'reads sockets': () => Promise.resolve(),
  'runs timers': () => setTimeout(0),
  'runs immediates': () => setImmediate(),
} as const;

const scenarios = [
  { what: 'heartbeat, pongs unread', scenario: withPongsUnread },
  { what: 'idleTimeout, bytes unread', scenario: withBytesUnread },
] as const;

const settings = { idleTimeout: Number.POSITIVE_INFINITY, closeTimeout: 10_000, logger: () => {} };

describe.each(scenarios)('a process that stalls for longer than $what', ({ scenario }) => {
  it('E13: gives up, of 1,000 peers, the 10 that were silent', async () => {
    const { handler, exits } = createCommanded();
    await using server = await listen({ host: '127.0.0.1', handler, ...settings });
    await using stack = new AsyncDisposableStack();
    const pairs: Pair[] = [];
    for (let i = 0; i < 1000; i++) {
      const connection = stack.use(await openWebSocket({ port: server.port }));
      const session = [...server.sessions.children()].at(-1);
      if (session !== undefined) pairs.push({ session, connection, encode: fromClient });
    }
    await scenario(pairs, exits, { ms: 400, phase: phases['reads sockets'] });
  });

  const cases = [
    ...wiredSides.map((side) => ({ ...side, phase: 'reads sockets' }) as const),
    { role: 'server', wire: 'tcp', phase: 'runs timers' } as const,
    { role: 'server', wire: 'tcp', phase: 'runs immediates' } as const,
  ];
  it.each(cases)(
    'E13: where it $phase: of 20 sessions as a $role over $wire, gives up the one whose peer was silent',
    async ({ role, wire, phase }) => {
      const { handler, exits } = createCommanded();
      await using stack = new AsyncDisposableStack();
      const pairs: Pair[] = [];
      for (let i = 0; i < 20; i++) {
        const peer = stack.use(await openSocket({ role, wire, handler, ...settings }));
        pairs.push({ session: peer.session, connection: peer.connection, encode: (frame) => peer.encode(frame) });
      }
      await scenario(pairs, exits, { ms: 100, phase: phases[phase] });
    },
  );
});
