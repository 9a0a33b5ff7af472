import { setImmediate } from 'node:timers/promises';
import { tell } from '@genws/actor';
import { encodeFrame, FrameDecoder, HeaderMap, type Role, text } from '@genws/protocol';
import { describe, expect, it } from 'vitest';
import type { SessionEvent } from './event.ts';
import type { Result } from './handler.ts';
import {
  CountingClock,
  everyTransition,
  type Possible,
  startMachine,
  stateKey,
  timeouts,
} from './machine-paths.fixture.ts';
import { createMemoryTransports, type MemoryTransport } from './memory-transport.ts';
import { defaultLimits } from './options.ts';
import { startSession } from './session.ts';
import type { Transport, TransportOwner } from './transport.ts';
import { close, send, stop } from './verbs.ts';

const roles: readonly Role[] = ['server', 'client'];

type Answer = () => Result<string> | Promise<Result<string>>;

const ok: Result<string> = ['ok', 'state'];

/** A transport in memory that says when it has ended only when the test wants it to. */
class WithheldEnd implements Transport {
  readonly #inner: MemoryTransport;
  #owner: TransportOwner = () => {};

  constructor(inner: MemoryTransport) {
    this.#inner = inner;
  }

  get buffered(): number {
    return this.#inner.buffered;
  }
  get congested(): boolean {
    return this.#inner.congested;
  }
  handOver(owner: TransportOwner): void {
    this.#owner = owner;
    this.#inner.handOver((event) => {
      if (event.type !== 'transport.closed') owner(event);
    });
  }
  activate(batches: number): void {
    this.#inner.activate(batches);
  }
  send(chunks: readonly Uint8Array[]): void {
    this.#inner.send(chunks);
  }
  close(): void {}
  abort(): void {}
  end(error?: Error): void {
    this.#owner(error === undefined ? { type: 'transport.closed' } : { type: 'transport.error', error });
  }
}

/** What can happen to a real session: the rest its data lane holds back, or never comes from a lane at all. */
const possible: Possible = ({ value, context: { busy } }, { type }) => {
  const open = value === 'open';
  const closing = typeof value === 'object' && 'closing' in value;
  switch (type) {
    case 'handler.pending':
      return open && !busy;
    case 'handler.settled':
      return busy;
    case 'handler.stopped':
    case 'handler.closed':
    case 'handler.crashed':
      return open || (busy && !closing); // after the close frame they are told as settled
    case 'handler.terminated':
      return closing && value.closing === 'terminating';
    case 'peer.closed':
    case 'peer.violated':
      return closing || (open && !busy); // not read before open; kept behind a busy handler
    case 'transport.closed':
    case 'transport.error':
      return !open || !busy;
    case 'mailbox.overflowed':
      return busy || !open; // an idle handler takes each message at once
    case 'timeout.init':
      return !open && !closing;
    case 'timeout.idle':
      return open;
    case 'timeout.close':
      return closing;
    default:
      return true;
  }
};

/** A real session that is brought to get the events of a path. */
class Replay {
  readonly clock = new CountingClock();
  readonly session;
  readonly frames: string[] = [];
  terminations = 0;
  readonly #role: Role;
  readonly #transport: WithheldEnd;
  readonly #far: MemoryTransport;
  #pending = Promise.withResolvers<Result<string>>();
  readonly #terminated = Promise.withResolvers<void>();

  constructor(role: Role) {
    const [near, far] = createMemoryTransports();
    this.#role = role;
    this.#far = far;
    this.#transport = new WithheldEnd(near);
    const decoder = new FrameDecoder({ role: role === 'server' ? 'client' : 'server', limits: defaultLimits });
    far.handOver((event) => {
      if (event.type !== 'transport.data') return;
      decoder.push(event.bytes);
      for (let one = decoder.next(); one !== undefined; one = decoder.next()) this.frames.push(one.type);
    });
    far.activate(Number.POSITIVE_INFINITY);
    this.session = startSession<string, Answer, undefined>({
      role,
      transport: this.#transport,
      handlerOpts: undefined,
      request: { method: 'GET', path: '/', headers: new HeaderMap() },
      handler: {
        init: () => this.#pending.promise,
        handleIn: () => ok,
        handleInfo: (answer) => answer(),
        terminate: () => {
          this.terminations++;
          return this.#terminated.promise;
        },
      },
      ...timeouts,
      // So that one frame that waits is too many, and one message.
      limits: { maxBuffered: 0, maxMailbox: 0 },
      logger: () => {},
      clock: this.clock,
    });
  }

