import { tell } from '@genws/actor';
import { PerMessageDeflate, type Role, text } from '@genws/protocol';
import {
  active,
  close,
  defineHandler,
  deflate,
  hibernate,
  type Result,
  type Returned,
  type SendOutcome,
  type SessionExit,
  type SessionSettings,
  send,
  setOptions,
  shutdownReason,
  stop,
} from '@genws/session';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MemorySession, quiet, roles, startInMemory } from '../support/memory-session.ts';

/** How a callback ends: at once, or later when the test gets to it. */
type Ending = 'ok' | 'reply' | 'pause' | 'goOn' | 'change' | 'sleep' | 'name' | 'stop' | 'close' | 'throw';

interface Step {
  readonly what: keyof typeof steps;
  readonly ending: Ending;
  readonly later: boolean;
}

const harmless = ['ok', 'ok', 'ok', 'reply', 'reply', 'pause', 'goOn', 'goOn', 'change', 'sleep', 'name'] as const;
const endings: readonly Ending[] = [...harmless, 'stop', 'close', 'throw'];

/** What a session begins with. */
interface Terms extends SessionSettings {
  readonly compresses: boolean;
}

const direction = { contextTakeover: true, windowBits: 15 } as const;
const agreed = { server: direction, client: direction };

/** A session, with a handler that ends each callback as the message says that it was called with. */
class World {
  readonly one: MemorySession<string>;
  readonly lines: string[] = [];
  readonly exits: SessionExit[] = [];
  readonly pending: (() => void)[] = [];
  /** What those who wait for the peer to catch up have been told. */
  readonly told: SendOutcome[] = [];
  waiting = 0;
  readonly flow: string[] = [];
  initialised = false;
  #busy = 0;
  #count = 0;

  constructor(role: Role, init: Step, { compresses, limits, ...terms }: Terms) {
    this.one = startInMemory<string, string, undefined>({
      ...terms,
      ...(compresses && { compression: { agreed, options: { threshold: 0, offload: 300 } } }),
      role,
      activate: false,
      handlerOpts: undefined,
      idleTimeout: 1000,
      initTimeout: 300,
      closeTimeout: 100,
      limits: {
        maxControlRate: 10,
        maxMailbox: 6,
        maxBacklog: 500,
        maxMessage: 1000,
        maxBuffered: 200_000,
        highWater: 80_000,
        lowWater: 20_000,
        ...limits,
      },
      handler: defineHandler<string, string>({
        init: () => this.#call('init', `${init.ending} ${init.later}`),
        handleIn: (frame) =>
          this.#call(
            `in ${frame.type}`,
            frame.type === 'text' ? frame.data : frame.type === 'close' ? 'ok true 0' : 'ok false',
          ),
        handleInfo: (message) => this.#call('info', message),
        flowInfo: ({ type }) => {
          this.flow.push(type);
          return `ok false ${this.#count++}`;
        },
        terminate: (exit) => {
          this.lines.push('terminate');
          this.exits.push(exit);
        },
      }),
    });
  }

  /** What a message has to say for the handler to end like this. */
  message({ ending, later }: Step): string {
    return `${ending} ${later} ${this.#count++}`;
  }

  #call(callback: string, message: string): Returned<string> {
    this.lines.push(`${callback} ${message}`);
    if (this.#busy > 0) this.lines.push('OVERLAP');
    const [ending, later] = message.split(' ');
    const end = (): Result<string> => {
      if (callback === 'init' && ending !== 'throw') this.initialised = true;
      switch (ending) {
        case 'reply':
          return ['reply', [text(message), text(message)], 'state'];
        case 'pause':
          return ['reply', [active(false), text(message)], 'state'];
        case 'goOn':
          return ['reply', active(true), 'state', hibernate];
        case 'change':
          return ['reply', [deflate(false), setOptions({ heartbeat: 150, limits: { maxMailbox: 7 } })], 'state'];
        case 'sleep':
          return ['ok', 'state', hibernate];
        case 'name':
          return ['reply', [shutdownReason(message), deflate(true)], 'state'];
        case 'stop':
          return ['stop', message, 'state'];
        case 'close':
          return ['reply', [text(message), { type: 'close', code: 4000 }, text('never'), active(true)], 'state'];
        case 'throw':
          throw new Error(message);
        default:
          return ['ok', 'state'];
      }
    };
    if (later !== 'true') return end();
    this.#busy++;
    return new Promise<void>((resolve) => this.pending.push(resolve)).then(() => {
      this.#busy--;
      return end();
    });
  }
}

