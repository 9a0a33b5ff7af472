import { inspect } from 'node:util';
import {
  type AnyExitReason,
  active,
  type Command,
  close,
  deflate,
  hibernate,
  monitor,
  type Result,
  setOptions,
  shutdownReason,
  stop,
  tell,
  text,
} from 'genws';
import { describe, expect, it } from 'vitest';
import { createJournal, plainReceived } from '../support/journal.ts';
import { quiet, roles, startInMemory } from '../support/memory-session.ts';
import { serve } from '../support/served.ts';
import { schemes } from '../support/serving.ts';

const ok: Result<string> = ['ok', 'state'];
const places = roles.flatMap((role) =>
  (['init', 'handleIn', 'handleInfo'] as const).flatMap((where) =>
    [false, true].map((later) => ({ role, where, later, when: later ? 'later' : 'at once' })),
  ),
);

/** A session one of whose callbacks gives these commands, once: `init`, or the one that is told `go`. */
function startCommanding({ role, where, later }: (typeof places)[number], commands: Command | readonly Command[]) {
  const answer = (): Result<string> | Promise<Result<string>> => {
    const result: Result<string> = ['reply', commands, 'new'];
    return later ? Promise.resolve(result) : result;
  };
  const journal = createJournal<Command | 'go'>({
    init: () => (where === 'init' ? answer() : ok),
    in: (frame) => (frame.type === 'text' && frame.data === 'go' ? answer() : undefined),
    info: (message) => (message === 'go' ? answer() : ['reply', message, 'new']),
  });
  const started = startInMemory({ role, handler: journal.handler });
  if (where === 'handleIn') started.peer.text('go');
  if (where === 'handleInfo') tell(started.session, 'go');
  return { ...started, ...journal };
}

describe.each(places)('commands of a $role from $where, $when', (one) => {
  it('stand among frames, and take effect in their order', async () => {
    const { session, peer, transport, exits } = startCommanding(one, [
      text('a'),
      active(false),
      text('b'),
      setOptions({ limits: { maxMessage: 5 } }),
      deflate(false),
      shutdownReason('seen by monitors'),
      setOptions({ idleTimeout: 5000, limits: { maxFrame: 8 } }),
      text('c'),
    ]);
    expect(await peer.take(3)).toEqual(['text a', 'text b', 'text c']);
    await quiet();
    expect([session.state, transport.reading, transport.writes]).toEqual(['open', false, 1]);
    tell(session, active(true));
    peer.text('12345');
    peer.text('123456');
    expect(await peer.next()).toMatch(/^close 1009 /);
    peer.end();
    expect(await session.exited()).toEqual({ type: 'shutdown', reason: 'seen by monitors' });
    expect(exits).toEqual([expect.objectContaining({ type: 'error', error: 'tooBig' })]);
  });

  it('before a close frame take effect, after it they do not', async () => {
    const { session, peer, exits } = startCommanding(one, [
      shutdownReason('before'),
      { type: 'close', code: 4000 },
      shutdownReason('after'),
      text('unsent'),
    ]);
    expect(await peer.next()).toBe('close 4000');
    peer.close(4000);
    peer.end();
    expect(await session.exited()).toEqual({ type: 'shutdown', reason: 'before' });
    expect(exits).toEqual([{ type: 'stop', reason: { type: 'close', code: 4000 } }]);
    expect(peer.seen).toEqual(['close 4000']);
  });

  it('hold for what comes from then on, be it in the same packet', async () => {
    const { session, peer } = startCommanding(one, [setOptions({ limits: { maxFrame: 5 } }), text('done')]);
    if (one.where !== 'handleIn' || one.later) await peer.next();
    peer.send({ opcode: 1, payload: '12345' }, { opcode: 1, payload: '123456' });
    expect((await peer.rest()).at(-1)).toMatch(/^close 1009 /);
    expect(await session.exited()).toMatchObject({ type: 'error', error: 'tooBig' });
  });
});

/** Lets code that is not checked pass a value for a command. */
const isCommand = (_: unknown): _ is Command => true;

