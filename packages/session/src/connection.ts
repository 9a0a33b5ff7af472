import { deliver, type InfoEvent, type Logger } from '@genws/actor';
import { type CloseFrame, FrameDecoder, PerMessageDeflate, type Role, violation } from '@genws/protocol';
import { Behaviour } from './behaviour.ts';
import { Dispatcher, isPending } from './dispatcher.ts';
import { endingReport } from './ending.ts';
import type { Decision, SendOutcome, SendReceipt, SessionEvent, SessionMessage } from './event.ts';
import type { Handler } from './handler.ts';
import { Liveness } from './liveness.ts';
import type { DataLane, SessionContext } from './machine.ts';
import type { MailboxItem } from './mailbox.ts';
import { type ResolvedTuning, resolveTuning, type SessionCompression, type SessionTuning } from './options.ts';
import { Outbox } from './outbox.ts';
import type { SessionExit } from './reason.ts';
import { type KeptRequest, keepRequest, type RequestFilter, type SessionRequest } from './request.ts';
import type { SessionSelf, SessionState } from './session-ref.ts';
import type { PeerAddress, Transport } from './transport.ts';

export interface ConnectionOptions<State, Info, Opts> {
  readonly role: Role;
  readonly transport: Transport;
  readonly handler: Handler<State, Info, Opts>;
  readonly handlerOpts: Opts;
  readonly request: SessionRequest;
  readonly reqFilter: RequestFilter | undefined;
  readonly head: Uint8Array | undefined;
  readonly compression: SessionCompression | undefined;
  readonly tuning: ResolvedTuning;
  readonly logger: Logger;
  /** Ms on a clock that never goes back. */
  readonly now: () => number;
}

const nothing = new Uint8Array(0);

/**
 * The data lane of one session: bytes in, messages to the handler, frames out. What changes the session's state it
 * leaves to the statechart, as a decision.
 */
export class Connection<State, Info, Opts> implements DataLane {
  readonly role: Role;
  readonly #transport: Transport;
  readonly #logger: Logger;
  readonly #liveness: Liveness;
  readonly #decoder: FrameDecoder;
  readonly #compression: PerMessageDeflate | undefined;
  readonly #outbox: Outbox;
  readonly #behaviour: Behaviour<State, Info, Opts>;
  readonly #dispatcher: Dispatcher<State, Info, Opts>;
  readonly #self: SessionSelf<Info>;
  #tuning: ResolvedTuning;
  /** What only `init` needs. Let go of afterwards. */
  #beginning: { readonly request: SessionRequest; readonly opts: Opts; readonly filter: RequestFilter } | undefined;
  #request: KeptRequest;
  #head: Uint8Array | undefined;
  #abort: AbortController | undefined;
  #reading = false;
  /** Chunks that the transport may still deliver before it is asked again. */
  #chunksLeft = 0;
  /** Who wait for the peer to catch up. */
  #waiting: ((outcome: SendOutcome) => void)[] = [];

