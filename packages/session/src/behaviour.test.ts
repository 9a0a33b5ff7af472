import type { Report } from '@genws/actor';
import { HeaderMap, ping, text } from '@genws/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Behaviour } from './behaviour.ts';
import { active, type Command, deflate, setOptions, shutdownReason } from './command.ts';
import type { HandlerCommanded } from './event.ts';
import { type Handler, hibernate, type Result } from './handler.ts';
import { commanded } from './machine-paths.fixture.ts';
import { createMailboxOnly } from './mailbox-only.fixture.ts';
import { createOutbox } from './outbox.fixture.ts';

/** What {@link Behaviour.apply} is given, as it may come from code that is not checked. */
type Unchecked = readonly unknown[];

function createBehaviour(callbacks: Partial<Handler<string, string>> = {}, maxBuffered = 1000) {
  const { session, messages } = createMailboxOnly<string>();
  const { outbox, sink } = createOutbox({ maxBuffered });
  const reports: Report[] = [];
  const handler: Handler<string, string> = {
    init: () => ['ok', 'initial'],
    handleIn: (_, state) => ['ok', state],
    ...callbacks,
  };
  const behaviour = new Behaviour(handler, { outbox, self: session, logger: (report) => reports.push(report) });
  const request = { method: 'GET', path: '/', headers: new HeaderMap() };
  return {
    behaviour,
    outbox,
    messages,
    reports,
    init: () => behaviour.init(request, undefined),
    /** What has been sent so far, in plain form. */
    wire(): string[] {
      outbox.release();
      return sink.wire;
    },
  };
}