const illegal: readonly [string, unknown][] = [
  ['an unknown command', { type: 'nonsense' }],
  ['a command without a type', { active: false }],
  ['a string', 'active'],
  ['a number', 7],
  ['null', null],
  ['undefined', undefined],
  ['a function', () => active(false)],
  ['a list within the list', [active(false)]],
  ['active without a value', { type: 'active' }],
  ['active with a string', { type: 'active', active: 'false' }],
  ['active with a number', { type: 'active', active: 0 }],
  ['deflate without a value', { type: 'deflate' }],
  ['deflate with a number', { type: 'deflate', deflate: 1 }],
  ['a frame deflated by hand', { type: 'compressed', kind: 'text', data: new Uint8Array(1) }],
  ['setOptions without options', { type: 'setOptions' }],
  ['setOptions with a number', { type: 'setOptions', options: 7 }],
  ...[
    { idle_timeout: 500 },
    { maxFrame: 1000 },
    { reqFilter: () => ({}) },
    { constructor: 500 },
    { idleTimeout: '500' },
    { idleTimeout: -1 },
    { idleTimeout: Number.NaN },
    { idleTimeout: null },
    { closeTimeout: true },
    { heartbeat: 0 },
    { activeN: 0 },
    { activeN: 'all' },
    { validateUtf8: 0 },
    { slowConsumer: 'panic' },
    { overRate: 1 },
    { limits: 1000 },
    { limits: null },
    { limits: { maxFrames: 1000 } },
    { limits: { toString: 1000 } },
    { limits: { maxFrame: '1000' } },
    { limits: { maxFrame: -1 } },
    { limits: { maxFrame: Number.NaN } },
  ].map((options): [string, unknown] => [`setOptions with ${inspect(options)}`, { type: 'setOptions', options }]),
];

describe.each(schemes)('over $scheme, what is no command', ({ secure }) => {
  it.each(illegal)(
    '%s: its session ends with 1011, a report and one terminate, others live on (RFC 6455 §7.4.1)',
    async (_, command) => {
      if (!isCommand(command)) return;
      const { handler, exits } = createJournal({
        in: (frame) =>
          frame.type === 'text' ? ['reply', frame.data === 'go' ? [text('before'), command] : frame, 'new'] : ok,
      });
      await using served = await serve({ secure, handler });
      using other = await served.visit();
      using visitor = await served.visit();
      await visitor.say('go');
      expect(await visitor.take(2)).toEqual(['text before', 'close 1011 internal error']);
      await visitor.leave();
      const exit = { type: 'crash', callback: 'handleIn', error: expect.any(TypeError) };
      expect(await visitor.session.exited()).toEqual(exit);
      expect(exits).toEqual([exit]);
      expect(served.reports.map(({ level, event, fields }) => [level, event, fields?.session])).toEqual([
        ['error', 'session.crashed', visitor.session.id],
      ]);
      await other.say('still here');
      expect(await other.next()).toBe('text still here');
    },
  );
});

describe.each(places)('what is no command of a $role from $where, $when', (one) => {
  it('ends the session with 1011 and one terminate, which is told of the callback', async () => {
    const unknown: unknown = { type: 'nonsense' };
    if (!isCommand(unknown)) return;
    for (const commands of [unknown, [unknown], [shutdownReason('unseen'), active(false), unknown, text('unsent')]]) {
      const { session, peer, exits, reports } = startCommanding(one, commands);
      expect(await peer.rest()).toEqual(['close 1011 internal error']);
      const exit = { type: 'crash', callback: one.where, error: expect.any(TypeError) };
      expect(await session.exited()).toEqual(exit);
      expect(exits).toEqual([exit]);
      expect(reports).toMatchObject([{ event: 'session.crashed', fields: { callback: one.where } }]);
    }
  });
});

describe.each(schemes)('deflate over $scheme, where it was not agreed on', ({ secure }) => {
  it('changes nothing, however often it is said (RFC 7692 §6)', async () => {
    let on = false;
    const { handler } = createJournal({
      in(frame) {
        on = !on;
        return ['reply', frame.type === 'text' ? [deflate(on), frame] : [], 'state'];
      },
    });
    await using served = await serve({ secure, handler });
    using visitor = await served.visit();
    for (let i = 0; i < 10; i++) {
      await visitor.say(`message ${i}`.repeat(500));
      const { rsv, payload } = await visitor.connection.frame();
      expect([rsv, payload.toString()]).toEqual([0, `message ${i}`.repeat(500)]);
    }
  });
});

