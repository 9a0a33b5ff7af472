import {
  defineHandler,
  listen,
  type Returned,
  type Server,
  type SessionExit,
  type SessionRef,
  tell,
  text,
} from 'genws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Inbox } from '../support/inbox.ts';
import { closeFrame, openWebSocket, textFrame } from '../support/raw-client.ts';
import type { RawConnection } from '../support/raw-connection.ts';
import { recordReports } from '../support/recording.ts';

const bystanders = 1000;
const fault = new Error('a fault in the handler');
const fail = (): never => {
  throw fault;
};
const reject = async (): Promise<never> => {
  await new Promise(setImmediate);
  throw fault;
};

/** Each path of the server has its own fault; `/` has none. */
const faults: Readonly<Record<string, { callback: string; act: () => Returned<string> }>> = {
  '/init/throws': { callback: 'init', act: fail },
  '/init/rejects': { callback: 'init', act: reject },
  '/handleIn/throws': { callback: 'handleIn', act: fail },
  '/handleIn/rejects': { callback: 'handleIn', act: reject },
  '/handleInfo/throws': { callback: 'handleInfo', act: fail },
  '/handleInfo/rejects': { callback: 'handleInfo', act: reject },
  '/handleIn/returns nonsense': { callback: 'handleIn', act: () => JSON.parse('["reply"]') },
  '/handleIn/resolves to nonsense': { callback: 'handleIn', act: () => Promise.resolve(JSON.parse('null')) },
  '/terminate/throws': { callback: 'terminate', act: fail },
  '/terminate/rejects': { callback: 'terminate', act: reject },
};

const exits = new Inbox<SessionExit>();
const sessions = new Inbox<SessionRef<string>>();

const handler = defineHandler<string, string>({
  init({ path }, _opts, self) {
    if (path !== '/') sessions.push(self);
    return at(path, 'init') ?? ['ok', path];
  },
  handleIn: (frame, path) => at(path, 'handleIn') ?? (frame.type === 'text' ? ['reply', frame, path] : ['ok', path]),
  handleInfo: (message, path) => at(path, 'handleInfo') ?? ['reply', text(message), path],
  terminate(exit, path) {
    if (path !== '/') exits.push(exit);
    const pending = at(path, 'terminate');
    return pending instanceof Promise ? pending.then(() => {}) : undefined;
  },
});

function at(path: string, callback: string): Returned<string> | undefined {
  const entry = faults[decodeURI(path)];
  return entry?.callback === callback ? entry.act() : undefined;
}

describe('a fault in a handler', () => {
  const { logger, reports } = recordReports();
  const others: RawConnection[] = [];
  let server: Server<string>;

  beforeAll(async () => {
    server = await listen({ host: '127.0.0.1', handler, logger });
    while (others.length < bystanders) {
      others.push(...(await Promise.all(Array.from({ length: 250 }, () => openWebSocket(server)))));
    }
  });

  afterAll(async () => {
    for (const other of others) other[Symbol.dispose]();
    await server.stop();
  });

  /** Let every other client say something, and hear it back. */
  async function expectEchoes(word: string): Promise<void> {
    for (const [i, other] of others.entries()) other.socket.write(textFrame(`${word} ${i}`));
    expect(await Promise.all(others.map((other) => other.text()))).toEqual(others.map((_, i) => `${word} ${i}`));
  }

  /** See that nobody else has noticed anything. */
  async function expectOthersUnaffected(): Promise<void> {
    expect(server.sessions.count).toBe(bystanders);
    await expectEchoes('still here');
  }

  it.each(Object.keys(faults))(
    '%s ends its own session with 1011, with a report, and none of 1,000 others',
    async (path) => {
      const [, callback] = path.split('/');
      using client = await openWebSocket(server, { path: encodeURI(path) });
      const session = await sessions.next();
      if (callback === 'handleInfo') tell(session, 'do it');
      if (callback === 'handleIn') await client.write(textFrame('do it'));
      if (callback === 'terminate') await client.write(closeFrame(1000));
      const { opcode, payload } = await client.frame();
      expect([opcode, payload.readUInt16BE(), payload.toString('utf8', 2)]).toEqual(
        callback === 'terminate' ? [8, 1000, ''] : [8, 1011, 'internal error'],
      );
      expect(await client.closed).toBe('ended');
      const error = path.endsWith('nonsense') ? expect.any(TypeError) : fault;
      const exit =
        callback === 'terminate' ? { type: 'remote', code: 1000, reason: '' } : { type: 'crash', callback, error };
      expect(await session.exited()).toEqual(exit);
      expect(await exits.take(exits.length)).toEqual(callback === 'init' ? [] : [exit]);
      expect(reports.splice(0)).toEqual([
        expect.objectContaining({
          level: 'error',
          event: 'session.crashed',
          error,
          fields: expect.objectContaining({ session: session.id, callback }),
        }),
      ]);
      await expectOthersUnaffected();
    },
  );

  it('ends 500 sessions at once, and none of 1,000 others', async () => {
    const { crashed } = server.sessions.getSnapshot().context;
    const doomed = await Promise.all(
      Array.from({ length: 500 }, () => openWebSocket(server, { path: '/handleIn/throws' })),
    );
    for (const client of doomed) client.socket.write(textFrame('do it'));
    await expectEchoes('meanwhile');
    expect(new Set(await Promise.all(doomed.map((client) => client.closeCode())))).toEqual(new Set([1011]));
    await Promise.all(doomed.map((client) => client.closed));
    expect(await exits.take(500)).toHaveLength(500);
    expect(server.sessions.getSnapshot().context.crashed).toBe(crashed + 500);
    expect(reports.splice(0)).toHaveLength(500);
    await expectOthersUnaffected();
  });
});
