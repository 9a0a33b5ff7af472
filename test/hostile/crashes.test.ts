import {
  type Call,
  call,
  createGroup,
  defineHandler,
  type Handler,
  join,
  monitor,
  type Report,
  type Result,
  type Returned,
  type SessionExit,
  tell,
} from 'genws';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../support/manual-clock.ts';
import { openSocket } from '../support/socket-peer.ts';
import { wiredSides } from '../support/wires.ts';

const boom = new Error('boom');
const never = new Promise<never>(() => {});

type Message = string | Call<'question', string>;
type Faulty = 'init' | 'handleIn' | 'handleInfo';

/** Ways for a callback to fail. */
const failures: Readonly<Record<string, { readonly fail: () => Returned<string>; readonly error: unknown }>> = {
  throws: {
    fail: () => {
      throw boom;
    },
    error: boom,
  },
  rejects: { fail: () => Promise.reject(boom), error: boom },
  'returns what is no result': { fail: () => JSON.parse('["reply"]'), error: expect.any(TypeError) },
  'resolves to what is no result': { fail: () => Promise.resolve(JSON.parse('{}')), error: expect.any(TypeError) },
};
const ways = Object.entries(failures).map(([how, failure]) => ({ how, ...failure }));

describe.each(wiredSides)('a $role over $wire', ({ role, wire }) => {
  async function open(callbacks: Partial<Handler<string, Message>>) {
    const clock = new ManualClock();
    const reports: Report[] = [];
    const exits: SessionExit[] = [];
    const handler = defineHandler<string, Message>({
      init: () => ['ok', 'state'],
      handleIn: (_, state) => ['ok', state],
      handleInfo: (_, state) => ['ok', state],
      ...callbacks,
      terminate(exit, state, self) {
        exits.push(exit);
        return callbacks.terminate?.(exit, state, self);
      },
    });
    const logger = (report: Report): void => void reports.push(report);
    const peer = await openSocket({ role, wire, handler, clock, logger, initTimeout: 1000, closeTimeout: 500 });
    return { peer, session: peer.session, clock, reports, exits };
  }

  /** The report of a callback that has failed. */
  const crashReport = (callback: Faulty | 'terminate', error: unknown, particulars: object = {}) => ({
    level: 'error',
    event: 'session.crashed',
    error,
    fields: expect.objectContaining({ callback, ...particulars }),
  });

  it.each(ways)('G01: whose init $how sends 1011 and is reported; terminate is not called', async ({ fail, error }) => {
    const { peer, reports, exits } = await open({ init: fail });
    await using _ = peer;
    expect(await peer.ending()).toEqual({ code: 1011, exit: { type: 'crash', callback: 'init', error } });
    expect(reports).toMatchObject([crashReport('init', error, { inputs: undefined })]);
    expect(exits).toEqual([]);
  });

  it('G01: whose init takes longer than initTimeout does the same, and what it returns later does not matter', async () => {
    const { promise, resolve } = Promise.withResolvers<Result<string>>();
    const { peer, clock, reports, exits } = await open({ init: () => promise });
    await using _ = peer;
    clock.advance(1000);
    const ending = peer.ending();
    await peer.settled();
    clock.advance(500); // for the handler that is still busy
    expect(await ending).toEqual({ code: 1011, exit: { type: 'timeout', timeout: 'init' } });
    resolve(['ok', 'too late']);
    await promise;
    expect(reports).toMatchObject([{ level: 'warn', event: 'session.timeout.init' }]);
    expect([exits, clock.pending]).toEqual([[], 0]);
  });

  it.each(ways)(
    'G02: whose handleIn $how sends 1011, reports what it was given last but not what was in it, and terminates',
    async ({ fail, error }) => {
      const { peer, session, reports, exits } = await open({
        handleIn: (frame, state) => (frame.type === 'text' && frame.data === 'secret' ? fail() : ['ok', state]),
      });
      await using _ = peer;
      await peer.send({ opcode: 1, payload: 'fine' }, { opcode: 2, payload: 'fine' }, { opcode: 9 });
      await peer.read();
      tell(session, 'news');
      await peer.say('secret');
      const exit = { type: 'crash', callback: 'handleIn', error };
      expect(await peer.ending()).toEqual({ code: 1011, exit });
      expect(exits).toEqual([exit]);
      expect(reports).toMatchObject([
        crashReport('handleIn', error, { state: 'open', inputs: 'text binary ping info text', size: 6 }),
      ]);
      const { error: _error, ...told } = reports[0] ?? {};
      expect(JSON.stringify(told)).not.toMatch(/secret|fine|news/);
    },
  );

  it.each(ways)(
    'G03: whose handleInfo $how does the same, and whoever has called it is told',
    async ({ fail, error }) => {
      const { peer, session, reports, exits } = await open({ handleInfo: fail });
      await using _ = peer;
      const question = call(session, 'question');
      const exit = { type: 'crash', callback: 'handleInfo', error };
      const refused = expect(question).rejects.toMatchObject({ code: 'down', reason: exit });
      expect(await peer.ending()).toEqual({ code: 1011, exit });
      await refused;
      expect(exits).toEqual([exit]);
      expect(reports).toMatchObject([crashReport('handleInfo', error, { inputs: 'call', size: undefined })]);
    },
  );

  it.each([
    [
      'throws',
      () => {
        throw boom;
      },
    ],
    ['rejects', () => Promise.reject(boom)],
  ])('G04: whose terminate %s is reported, ends with its own reason, and leaves nothing behind', async (_, fail) => {
    const { peer, session, reports, clock } = await open({ terminate: fail });
    await using _peer = peer;
    const group = createGroup<Message>();
    join(group, session);
    const downs: unknown[] = [];
    monitor(session, ({ reason }) => downs.push(reason));
    await peer.send({ opcode: 8, payload: Buffer.of(0x0f, 0xa0) });
    const exit = { type: 'remote', code: 4000, reason: '' };
    expect(await peer.ending()).toEqual({ code: 4000, exit });
    expect(reports).toMatchObject([crashReport('terminate', boom, { inputs: 'close' })]);
    expect([downs, group.size, clock.pending, session.state]).toEqual([[exit], 0, 0, 'closed']);
  });

  it('G04: whose terminate hangs is waited for until closeTimeout; the connection is gone by then', async () => {
    const { peer, session, reports, clock, exits } = await open({ terminate: () => never });
    await using _ = peer;
    const group = createGroup<Message>();
    join(group, session);
    await peer.send({ opcode: 8 });
    const ending = peer.ending();
    await peer.connection.closed;
    while (exits.length === 0) await new Promise(setImmediate);
    expect([session.state, clock.pending]).toEqual(['closing', 1]);
    clock.advance(499);
    expect(session.state).toBe('closing');
    clock.advance(1);
    expect(await ending).toEqual({ code: undefined, exit: { type: 'remote' } });
    expect([group.size, clock.pending, reports]).toEqual([0, 0, []]);
  });
});