/** All that can happen to a session. */
const steps = {
  activate: ({ one }: World) => one.session.send({ type: 'activate' }),
  text: ({ one }: World, message: string) => one.peer.text(message),
  twoTexts: ({ one }: World, message: string) =>
    one.peer.send({ opcode: 1, payload: message }, { opcode: 9, payload: 'between' }, { opcode: 1, payload: message }),
  ping: ({ one }: World) => one.peer.ping('ping'),
  pong: ({ one }: World) => one.peer.send({ opcode: 10 }),
  peerClose: ({ one }: World) => one.peer.close(4001),
  textThenClose: ({ one }: World, message: string) => one.peer.send({ opcode: 1, payload: message }, { opcode: 8 }),
  bad: ({ one }: World) => one.peer.send({ opcode: 3 }),
  end: ({ one }: World) => one.peer.end(),
  abort: ({ one }: World) => one.peer.abort(),
  pause: ({ one }: World) => one.peer.pause(),
  resume: ({ one }: World) => one.peer.resume(),
  break: ({ one }: World) => one.transport.fail(new Error('reset')),
  tell: ({ one }: World, message: string) => tell(one.session, message),
  send: ({ one }: World, message: string) => void send(one.session, text(sent(message))),
  sendMuch: ({ one }: World, message: string) =>
    void send(one.session, Array(5).fill(text(sent(message).padEnd(20_000, '.')))),
  sendDropping: ({ one }: World, message: string) =>
    void send(one.session, text(sent(message).padEnd(40_000, '.')), { slowConsumer: 'drop-oldest' }),
  sendWaiting(world: World, message: string) {
    world.waiting++;
    const frame = text(sent(message).padEnd(40_000, '.'));
    void send(world.one.session, frame, { slowConsumer: 'wait' }).then((outcome) => world.told.push(outcome));
  },
  close: ({ one }: World) => close(one.session),
  stop: ({ one }: World) => stop(one.session, 'enough'),
  kill: ({ one }: World) => void one.session.stop(),
  settle: ({ pending }: World) => pending.shift()?.(),
  settleToo: ({ pending }: World) => pending.shift()?.(),
  pass: ({ one }: World) => one.clock.advance(40),
  passLong: ({ one }: World) => one.clock.advance(400),
} as const;

/** A message that others have the session send. */
const sent = (message: string): string => `sent ${message.split(' ').at(-1)}`;

/** The messages that the peer has got, in plain text. */
async function messagesOf({ peer }: MemorySession<string>, role: Role): Promise<string[]> {
  const inflater = new PerMessageDeflate(agreed, role === 'server' ? 'client' : 'server');
  const messages: string[] = [];
  for (const { opcode, rsv, payload } of peer.frames) {
    if (opcode !== 1) continue;
    if (rsv === 0) messages.push(payload.toString());
    else {
      const message = await inflater.inflate(
        { type: 'compressed', kind: 'text', data: payload },
        { maxMessage: 100_000, validateUtf8: true },
      );
      messages.push(message?.type === 'text' ? message.data : `NOT INFLATED: ${JSON.stringify(message)}`);
    }
  }
  return messages;
}

const isName = (name: string): name is keyof typeof steps => Object.hasOwn(steps, name);
const names = Object.keys(steps).filter(isName);
/** So rare that most runs have some life before them. */
const drastic: readonly (keyof typeof steps)[] = [
  'abort',
  'break',
  'bad',
  'kill',
  'stop',
  'passLong',
  'end',
  'peerClose',
];