describe('the commands of a reply', () => {
  const replyWith = (commands: Command | readonly Command[], rest: readonly (typeof hibernate)[] = []) => {
    const created = createBehaviour();
    const decision = created.behaviour.apply('handleIn', ['reply', commands, 'state', ...rest]);
    return { ...created, decision };
  };

  it.each<readonly [Command, Partial<HandlerCommanded>]>([
    [active(false), { active: false }],
    [active(true), { active: true }],
    [setOptions({ idleTimeout: 5 }), { options: [{ idleTimeout: 5 }] }],
    [shutdownReason('deploy'), { shutdownReason: { reason: 'deploy' } }],
    [shutdownReason(undefined), { shutdownReason: { reason: undefined } }],
  ])('$0.type may stand alone, or in a list', (command, changes) => {
    expect(replyWith(command).decision).toEqual(commanded(changes));
    expect(replyWith([command]).decision).toEqual(commanded(changes));
    expect(replyWith([command], [hibernate]).decision).toEqual(commanded({ ...changes, hibernate: true }));
  });

  it('deflate takes effect at once, on the messages that follow', () => {
    const { outbox, decision } = replyWith([text('a'), deflate(false)]);
    expect([outbox.compresses, decision]).toEqual([false, undefined]);
    expect(replyWith([deflate(false), deflate(true)]).outbox.compresses).toBe(true);
  });

  it('become one change: the last of a kind counts, and options are changed in their order', () => {
    const { decision, wire } = replyWith([
      active(false),
      text('a'),
      setOptions({ idleTimeout: 1, heartbeat: 1 }),
      shutdownReason('first'),
      text('b'),
      active(true),
      setOptions({ idleTimeout: 2 }),
      shutdownReason('second'),
    ]);
    expect(decision).toEqual(
      commanded({
        active: true,
        options: [{ idleTimeout: 1, heartbeat: 1 }, { idleTimeout: 2 }],
        shutdownReason: { reason: 'second' },
      }),
    );
    expect(wire()).toEqual(['text a', 'text b']);
  });

  it('that change nothing for the statechart are no decision', () => {
    expect(replyWith([]).decision).toBeUndefined();
    expect(replyWith([text('a'), deflate(true), ping()]).decision).toBeUndefined();
  });

  it('before a close frame are carried out, those after it are not (RFC 6455 §5.5.1)', () => {
    const frame = { type: 'close', code: 4000 } as const;
    const { decision, wire, outbox } = replyWith([
      active(false),
      text('before'),
      frame,
      active(true),
      deflate(false),
      shutdownReason('after'),
      text('after'),
      { type: 'close', code: 4001 },
    ]);
    expect(decision).toEqual(commanded({ active: false, next: { type: 'handler.closed', frame } }));
    expect([wire(), outbox.compresses]).toEqual([['text before'], true]);
    expect(replyWith([frame, active(false)]).decision).toEqual({ type: 'handler.closed', frame });
  });

  it('before one that cannot be are carried out; the session crashes, and nothing after it is carried out', () => {
    const isCommand = (_: unknown): _ is Command => true;
    const unknown: unknown = { type: 'pause' };
    if (!isCommand(unknown)) return;
    const { decision, wire, outbox } = replyWith([
      text('before'),
      active(false),
      unknown,
      text('after'),
      deflate(false),
    ]);
    const error = new TypeError('"pause" is no frame type');
    expect(decision).toEqual(
      commanded({ active: false, next: { type: 'handler.crashed', callback: 'handleIn', error } }),
    );
    expect([wire(), outbox.compresses]).toEqual([['text before'], true]);
    expect(replyWith(unknown).decision).toEqual({ type: 'handler.crashed', callback: 'handleIn', error });
  });

  it('crash the session when they ask for options that cannot be', () => {
    const isCommand = (_: unknown): _ is Command => true;
    for (const [command, words] of [
      [{ type: 'setOptions', options: { idleTimeout: -1 } }, 'idleTimeout is a number of ms, not -1'],
      [{ type: 'setOptions', options: undefined }, 'options are an object'],
      [{ type: 'active', active: 1 }, 'active is true or false, not 1'],
    ] as const) {
      if (!isCommand(command)) continue;
      expect(replyWith(command).decision).toEqual({
        type: 'handler.crashed',
        callback: 'handleIn',
        error: new TypeError(words),
      });
    }
  });

  it('go on after a ping that is too long, which is left out and reported', () => {
    const { decision, wire, reports } = replyWith([text('a'), ping('x'.repeat(126)), text('b'), active(false)]);
    expect(wire()).toEqual(['text a', 'text b']);
    expect(decision).toEqual(commanded({ active: false }));
    expect(reports).toMatchObject([
      { level: 'error', event: 'session.frameRefused', fields: { session: 'x:0', callback: 'handleIn' } },
    ]);
  });

  it.each(['close', 'wait'] as const)('end with a frame that finds no room, under the policy %s', (slowConsumer) => {
    const { session } = createMailboxOnly<string>();
    const { outbox, sink } = createOutbox({ slowConsumer });
    sink.congested = true;
    const handler: Handler<string, string> = { init: () => ['ok', ''], handleIn: () => ['ok', ''] };
    const behaviour = new Behaviour(handler, { outbox, self: session, logger: () => {} });
    const large = text('x'.repeat(900));
    const decision = behaviour.apply('handleIn', ['reply', [large, active(false), large, active(true)], 'state']);
    expect(decision).toEqual(commanded({ active: false, next: { type: 'peer.stalled' } }));
  });

  it('are merged as if each had come in a reply of its own, whatever they are', () => {
    const command = fc.oneof(
      fc.boolean().map(active),
      fc.nat(100).map((idleTimeout) => setOptions({ idleTimeout })),
      fc.nat(100).map((closeTimeout) => setOptions({ closeTimeout })),
      fc.nat(5).map(shutdownReason),
    );
    fc.assert(
      fc.property(fc.array(command, { minLength: 1, maxLength: 10 }), fc.boolean(), (commands, sleeps) => {
        const { decision } = replyWith(commands, sleeps ? [hibernate] : []);
        const singly = commands.map((one) => replyWith(one).decision);
        const changes = singly.flatMap((one) => (one?.type === 'handler.commanded' ? [one] : []));
        expect(decision).toEqual(
          commanded({
            active: changes.findLast((one) => one.active !== undefined)?.active,
            shutdownReason: changes.findLast((one) => one.shutdownReason !== undefined)?.shutdownReason,
            options: changes.flatMap(({ options }) => options),
            hibernate: sleeps,
          }),
        );
      }),
    );
  });
});

