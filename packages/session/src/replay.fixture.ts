import { tell } from '@genws/actor';
import {
  encodeFrame,
  FrameDecoder,
  HeaderMap,
  type Inflated,
  PerMessageDeflate,
  type Role,
  received,
  text,
} from '@genws/protocol';
import { vi } from 'vitest';
import { active, type Command, setOptions, shutdownReason } from './command.ts';
import type { HandlerCommanded, SessionEvent } from './event.ts';
import { hibernate, type Result } from './handler.ts';
import { CountingClock, timeouts } from './machine-paths.fixture.ts';
import { createMemoryTransports, type MemoryTransport } from './memory-transport.ts';
import { defaultLimits } from './options.ts';
import { startSession } from './session.ts';
import type { Transport, TransportEvent, TransportOwner } from './transport.ts';
import { close, send, stop } from './verbs.ts';

type Answer = () => Result<string> | Promise<Result<string>>;

const ok: Result<string> = ['ok', 'state'];

/** A transport in memory that says when it has ended, and that it is congested, only when the test wants it to. */
class WithheldEnd implements Transport {
  readonly #inner: MemoryTransport;
  #owner: TransportOwner = () => {};
  #jammed = false;

  constructor(inner: MemoryTransport) {
    this.#inner = inner;
  }

  get buffered(): number {
    return this.#inner.buffered + (this.#jammed ? 1 : 0);
  }
  get congested(): boolean {
    return this.#jammed || this.#inner.congested;
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
  /** From here on one byte does not leave. */
  jam(): void {
    this.#jammed = true;
  }
  drain(): void {
    this.#jammed = false;
    this.tell({ type: 'transport.drained' });
  }
  tell(event: TransportEvent): void {
    this.#owner(event);
  }
}

/** Twice that is less than the idle timeout. */
const heartbeat = 500;

/** A rate, bytes a second, and a message that is five seconds too large for it. */
const maxByteRate = 1000;
const tooMuch = text('x'.repeat(6 * maxByteRate));

const direction = { contextTakeover: true, windowBits: 15 } as const;

/** The message that is being inflated, as long as the test wants it to take. */
let inflation = Promise.withResolvers<Inflated>();

/** From here on messages are inflated when a replay wants them to be. */
export function holdInflations(): void {
  vi.spyOn(PerMessageDeflate.prototype, 'inflate').mockImplementation(() => inflation.promise);
}

/** A real session that is brought to get the events of a path. */
export class Replay {
  readonly clock = new CountingClock();
  readonly session;
  readonly frames: string[] = [];
  terminations = 0;
  /** Messages of the peer that the handler got although the session was not open. */
  late = 0;
  /** The callback that is called, or under way. */
  callback: 'init' | 'handleIn' | 'handleInfo' = 'init';
  readonly #peer: Role;
  readonly #transport: WithheldEnd;
  readonly #far: MemoryTransport;
  #pending = Promise.withResolvers<Result<string>>();
  /** What the handler does with a message of the peer. */
  #received: Answer = () => ok;
  /** What is commanded when the promise that is pending is settled. */
  #commanded: HandlerCommanded | undefined;
  readonly #terminated = Promise.withResolvers<void>();

  constructor(role: Role, beats: boolean) {
    const [near, far] = createMemoryTransports();
    this.#peer = role === 'server' ? 'client' : 'server';
    this.#far = far;
    this.#transport = new WithheldEnd(near);
    const decoder = new FrameDecoder({ role: this.#peer, limits: defaultLimits });
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
        handleIn: () => {
          if (this.session.state !== 'open') this.late++;
          return this.#received();
        },
        handleInfo: (answer) => answer(),
        terminate: () => {
          this.terminations++;
          return this.#terminated.promise;
        },
      },
      ...timeouts,
      // With one no peer is silent for long enough: it answers pings, or is gone.
      heartbeat: beats ? heartbeat : Number.POSITIVE_INFINITY,
      compression: { agreed: { server: direction, client: direction } },
      // So that one frame that waits is too many, one byte, and one message.
      limits: { maxBuffered: 0, highWater: 0, maxMailbox: 0, maxByteRate },
      logger: () => {},
      clock: this.clock,
    });
  }

