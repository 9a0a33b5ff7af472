import { type AnyExitReason, monitor, tell } from '@genws/actor';
import { text } from '@genws/protocol';
import { close, type Handler, send, stop } from '@genws/session';
import { describe, expect, it } from 'vitest';
import { createJournal } from '../support/journal.ts';
import { type MemorySession, quiet, roles, startInMemory } from '../support/memory-session.ts';
import { serve, type Visitor } from '../support/served.ts';
import { schemes } from '../support/serving.ts';
import { congest, crashed, endings, fail, violated } from './endings.fixture.ts';

/** What may happen to a session that is ending, or over, besides. */
const more: readonly ((one: MemorySession<string>) => void | Promise<void>)[] = [
  ({ peer }) => peer.close(4999),
  ({ peer }) => peer.send({ opcode: 3 }),
  ({ session }) => close(session, 4998),
  ({ session }) => void send(session, [text('late'), { type: 'close' }]),
  ({ session }) => tell(session, 'late'),
  ({ session }) => stop(session, 'late'),
  ({ peer }) => peer.end(),
  ({ peer }) => peer.abort(),
  ({ transport }) => transport.fail(new Error('late')),
  ({ clock }) => clock.advance(1_000_000),
  ({ session }) => void session.stop(),
];

const cases = roles.flatMap((role) =>
  Object.values(endings).flatMap((list) => list.map((ending) => ({ role, ...ending }))),
);

describe('terminate', () => {
  it.each(cases)('of a $role is called once, with the reason that monitors get, after $what', async (ending) => {
    const { role, options, reactions, hooks, act, exit, tells, terminations = 1 } = ending;
    const { handler, exits, lines } = createJournal<string>(reactions);
    const watching: Handler<string, string> = { ...handler, ...hooks };
    const one = startInMemory<string, string, unknown>({ ...options, role, handler: watching });
    const { session, peer, clock } = one;
    const news: AnyExitReason[] = [];
    monitor(session, ({ reason }) => news.push(reason));
    await quiet();
    await act(one);
    await quiet();
    peer.end();
    await quiet();
    clock.advance(5000); // for those that wait for a promise that never settles
    clock.advance(5000);
    expect(await session.exited()).toEqual(exit);
    expect(news).toEqual([exit]);
    for (const happen of more) await happen(one);
    await quiet();
    expect(exits).toEqual(Array(terminations).fill(exit));
    expect(lines.indexOf('terminate')).toBe(terminations === 0 ? -1 : lines.length - 1); // nothing is called after it
    const closes = peer.seen.filter((frame) => frame.startsWith('close'));
    expect(closes).toEqual(
      tells === undefined ? [] : [typeof tells === 'string' ? tells : expect.stringMatching(tells)],
    );
    expect(clock.pending).toBe(0);
  });

  it.each(cases)(
    'of a $role is called once, whatever else happens then or while it runs, after $what',
    async (ending) => {
      const { role, options, reactions, hooks, act, terminations = 1 } = ending;
      for (const happen of more) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const { handler, exits, lines } = createJournal<string>({ terminate: () => promise, ...reactions });
        const watching: Handler<string, string> = { ...handler, ...hooks };
        const one = startInMemory<string, string, unknown>({ ...options, role, handler: watching });
        await quiet();
        await act(one);
        await happen(one);
        await quiet();
        one.peer.end();
        await quiet();
        await happen(one);
        await quiet();
        resolve();
        await quiet();
        one.clock.advance(20_000);
        one.clock.advance(20_000);
        await one.session.exited();
        await quiet();
        expect(exits).toHaveLength(terminations);
        expect(lines.filter((line) => line === 'terminate')).toHaveLength(terminations);
      }
    },
  );

  it.each(roles)('of a %s waits for a callback that is under way when flowInfo fails', async (role) => {
    const { promise, resolve } = Promise.withResolvers<['ok', string]>();
    const { handler, lines } = createJournal<string>({ info: () => promise });
    const options = { peerReads: false, limits: { highWater: 1000 } };
    const one = startInMemory<string, string, unknown>({ role, ...options, handler: { ...handler, flowInfo: fail } });
    tell(one.session, 'slow');
    await congest(one);
    await quiet();
    one.peer.end();
    await quiet();
    expect(lines).toEqual(['init', 'info slow']);
    resolve(['ok', 'changed']);
    expect(await one.session.exited()).toEqual(crashed('flowInfo'));
    expect(lines).toEqual(['init', 'info slow', 'terminate']);
  });
});

