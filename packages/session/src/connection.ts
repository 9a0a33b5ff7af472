import {
  type Clock,
  consoleLogger,
  deliver,
  type ExitSignal,
  type InfoEvent,
  isParent,
  type Logger,
  shutdownReasonOf,
} from '@genws/actor';
import { type CloseFrame, type Encodable, PerMessageDeflate, type Role } from '@genws/protocol';
import { Behaviour, type BehaviourOwner } from './behaviour.ts';
import type { DataLane, SessionContext } from './data-lane.ts';
import { Dispatcher, type DispatcherOwner } from './dispatcher.ts';
import { endingReport } from './ending.ts';
import type { Decision, SessionEvent } from './event.ts';
import type { Handler } from './handler.ts';
import { Liveness } from './liveness.ts';
import { type ResolvedTuning, resolveTuning, type SessionCompression, type SessionTuning } from './options.ts';
import { Outbox, type OutboxOwner } from './outbox.ts';
import { Reader, type ReaderOwner } from './reader.ts';
import type { SessionExit } from './reason.ts';
import { type KeptRequest, keepRequest, type RequestFilter, type SessionRequest } from './request.ts';
import { Sender } from './sender.ts';
import type { SessionSelf, SessionState } from './session-ref.ts';
import type { SessionLoad, SessionStatistics } from './statistics.ts';
import { type PeerAddress, type Transport, transportError } from './transport.ts';

export interface ConnectionOptions<Info> {
  readonly role: Role;
  readonly transport: Transport;
  readonly handler: Handler<unknown, Info>;
  readonly handlerOpts: unknown;
  readonly request: SessionRequest;
  readonly reqFilter?: RequestFilter | undefined;
  readonly head?: Uint8Array | undefined;
  readonly compression?: SessionCompression | undefined;
  readonly logger?: Logger | undefined;
}

/**
 * The data lane of one session: bytes in, messages to the handler, frames out. What changes the session's state it
 * leaves to the statechart, as a decision.
 */