  get #busy(): boolean {
    return this.session.getSnapshot().context.busy;
  }

  /** Have the event come about. */
  perform(event: SessionEvent): void {
    const { session, clock } = this;
    switch (event.type) {
      case 'close':
        close(session, event.frame.code);
        break;
      case 'stop':
        stop(session, event.reason);
        break;
      case 'handler.pending':
        this.callback = 'handleInfo';
        this.#pending = Promise.withResolvers();
        tell(session, () => this.#pending.promise);
        break;
      case 'handler.settled':
        this.#settle(this.#commanded === undefined ? ok : replyWith(this.#commanded));
        break;
      case 'handler.commanded':
        if (this.#busy) this.#commanded = event;
        else tell(session, () => replyWith(event));
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
        this.#far.send([encodeFrame(event.frame, this.#peer)]);
        break;
      case 'peer.violated':
        this.#far.send([Uint8Array.of(0x83, this.#peer === 'client' ? 0x80 : 0, 0, 0, 0, 0)]);
        break;
      case 'peer.stalled':
        send(session, [text('fits'), text('does not')]);
        break;
      case 'peer.congested':
        this.#transport.jam();
        send(session, text('dropped'), { slowConsumer: 'drop-newest' });
        break;
      case 'peer.relieved':
        this.#transport.drain();
        break;
      case 'peer.throttled':
        this.#far.send([encodeFrame(tooMuch, this.#peer)]);
        break;
      case 'message.inflating':
        this.callback = 'handleIn';
        inflation = Promise.withResolvers();
        this.#far.send([encodeFrame({ type: 'compressed', kind: 'text', data: new Uint8Array(1) }, this.#peer)]);
        break;
      case 'mailbox.overflowed':
        tell(session, () => ok);
        break;
      case 'timeout.init':
        clock.increment(timeouts.initTimeout);
        break;
      case 'timeout.silent':
        clock.increment(timeouts.idleTimeout);
        clock.turn();
        break;
      case 'timeout.idle':
        clock.increment(timeouts.idleTimeout);
        break;
      case 'timeout.unanswered':
        clock.increment(heartbeat);
        clock.increment(heartbeat);
        clock.turn();
        break;
      case 'timeout.heartbeat':
        clock.increment(heartbeat);
        break;
      case 'timeout.throttle':
        clock.increment(5000);
        break;
      case 'timeout.close':
        clock.increment(timeouts.closeTimeout);
        break;
      case 'transport.ended':
      case 'transport.closed':
      case 'transport.error':
        this.#transport.tell(event);
        break;
      case 'activate':
        session.send(event);
    }
  }

  /** What is under way ends like this, or else a callback that is called for it. */
  #answer(how: unknown): void {
    if (this.#busy) this.#settle(how);
    else {
      this.callback = 'handleInfo';
      tell(this.session, () => resultOf(how));
    }
  }

  /** What is under way ends like this: the inflation of a message, and what the handler does with it; or a promise. */
  #settle(how: unknown): void {
    if (this.callback === 'handleIn') {
      this.#received = () => resultOf(how);
      inflation.resolve(received('text', new Uint8Array(0)));
    } else if (isResult(how)) this.#pending.resolve(how);
    else this.#pending.reject(how);
  }
}

/** The reply that changes a session so. */
function replyWith({
  active: on,
  shutdownReason: named,
  options,
  hibernate: sleeps,
}: HandlerCommanded): Result<string> {
  const commands: Command[] = options.map(setOptions);
  if (on !== undefined) commands.push(active(on));
  if (named !== undefined) commands.push(shutdownReason(named.reason));
  return sleeps ? ['reply', commands, 'state', hibernate] : ['reply', commands, 'state'];
}

function resultOf(how: unknown): Result<string> {
  if (isResult(how)) return how;
  throw how;
}

const isResult = (how: unknown): how is Result<string> => Array.isArray(how);