/** What a client can do to its session, the close frame that comes of it, and what terminate is told. */
const visits: readonly {
  readonly what: string;
  readonly act: (visitor: Visitor) => void | Promise<void>;
  readonly tells?: string;
  readonly exit: unknown;
}[] = [
  { what: 'closes without a code', act: (one) => one.close(), tells: 'close', exit: { type: 'remote' } },
  {
    what: 'closes with a code and a reason',
    act: (one) => one.close(4000, 'test-close'),
    tells: 'close 4000',
    exit: { type: 'remote', code: 4000, reason: 'test-close' },
  },
  { what: 'ends the connection', act: ({ connection }) => connection.end(), exit: { type: 'error', error: 'closed' } },
  {
    what: 'does not mask',
    act: ({ connection }) => connection.write(Buffer.from('8100', 'hex')),
    tells: 'close 1002 unmasked frame from a client',
    exit: violated('badFrame'),
  },
  {
    what: 'sends a close code that may not be sent',
    act: (one) => one.close(1005),
    tells: 'close 1002 close code that may not be sent',
    exit: violated('badFrame'),
  },
  {
    what: 'sends what is not UTF-8',
    act: (one) => one.send({ opcode: 1, payload: Buffer.of(0xc0) }),
    tells: 'close 1007 text that is not UTF-8',
    exit: violated('badEncoding'),
  },
  {
    what: 'sends too much',
    act: (one) => one.send({ opcode: 1, announced: 2n ** 40n }),
    tells: 'close 1009 frame over the size limit',
    exit: violated('tooBig'),
  },
  {
    what: 'has the handler stop',
    act: (one) => one.say('stop'),
    tells: 'close 1000',
    exit: { type: 'stop', reason: 'told to' },
  },
  {
    what: 'has the handler fail',
    act: (one) => one.say('fail'),
    tells: 'close 1011 internal error',
    exit: crashed('handleIn'),
  },
  {
    what: 'is shut down upon',
    act: ({ session }) => stop(session, 'deploy'),
    tells: 'close 1001',
    exit: { type: 'shutdown', reason: 'deploy' },
  },
];

describe.each(schemes)('over $scheme, a client that', ({ secure }) => {
  it.each(visits)(
    '$what: hears why, and terminate is told so, once, with what was kept of the request',
    async (one) => {
      const requests: unknown[] = [];
      const { handler, exits } = createJournal({
        in(frame) {
          if (frame.type !== 'text') return undefined;
          return frame.data === 'fail' ? fail() : ['stop', 'told to', 'state'];
        },
        terminate(_, self) {
          requests.push(self.request);
        },
      });
      await using served = await serve({ secure, handler });
      using visitor = await served.visit({ path: '/terminate?why=1' });
      await one.act(visitor);
      if (one.tells !== undefined) expect(await visitor.next()).toBe(one.tells);
      if (one.tells !== undefined) await visitor.close(1000).catch(() => {}); // it may be gone by now
      expect(await visitor.session.exited()).toEqual(one.exit);
      expect(await visitor.connection.rest()).toHaveLength(0);
      await visitor.connection.closed;
      expect(exits).toEqual([one.exit]);
      expect(requests).toEqual([expect.objectContaining({ method: 'GET', path: '/terminate?why=1' })]);
      expect(requests[0]).not.toHaveProperty('headers');
    },
  );
});