describe('hibernate', () => {
  it.each<readonly [Result<string>, HandlerCommanded]>([
    [['ok', 'new', hibernate], commanded({ hibernate: true })],
    [['reply', [], 'new', hibernate], commanded({ hibernate: true })],
    [['reply', text('a'), 'new', hibernate], commanded({ hibernate: true })],
    [['reply', active(false), 'new', hibernate], commanded({ active: false, hibernate: true })],
    [
      ['reply', { type: 'close', code: 4000 }, 'new', hibernate],
      commanded({ hibernate: true, next: { type: 'handler.closed', frame: { type: 'close', code: 4000 } } }),
    ],
  ])('may end a result: %o', (result, decision) => {
    expect(createBehaviour().behaviour.apply('handleIn', result)).toEqual(decision);
  });

  it('keeps the state that stands before it', () => {
    const states: string[] = [];
    const { behaviour, init } = createBehaviour({
      handleInfo: (_, state) => {
        states.push(state);
        return ['ok', state];
      },
    });
    init();
    behaviour.apply('handleIn', ['ok', 'first', hibernate]);
    behaviour.handleInfo('x');
    behaviour.apply('handleIn', ['reply', [], 'second', hibernate]);
    behaviour.handleInfo('x');
    expect(states).toEqual(['first', 'second']);
  });

  it('is the same for every copy of the package in a process', () => {
    expect(hibernate).toBe(Symbol.for('genws.hibernate'));
  });
});

describe('what is no result', () => {
  it.each<Unchecked>([
    ['ok'],
    ['ok', 'state', 'nonsense'],
    ['ok', 'state', true],
    ['ok', 'state', hibernate, hibernate],
    ['ok', hibernate, 'state', 'more'],
    ['reply', [], 'state', 'hibernate'],
    ['reply', [], 'state', hibernate, 'more'],
    ['reply', 'state'],
    ['stop', 'reason'],
    ['stop', 'reason', 'state', hibernate],
    ['okay', 'state'],
    [],
    ['answer', 'reply', 'state'],
  ])('crashes the session, which keeps its state: %o %o %o %o', (...result) => {
    const { behaviour, init, messages } = createBehaviour({ terminate: (_, state) => expect(state).toBe('initial') });
    init();
    const words = "handleIn must return ['ok', state], ['reply', commands, state] or ['stop', reason, state]";
    expect(behaviour.apply('handleIn', result)).toEqual({
      type: 'handler.crashed',
      callback: 'handleIn',
      error: new TypeError(words),
    });
    behaviour.terminate({ type: 'normal' });
    expect(messages).toEqual([{ type: 'handler.terminated' }]);
  });

  it('or throws when it is looked at, crashes the session as well', () => {
    const error = new Error('getter');
    const hostile = Object.defineProperty({}, 'type', {
      get: () => {
        throw error;
      },
    });
    const { behaviour } = createBehaviour();
    expect(behaviour.apply('handleIn', ['reply', hostile, 'state'])).toEqual({
      type: 'handler.crashed',
      callback: 'handleIn',
      error,
    });
  });
});

describe('news about the peer’s pace', () => {
  it('is what the handler makes of it, as a message to itself', () => {
    const { behaviour } = createBehaviour({ flowInfo: ({ type, buffered }) => `${type}, ${buffered} bytes` });
    expect(behaviour.flowInfo({ type: 'congested', buffered: 5 })).toEqual({
      type: 'info',
      message: 'congested, 5 bytes',
    });
  });

  it('is none for a handler that does not want to know', () => {
    expect(createBehaviour().behaviour.flowInfo({ type: 'relieved', buffered: 0 })).toBeUndefined();
  });
});