  /** The transport's events go to the session's mailbox from here on. */
  constructor(self: SessionSelf<Info>, options: ConnectionOptions<State, Info, Opts>) {
    const { role, transport, tuning, compression, logger, now, request } = options;
    this.role = role;
    this.#self = self;
    this.#transport = transport;
    this.#tuning = tuning;
    this.#logger = logger;
    this.#liveness = new Liveness(tuning, now);
    this.#compression = compression && new PerMessageDeflate(compression.agreed, role, compression.options);
    this.#decoder = new FrameDecoder({ role, limits: tuning.limits, compress: compression !== undefined });
    this.#decoder.tune(tuning.limits, tuning.validateUtf8);
    const onError = (error: unknown): void => this.#transportFailed(error);
    this.#outbox = new Outbox({
      role,
      transport,
      tuning,
      compression: this.#compression,
      onDeflated: (frame) => self.send({ type: 'message.deflated', frame }),
      onError,
    });
    this.#behaviour = new Behaviour(options.handler, this.#outbox, self, logger);
    this.#dispatcher = new Dispatcher({
      behaviour: this.#behaviour,
      outbox: this.#outbox,
      compression: this.#compression,
      self,
      tuning,
      now,
      onError,
    });
    this.#beginning = { request, opts: options.handlerOpts, filter: options.reqFilter ?? keepRequest };
    this.#request = request;
    this.#head = options.head;
    transport.handOver((event) => self.send(event));
  }

  get buffered(): number {
    return this.#outbox.buffered;
  }

  get dropped(): number {
    return this.#outbox.dropped;
  }

  get peer(): PeerAddress | undefined {
    return this.#transport.peername;
  }

  get request(): KeptRequest {
    return this.#request;
  }

  get timeouts(): ResolvedTuning {
    return this.#tuning;
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
        return state === 'open' ? this.#receive(event.bytes, context) : this.#awaitClose(event.bytes);
      case 'info':
        return ending ? undefined : this.#inform(event, state, context);
      case 'send':
        return this.#sendAll(event, ending);
      case 'handler.resolved':
        if (!ending) return this.#dispatcher.resolved(event);
        this.#behaviour.applyLate(event.result);
        return { type: 'handler.settled' };
      case 'handler.rejected':
      case 'handler.crashed':
        if (!ending) return { type: 'handler.crashed', callback: event.callback, error: event.error };
        this.#behaviour.reportCrash(event.callback, event.error);
        return { type: 'handler.settled' };
      case 'message.inflated':
        return ending ? { type: 'handler.settled' } : this.#dispatcher.inflated(event.result);
      case 'message.deflated':
        this.#outbox.deflated(event.frame);
        return undefined;
      case 'transport.drained':
        this.#liveness.heard(); // it reads
        this.#outbox.drained();
        return undefined;
      case 'transport.ended':
      case 'transport.closed':
      case 'transport.error':
        // The messages that came before it are dispatched first.
        return state === 'open' && context.busy ? this.#dispatcher.wait(event) : event;
      case 'xstate.stop':
        this.#kill();
        return event;
      default:
        return event;
    }
  }

  /** The handler is idle: dispatch what has waited for it, then what has not been decoded. */
  resume(context: SessionContext): Decision {
    return (
      this.#dispatcher.resume(context) ?? (this.#dispatcher.takesFrames(context) ? this.#decode(false) : undefined)
    );
  }

  /** Read the peer as long as neither the handler nor the peer itself is behind. */
  regulate(context: SessionContext): void {
    const { limits, activeN } = this.#tuning;
    const read = this.#dispatcher.takesFrames(context) && this.#dispatcher.backlog <= limits.maxBacklog;
    if (read === this.#reading && (this.#chunksLeft > 0 || !read)) return;
    if (read && !this.#reading) this.#liveness.heard(); // it was silent because we did not read
    this.#activate(read ? activeN : 0);
  }

  /** Whether the peer has begun to fall behind, or has caught up. */
  flow(context: SessionContext): Decision {
    const { pressure } = this.#outbox;
    const { highWater, lowWater } = this.#tuning.limits;
    if (context.congested) return pressure <= Math.min(lowWater, highWater) ? { type: 'peer.relieved' } : undefined;
    return pressure > highWater ? { type: 'peer.congested' } : undefined;
  }

  #activate(chunks: number): void {
    this.#chunksLeft = chunks;
    this.#reading = chunks > 0;
    this.#guard(() => this.#transport.activate(chunks));
  }

  #inform(event: InfoEvent<Info>, state: SessionState, context: SessionContext): Decision {
    const idle = state === 'open' && !context.busy && this.#dispatcher.isOpen(context);
    return idle ? this.#behaviour.handleInfo(event.message) : this.#dispatcher.wait(event);
  }

  #receive(bytes: Uint8Array, context: SessionContext): Decision {
    this.#liveness.heard();
    this.#chunksLeft--;
    this.#decoder.push(bytes);
    return this.#dispatcher.takesFrames(context) ? this.#decode(context.busy) : undefined;
  }

  /** Dispatch what the decoder holds until a decision has to be taken, or the handler is busy. */
  #decode(busy: boolean): Decision {
    this.#outbox.hold();
    let waiting = busy;
    let decision: Decision;
    while (!this.#outbox.overflowing) {
      const decoded = this.#decoder.next();
      if (decoded === undefined) break;
      let item: MailboxItem<Info> =
        decoded.type === 'violation' ? { type: 'peer.violated', violation: decoded } : decoded;
      if (item.type === 'close') this.#decoder.end(); // nothing counts after it (RFC 6455 §5.5.1)
      if (item.type === 'ping' || item.type === 'pong') {
        if (this.#liveness.floods()) {
          item = { type: 'peer.violated', violation: violation('controlFlood') };
          this.#decoder.end();
        } else if (item.type === 'ping') this.#outbox.pong(item.data);
      }
      const decided = waiting ? this.#dispatcher.wait(item) : this.#dispatcher.dispatch(item);
      if (decided === undefined) continue;
      if (isPending(decided)) waiting = true;
      else if (decision !== undefined) this.#self.send(decided); // once it is known that the handler is busy
      decision ??= decided;
      if (!isPending(decided)) break;
    }
    this.#outbox.release();
    return decision;
  }

  /** After our close frame only the peer's matters: what it sent before is not delivered any more. */
  #awaitClose(bytes: Uint8Array): Decision {
    this.#decoder.push(bytes);
    for (let decoded = this.#decoder.next(); decoded !== undefined; decoded = this.#decoder.next()) {
      if (decoded.type === 'close') return { type: 'peer.closed', frame: decoded };
      if (decoded.type === 'violation') return { type: 'peer.violated', violation: decoded };
    }
    return undefined;
  }

  #sendAll({ frames, receipt, slowConsumer }: Extract<SessionMessage, { type: 'send' }>, ending: boolean): Decision {
    receipt.outcome = ending ? 'closed' : 'sent';
    let decision: Decision;
    for (const frame of ending ? [] : frames) {
      if (frame.type === 'close') {
        decision = { type: 'close', frame };
        break;
      }
      const outcome = this.#outbox.append(frame, slowConsumer);
      if (outcome === 'sent') continue;
      if (receipt.outcome === 'sent') receipt.outcome = outcome;
      if (outcome === 'dropped') continue;
      if ((slowConsumer ?? this.#tuning.slowConsumer) === 'close') decision = { type: 'peer.stalled' };
      break;
    }
    this.#settle(receipt);
    return decision;
  }

  /** Tell the sender that there is room: now, or when the peer has caught up. */
  #settle({ outcome, settled }: SendReceipt): void {
    if (settled === undefined) return;
    if (outcome !== 'sent' || this.#outbox.pressure <= this.#tuning.limits.highWater) settled(outcome);
    else this.#waiting.push(settled);
  }

  // What the statechart has done.

  tune(options: readonly SessionTuning[]): void {
    for (const change of options) this.#tuning = resolveTuning(change, this.#tuning);
    this.#decoder.tune(this.#tuning.limits, this.#tuning.validateUtf8);
    this.#liveness.tune(this.#tuning);
    this.#outbox.tune(this.#tuning);
    this.#dispatcher.tune(this.#tuning);
  }

  hibernate(): void {
    this.#compression?.release();
  }

  tellFlow(type: 'congested' | 'relieved'): void {
    if (type === 'relieved') this.#release('sent');
    try {
      const message = this.#behaviour.flowInfo({ type, buffered: this.buffered });
      if (message !== undefined) this.#self.send(message);
    } catch (error) {
      this.#self.send({ type: 'handler.crashed', callback: 'flowInfo', error });
    }
  }

  /** Tell all who wait for the peer to catch up what has become of it. */
  #release(outcome: SendOutcome): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const settled of waiting) settled(outcome);
  }

  silenceLeft(context: SessionContext): number {
    return this.#isDeaf(context) ? this.#tuning.idleTimeout : this.#liveness.silenceLeft;
  }

  unanswered(context: SessionContext): boolean {
    return !this.#isDeaf(context) && this.#liveness.unanswered;
  }

  /** Whether the peer is silent because it is not read. */
  #isDeaf({ active, throttled }: SessionContext): boolean {
    return !active || throttled || this.#dispatcher.backlog > this.#tuning.limits.maxBacklog;
  }

  beat(): void {
    this.#outbox.ping();
    this.#liveness.pinged();
  }

  runInit(): void {
    const beginning = this.#beginning;
    if (beginning === undefined) return;
    this.#beginning = undefined;
    const decision = this.#behaviour.init(beginning.request, beginning.opts) ?? this.#keepRequest(beginning);
    if (decision?.type === 'handler.pending') return;
    if (decision !== undefined) this.#self.send(decision);
    this.#self.send({ type: 'handler.settled' });
  }

  /** Let go of what is not worth keeping of the request. */
  #keepRequest({ request, filter }: { readonly request: SessionRequest; readonly filter: RequestFilter }): Decision {
    try {
      this.#request = filter(request);
      return undefined;
    } catch (error) {
      return { type: 'handler.crashed', callback: 'reqFilter', error };
    }
  }

  startReading(): void {
    this.#readFrom(this.#tuning.activeN);
  }

  #readFrom(chunks: number): void {
    this.#liveness.heard();
    const head = this.#head;
    this.#head = undefined;
    if (head !== undefined && head.length > 0) this.#self.send({ type: 'transport.data', bytes: head });
    this.#activate(chunks);
  }

  sendClose(frame: CloseFrame): void {
    this.#outbox.close(frame);
  }

  discardOutput(): void {
    this.#outbox.discard();
    this.#compression?.end();
  }

  beginClosing(): void {
    for (const event of this.#dispatcher.abandon()) this.#self.send(event);
    this.#abort?.abort();
    this.#release('closed');
    this.#readFrom(Number.POSITIVE_INFINITY);
    const closed = this.#awaitClose(nothing); // it may have come already
    if (closed !== undefined) this.#self.send(closed);
  }

  /** xstate stops the actor, which gets no event any more: let go of everything now. */
  #kill(): void {
    this.#dispatcher.abandon();
    this.#release('closed');
    this.signal('closed');
    this.#compression?.end();
    this.#guard(() => this.#transport.abort());
    this.#behaviour.terminate({ type: 'killed' });
  }

  report(event: SessionEvent): void {
    if (event.type === 'handler.crashed') this.#behaviour.reportCrash(event.callback, event.error);
    const report = endingReport(event, this.#self);
    if (report !== undefined) deliver(this.#logger, report);
  }

  closeTransport(): void {
    this.#outbox.end();
  }

  abortTransport(): void {
    this.#guard(() => this.#transport.abort());
  }

  runTerminate(exit: SessionExit): void {
    this.#compression?.end();
    this.#behaviour.terminate(exit);
  }

  /** A transport may be somebody else's code: what it throws is an error of the connection. */
  #guard(use: () => void): void {
    try {
      use();
    } catch (error) {
      this.#transportFailed(error);
    }
  }

  #transportFailed(cause: unknown): void {
    const error = cause instanceof Error ? cause : new Error('the transport threw', { cause });
    this.#self.send({ type: 'transport.error', error });
  }
}