  /** Have the event come about. */
  perform(event: SessionEvent): void {
    const { session } = this;
    switch (event.type) {
      case 'close':
        close(session, event.frame.code);
        break;
      case 'stop':
        stop(session, event.reason);
        break;
      case 'handler.pending':
        this.#pending = Promise.withResolvers();
        tell(session, () => this.#pending.promise);
        break;
      case 'handler.settled':
        this.#pending.resolve(ok);
        break;
      case 'handler.stopped':
        this.#answer(['stop', event.reason, 'state']);
        break;
      case 'handler.closed':
        this.#answer(['reply', event.frame, 'state']);
        break;
      case 'handler.crashed':
        this.#answer(event.error);
        break;
      case 'handler.terminated':
        this.#terminated.resolve();
        break;
      case 'peer.closed':
        this.#far.send([encodeFrame(event.frame, this.#role === 'server' ? 'client' : 'server')]);
        break;
      case 'peer.violated':
        this.#far.send([Uint8Array.of(0x83, this.#role === 'server' ? 0x80 : 0, 0, 0, 0, 0)]);
        break;
      case 'peer.stalled':
        send(session, [text('fits'), text('does not')]);
        break;
      case 'mailbox.overflowed':
        tell(session, () => ok);
        break;
      case 'timeout.init':
        this.clock.increment(timeouts.initTimeout);
        break;
      case 'timeout.idle':
        this.clock.increment(timeouts.idleTimeout);
        break;
      case 'timeout.close':
        this.clock.increment(timeouts.closeTimeout);
        break;
      case 'transport.closed':
        this.#transport.end();
        break;
      case 'transport.error':
        this.#transport.end(event.error);
        break;
      case 'activate':
        session.send(event);
    }
  }

  /** The callback that is pending, or else one that is called for it, ends like this. */
  #answer(how: unknown): void {
    const answer = (): Result<string> => {
      if (isResult(how)) return how;
      throw how;
    };
    if (!this.session.getSnapshot().context.busy) tell(this.session, answer);
    else if (isResult(how)) this.#pending.resolve(how);
    else this.#pending.reject(how);
  }
}

const isResult = (how: unknown): how is Result<string> => Array.isArray(how);

/** What settles the promise of `init` with a state. */
const settling: readonly SessionEvent['type'][] = ['handler.settled', 'handler.stopped', 'handler.closed'];

/** Bring both a real session and the statechart alone the same events, and see after each that they agree. */
async function replay(role: Role, events: readonly SessionEvent[]): Promise<void> {
  const real = new Replay(role);
  const { session, frames, clock } = real;
  const model = startMachine(role);
  const given: string[] = [role];
  let initialised = false;
  for (const event of events) {
    given.push(event.type);
    const inInit = event.type === 'handler.crashed' && model.actor.getSnapshot().value !== 'open';
    real.perform(event);
    await setImmediate();
    await setImmediate();
    initialised ||= settling.includes(event.type) && model.count('runTerminate') === 0;
    model.actor.send(inInit ? { ...event, callback: 'init' } : event);
    // Without a state there is nothing to terminate.
    if (!initialised && model.count('runTerminate') > 0) model.actor.send({ type: 'handler.terminated' });
    const [is, should] = [session, model.actor].map((actor) => actor.getSnapshot());
    expect(is && stateKey(is), given.join(', ')).toBe(should && stateKey(should));
    expect(is?.context.exit, given.join(', ')).toEqual(should?.context.exit);
    expect(is?.status).toBe(should?.status);
    expect(is?.output).toEqual(should?.output);
  }
  const closes = frames.indexOf('close');
  expect(closes === -1 || closes === frames.length - 1, `${given.join(', ')}: ${frames.join(', ')}`).toBe(true);
  expect(real.terminations, given.join(', ')).toBe(initialised ? model.count('runTerminate') : 0);
  if (session.getSnapshot().status === 'done') expect(clock.pending).toBe(0);
}

describe.each(roles)('a real session that is a %s', (role) => {
  it('goes the way that the statechart says, on every transition that is possible', async () => {
    const ways = everyTransition(role, possible);
    expect(ways.length).toBeGreaterThan(100);
    for (const events of ways) await replay(role, events);
  });
});