export class Connection<Info>
  implements DataLane, ReaderOwner<Info>, DispatcherOwner<Info>, BehaviourOwner<Info>, OutboxOwner
{
  readonly role: Role;
  readonly transport: Transport;
  readonly compression: PerMessageDeflate | undefined;
  readonly self: SessionSelf<Info>;
  readonly logger: Logger;
  readonly clock: Pick<Clock, 'now'>;
  tuning: ResolvedTuning;
  // Its parts. They find each other here, and keep no other references.
  readonly liveness: Liveness;
  readonly behaviour: Behaviour<Info>;
  readonly dispatcher: Dispatcher<Info>;
  readonly #reader: Reader<Info>;
  #outbox: Outbox | undefined;
  #sender: Sender | undefined;
  /** What only `init` needs. Let go of afterwards. */
  #beginning: { readonly request: SessionRequest; readonly opts: unknown; readonly filter: RequestFilter } | undefined;
  #request: KeptRequest;
  #head: Uint8Array | undefined;
  #abort: AbortController | undefined;

  /** The transport's events go to the session's mailbox from here on. */
  constructor(
    self: SessionSelf<Info>,
    options: ConnectionOptions<Info>,
    tuning: ResolvedTuning,
    clock: Pick<Clock, 'now'>,
  ) {
    const { role, transport, compression, request } = options;
    this.role = role;
    this.transport = transport;
    this.compression = compression && new PerMessageDeflate(compression.agreed, role, compression.options);
    this.self = self;
    this.logger = options.logger ?? consoleLogger;
    this.clock = clock;
    this.tuning = tuning;
    this.liveness = new Liveness(this);
    this.behaviour = new Behaviour(options.handler, this);
    this.dispatcher = new Dispatcher(this);
    this.#reader = new Reader(this);
    this.#beginning = { request, opts: options.handlerOpts, filter: options.reqFilter ?? keepRequest };
    this.#request = request;
    this.#head = options.head;
    transport.handOver(self.send); // bound, as xstate's is
  }

  /** What a snapshot that is written down says of it. */
  toJSON(): { readonly role: Role } {
    return { role: this.role };
  }

  /** A message has been deflated in the thread pool. */
  deflated(frame: Encodable | undefined): void {
    this.self.send({ type: 'message.deflated', frame });
  }

  /** Made when something is sent: many a session waits for long, or for ever. */
  get outbox(): Outbox {
    this.#outbox ??= new Outbox(this);
    return this.#outbox;
  }

  get buffered(): number {
    return this.#outbox?.buffered ?? this.transport.buffered;
  }

  hold(): void {
    this.#outbox?.hold();
  }

  release(): void {
    this.#outbox?.release();
  }

  get overflowing(): boolean {
    return this.#outbox?.overflowing ?? false;
  }

  get dropped(): number {
    return this.#outbox?.dropped ?? 0;
  }

  get peer(): PeerAddress | undefined {
    return this.transport.peername;
  }

  get request(): KeptRequest {
    return this.#request;
  }

  get statistics(): SessionStatistics {
    return {
      uptime: this.liveness.uptime,
      messagesIn: this.#reader.messages,
      messagesOut: this.#outbox?.frames ?? 0,
      bytesIn: this.#reader.bytes,
      bytesOut: this.#outbox?.bytes ?? 0,
    };
  }

  get load(): SessionLoad {
    const held = this.#reader.held + this.dispatcher.backlog + this.buffered;
    return { mailbox: this.dispatcher.length, memory: held + (this.compression?.bytesHeld ?? 0) };
  }

  /** Made when first asked for: most handlers never do. */
  signal(state: SessionState): AbortSignal {
    this.#abort ??= new AbortController();
    if (state === 'closing' || state === 'closed') this.#abort.abort();
    return this.#abort.signal;
  }

  handle(event: SessionEvent<Info>, state: SessionState, context: SessionContext): Decision {
    const ending = state === 'closing' || state === 'closed';
    switch (event.type) {
      case 'transport.data':
        return state === 'open' ? this.#reader.receive(event.bytes, context) : this.#reader.awaitClose(event.bytes);
      case 'info':
        return ending ? undefined : this.#inform(event, state, context);
      case 'exit':
        return ending ? undefined : this.#exit(event.signal, state, context);
      case 'system':
        return this.dispatcher.request(event, context.busy);
      case 'timeout.turn':
        this.dispatcher.rested();
        return event;
      case 'send':
        this.#sender ??= new Sender(this);
        if (!ending) return this.#sender.send(event);
        this.#sender.refuse(event);
        return undefined;
      case 'handler.resolved':
        if (!ending) return this.dispatcher.resolved(event);
        this.behaviour.applyLate(event.result);
        return { type: 'handler.settled' };
      case 'handler.rejected':
      case 'handler.crashed':
        if (!ending) return { type: 'handler.crashed', callback: event.callback, error: event.error };
        this.behaviour.reportCrash(event.callback, event.error);
        return { type: 'handler.settled' };
      case 'hook.crashed':
        if (!ending) return event;
        this.behaviour.reportCrash(event.callback, event.error);
        return undefined;
      case 'message.inflated':
        return ending ? { type: 'handler.settled' } : this.dispatcher.inflated(event.result);
      case 'message.deflated':
        this.#outbox?.deflated(event.frame);
        return undefined;
      case 'transport.drained':
        this.liveness.heard(); // it reads
        this.#outbox?.drained();
        return undefined;
      case 'transport.ended':
        return state === 'open' ? this.#reader.end(context) : event;
      case 'transport.closed':
      case 'transport.error':
        // The messages that came before it are dispatched first.
        return state === 'open' && (context.busy || context.yielding) ? this.dispatcher.wait(event) : event;
      case 'xstate.stop':
        this.#kill();
        return event;
      default:
        return event;
    }
  }

  /** The handler is idle: dispatch what has waited for it, then what has not been decoded. */
  resume(context: SessionContext): Decision {
    return this.dispatcher.resume(context) ?? this.#reader.resume(context);
  }

  flow(context: SessionContext): Decision {
    return this.#outbox?.flow(context);
  }

  regulate(context: SessionContext): void {
    this.#reader.regulate(context);
  }

  #inform(event: InfoEvent<Info>, state: SessionState, context: SessionContext): Decision {
    return this.dispatcher.inform(event, state === 'open' && !context.busy && this.dispatcher.isOpen(context));
  }

  /** A handler that traps exit signals is told of them, unless its supervisor wants it to end. */
  #exit(signal: ExitSignal, state: SessionState, context: SessionContext): Decision {
    const { from, reason } = signal;
    const parental = from !== undefined && isParent(from) && from.isParentOf(this.self);
    if (!parental) {
      try {
        const message = this.behaviour.exitInfo(signal);
        if (message !== undefined) return this.#inform(message, state, context);
      } catch (error) {
        return { type: 'hook.crashed', callback: 'exitInfo', error };
      }
      if (reason.type === 'normal') return undefined;
      if (reason.type === 'killed') {
        this.self.stop();
        return undefined;
      }
    }
    return { type: 'stop', reason: shutdownReasonOf(reason) };
  }

  // What the statechart has done.

  tune(options: readonly SessionTuning[]): void {
    const before = this.tuning;
    for (const change of options) this.tuning = resolveTuning(change, this.tuning);
    this.dispatcher.tuned(before);
    this.#reader.tuned(before);
  }

  hibernate(): void {
    this.compression?.release();
  }

  tellFlow(type: 'congested' | 'relieved'): void {
    if (type === 'relieved') this.#sender?.release();
    try {
      const message = this.behaviour.flowInfo({ type, buffered: this.buffered });
      if (message !== undefined) this.self.send(message);
    } catch (error) {
      this.self.send({ type: 'hook.crashed', callback: 'flowInfo', error });
    }
  }

  silenceLeft(context: SessionContext): number {
    return this.#isDeaf(context) ? this.tuning.idleTimeout : this.liveness.silenceLeft;
  }

  unanswered(context: SessionContext): boolean {
    return !this.#isDeaf(context) && this.liveness.unanswered;
  }

  /** Whether the peer is silent because it is not read. */
  #isDeaf({ active, throttled, suspended }: SessionContext): boolean {
    return !active || throttled || suspended || this.dispatcher.backlog > this.tuning.limits.maxBacklog;
  }

  beat(): void {
    this.outbox.ping();
    this.liveness.pinged();
  }

  runInit(): void {
    const beginning = this.#beginning;
    if (beginning === undefined) return;
    this.#beginning = undefined;
    const decision = this.behaviour.init(beginning.request, beginning.opts);
    this.#keep(beginning.request, beginning.filter);
    if (decision?.type === 'handler.pending') return;
    if (decision !== undefined) this.self.send(decision);
    this.self.send({ type: 'handler.settled' });
  }

  /** Let go of what is not worth keeping of the request. */
  #keep(request: SessionRequest, filter: RequestFilter): void {
    try {
      this.#request = filter(request);
    } catch (error) {
      this.self.send({ type: 'hook.crashed', callback: 'reqFilter', error });
    }
  }

  startReading(): void {
    this.#replayHead();
    this.#reader.start();
  }

  /** Bytes that came with the handshake are the first to be read. */
  #replayHead(): void {
    const head = this.#head;
    this.#head = undefined;
    if (head !== undefined && head.length > 0) this.self.send({ type: 'transport.data', bytes: head });
  }

  sendClose(frame: CloseFrame): void {
    this.outbox.close(frame);
  }

  discardOutput(): void {
    this.#outbox?.discard();
    this.compression?.end();
  }

  beginClosing(): void {
    for (const event of this.dispatcher.abandon()) this.self.send(event);
    this.#abort?.abort();
    this.#sender?.release('closed');
    this.#replayHead();
    this.#reader.start(Number.POSITIVE_INFINITY);
    const closed = this.#reader.awaitClose(); // it may have come already
    if (closed !== undefined) this.self.send(closed);
  }

  /** xstate stops the actor, which gets no event any more: let go of everything now. */
  #kill(): void {
    this.dispatcher.abandon();
    this.#sender?.release('closed');
    this.signal('closed');
    this.compression?.end();
    this.#guard(() => this.transport.abort());
    this.behaviour.terminate({ type: 'killed' });
  }

  report(event: SessionEvent): void {
    if (event.type === 'handler.crashed' || event.type === 'hook.crashed')
      this.behaviour.reportCrash(event.callback, event.error);
    const report = endingReport(event, this.self);
    if (report !== undefined) deliver(this.logger, report);
  }

  closeTransport(): void {
    if (this.#outbox === undefined) this.#guard(() => this.transport.close());
    else this.#outbox.end();
  }

  abortTransport(): void {
    this.#outbox?.flush(); // a close frame of this very turn: who does not answer may read all the same
    this.#guard(() => this.transport.abort());
  }

  runTerminate(exit: SessionExit): void {
    this.compression?.end();
    this.behaviour.terminate(exit);
  }

  /** A transport may be somebody else's code: what it throws is an error of the connection. */
  #guard(use: () => void): void {
    try {
      use();
    } catch (error) {
      this.failed(error);
    }
  }

  /** The transport has thrown, or zlib. */
  failed(cause: unknown): void {
    this.self.send(transportError(cause, 'the transport threw'));
  }
}