const anyStep: fc.Arbitrary<Step> = fc.record({
  what: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...names.filter((name) => !drastic.includes(name))) },
    { weight: 1, arbitrary: fc.constantFrom(...drastic) },
  ),
  ending: fc.constantFrom(...endings),
  later: fc.boolean(),
});

const anyScript = fc.array(fc.tuple(anyStep, fc.boolean()), { maxLength: 30 });

const anyInit: fc.Arbitrary<Step> = fc.record({
  what: fc.constant<'activate'>('activate'),
  ending: fc.constantFrom<Ending>('ok', 'ok', 'ok', 'ok', 'reply', 'stop', 'close', 'throw'),
  later: fc.boolean(),
});

const anyTerms: fc.Arbitrary<Terms> = fc.record({
  compresses: fc.boolean(),
  slowConsumer: fc.constantFrom('close', 'drop-oldest', 'drop-newest', 'wait'),
  overRate: fc.constantFrom('delay', 'drop', 'close'),
  heartbeat: fc.constantFrom(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 100),
  activeN: fc.constantFrom(Number.POSITIVE_INFINITY, 1, 3),
  limits: fc.record({ maxMessageRate: fc.constantFrom(Number.POSITIVE_INFINITY, 20) }),
});

describe.each(roles)('whatever happens to a session that is a %s, in whatever order', (role) => {
  it('it calls one callback at a time, terminates once, says nothing after its close frame, and comes to an end', async () => {
    await fc.assert(
      fc.asyncProperty(anyTerms, anyInit, anyScript, async (terms, init, script) => {
        const world = new World(role, init, terms);
        const { one, lines, exits } = world;
        const { session, peer, transport, clock } = one;
        let killed = false;
        for (const [step, settles] of script) {
          killed ||= step.what === 'kill';
          steps[step.what](world, world.message(step));
          if (settles) await quiet();
        }
        const stillActive = session.getSnapshot().status === 'active';
        // Everything that was under way comes to its end, and then time passes.
        for (let i = 0; i < 20; i++) {
          while (world.pending.length > 0) world.pending.shift()?.();
          await quiet();
        }
        if (stillActive && !killed) stop(session, 'the test is over');
        await quiet();
        for (let i = 0; i < 4; i++) {
          clock.advance(300);
          await quiet();
        }
        const exit = await session.exited();
        await quiet();
        peer.resume();
        await peer.ended();

        expect(lines).not.toContain('OVERLAP');
        expect(exits.length).toBeLessThanOrEqual(1);
        expect(lines.indexOf('terminate')).toBe(exits.length === 0 ? -1 : lines.length - 1);
        const [told] = exits;
        const named = told?.type === 'crash' ? undefined : session.getSnapshot().context.shutdownReason;
        if (told !== undefined && !killed) expect(exit).toEqual(named ? { type: 'shutdown', ...named } : told);
        if (!world.initialised) expect(exits).toEqual([]);
        const closes = peer.seen.findIndex((frame) => frame.startsWith('close'));
        expect(closes === -1 || closes === peer.seen.length - 1, peer.seen.join(', ')).toBe(true);
        const messages = await messagesOf(one, role);
        expect(messages.filter((message) => /never|NOT/.test(message))).toEqual([]);
        // Who waits is told once; the peer's pace is told change by change.
        expect(world.told).toHaveLength(world.waiting);
        expect(world.flow.every((type, n) => type === (n % 2 === 0 ? 'congested' : 'relieved'))).toBe(true);
        // What comes from one side comes in its order, and nothing comes twice.
        for (const kind of ['in text', 'info', 'sent']) {
          const those = [...lines, ...messages].filter((line) => line.startsWith(kind));
          const numbers = those.map((line) => Number.parseInt(line.split(' ').at(-1) ?? '', 10));
          expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
        }
        expect(transport.released).toBe(true);
        expect(clock.pending).toBe(0);
        expect(session.signal.aborted).toBe(true);
        expect(session.state).toBe('closed');
      }),
      { numRuns: 400 },
    );
  });
});