describe.each(roles)('shutdownReason of a %s', (role) => {
  /** A session that has been given a reason to end with, and all that is told of its end. */
  async function startWith(...reasons: readonly unknown[]) {
    const { handler, exits } = createJournal<string>({
      in(frame) {
        if (plainReceived(frame) === 'text boom') throw new Error('boom');
        return ['reply', reasons.map(shutdownReason), 'state', hibernate];
      },
    });
    const started = startInMemory({ role, handler });
    const news: AnyExitReason[] = [];
    monitor(started.session, ({ reason }) => news.push(reason));
    started.peer.text('go');
    await quiet();
    return { ...started, exits, news };
  }

  const ends: readonly [string, (one: Awaited<ReturnType<typeof startWith>>) => void, unknown][] = [
    ['the peer closes', ({ peer }) => peer.close(4000, 'bye'), { type: 'remote', code: 4000, reason: 'bye' }],
    ['the connection is lost', ({ peer }) => peer.abort(), { type: 'error', error: 'closed' }],
    ['it is stopped', ({ session }) => stop(session, 'enough'), { type: 'shutdown', reason: 'enough' }],
    [
      'the peer breaks a rule',
      ({ peer }) => peer.send({ opcode: 3 }),
      expect.objectContaining({ type: 'error', error: 'badFrame' }),
    ],
    [
      'it is closed',
      ({ session, peer }) => {
        close(session);
        peer.close(1000);
      },
      { type: 'normal' },
    ],
  ];

  it.each(ends)('is what monitors are told when %s; terminate is told what happened', async (_, end, exit) => {
    const reason = { module: 'chat', why: ['done'] };
    const one = await startWith('overridden', reason);
    end(one);
    one.peer.end();
    expect(await one.session.exited()).toEqual({ type: 'shutdown', reason });
    expect(one.news).toEqual([{ type: 'shutdown', reason }]);
    expect(one.exits).toEqual([exit]);
  });

  it('may be undefined', async () => {
    const { session, peer } = await startWith(undefined);
    peer.close(1000);
    peer.end();
    expect(await session.exited()).toEqual({ type: 'shutdown', reason: undefined });
  });

  it('is not told after a crash', async () => {
    const { session, peer, exits, news } = await startWith('unseen');
    peer.text('boom');
    const exit = { type: 'crash', callback: 'handleIn', error: new Error('boom') };
    expect(await session.exited()).toEqual(exit);
    expect([news, exits]).toEqual([[exit], [exit]]);
  });
});

describe.each(places.filter(({ where }) => where === 'handleIn'))(
  'a $role that gives commands in answer to the close frame, $when',
  ({ role, later }) => {
    const startAnswering = (...commands: readonly Command[]) => {
      const result: Result<string> = ['reply', commands, 'new'];
      const journal = createJournal({
        in: (frame) => (frame.type === 'close' ? (later ? Promise.resolve(result) : result) : undefined),
      });
      const started = startInMemory({ role, handler: journal.handler });
      started.peer.close(4000);
      return { ...started, ...journal };
    };

    it('can name a reason for monitors', async () => {
      const { session, peer, exits } = startAnswering(text('last word'), shutdownReason('done'));
      expect(await peer.take(2)).toEqual(['text last word', 'close 4000']);
      peer.end();
      expect(await session.exited()).toEqual({ type: 'shutdown', reason: 'done' });
      expect(exits).toEqual([{ type: 'remote', code: 4000, reason: '' }]);
    });

    it('cannot close once more: what the peer has said counts', async () => {
      const { session, peer, exits } = startAnswering(shutdownReason('done'), { type: 'close', code: 4001 });
      expect(await peer.next()).toBe('close 4000');
      peer.end();
      expect(await session.exited()).toEqual({ type: 'shutdown', reason: 'done' });
      expect(exits).toEqual([{ type: 'remote', code: 4000, reason: '' }]);
    });

    it('ends in 1011 when one of them is none, whatever stands before it', async () => {
      const unknown: unknown = { type: 'nonsense' };
      if (!isCommand(unknown)) return;
      const { session, peer, reports } = startAnswering(setOptions({ idleTimeout: 1 }), unknown);
      expect(await peer.next()).toBe('close 1011 internal error');
      peer.end();
      expect(await session.exited()).toMatchObject({ type: 'crash', callback: 'handleIn' });
      expect(reports.map(({ event }) => event)).toEqual(['session.crashed']);
    });
  },
);
