import { deliver, type Logger } from '@genws/actor';
import { type CloseFrame, FrameDecoder, type Role, violation } from '@genws/protocol';
import { Behaviour } from './behaviour.ts';
import { endingReport } from './ending.ts';
import type { Decision, SessionDecision, SessionEvent, SessionMessage } from './event.ts';
import type { Handler } from './handler.ts';
import { Liveness } from './liveness.ts';
import type { DataLane } from './machine.ts';
import { Mailbox, type MailboxItem } from './mailbox.ts';
import type { SessionLimits, SessionTimeouts } from './options.ts';
import { Outbox } from './outbox.ts';
import type { SessionExit } from './reason.ts';
import type { SessionRequest } from './request.ts';
import type { SessionSelf, SessionState } from './session-ref.ts';
import type { PeerAddress, Transport } from './transport.ts';

export interface ConnectionOptions<State, Info, Opts> {
  readonly role: Role;
  readonly transport: Transport;
  readonly handler: Handler<State, Info, Opts>;
  readonly handlerOpts: Opts;
  readonly request: SessionRequest;
  readonly head: Uint8Array | undefined;
  readonly limits: SessionLimits;
  readonly timeouts: SessionTimeouts;
  readonly logger: Logger;
  /** Ms on a clock that never goes back. */
  readonly now: () => number;
}

/**
 * The data lane of one session: bytes in, messages to the handler, frames out. What changes the session's state it
 * leaves to the statechart, as a decision.
 */
export class Connection<State, Info, Opts> implements DataLane {
  readonly role: Role;
  readonly timeouts: SessionTimeouts;
  readonly #transport: Transport;
  readonly #limits: SessionLimits;
  readonly #logger: Logger;
  readonly #liveness: Liveness;
  readonly #decoder: FrameDecoder;
  readonly #outbox: Outbox;
  readonly #behaviour: Behaviour<State, Info, Opts>;
  readonly #mailbox = new Mailbox<Info>();
  readonly #self: SessionSelf<Info>;
  /** What only `init` needs. Let go of afterwards. */
  #beginning: { readonly request: SessionRequest; readonly opts: Opts } | undefined;
  #head: Uint8Array | undefined;
  #abort: AbortController | undefined;
  #reading = false;

  /** The transport's events go to the session's mailbox from here on. */
  constructor(self: SessionSelf<Info>, options: ConnectionOptions<State, Info, Opts>) {
    const { role, transport, limits, logger, now } = options;
    this.role = role;
    this.timeouts = options.timeouts;
    this.#self = self;
    this.#transport = transport;
    this.#limits = limits;
    this.#logger = logger;
    this.#liveness = new Liveness(limits, options.timeouts, now);
    this.#decoder = new FrameDecoder({ role, limits });
    this.#outbox = new Outbox(role, transport, limits, (error) => this.#transportFailed(error));
    this.#behaviour = new Behaviour(options.handler, this.#outbox, self, logger);
    this.#beginning = { request: options.request, opts: options.handlerOpts };
    this.#head = options.head;
    transport.handOver((event) => self.send(event));
  }

  get buffered(): number {
    return this.#outbox.buffered;
  }

  get peer(): PeerAddress | undefined {
    return this.#transport.peername;
  }

  /** Made when first asked for: most handlers never do. */
  signal(state: SessionState): AbortSignal {
    this.#abort ??= new AbortController();
    if (state === 'closing' || state === 'closed') this.#abort.abort();
    return this.#abort.signal;
  }

  /** Deal with an event, or leave it to the statechart. */
  handle(event: SessionEvent<Info>, state: SessionState, busy: boolean): Decision {
    const ending = state === 'closing' || state === 'closed';
    switch (event.type) {
      case 'transport.data':
        return state === 'open' ? this.#receive(event.bytes, busy) : this.#awaitClose(event.bytes);
      case 'info':
        if (ending) return undefined;
        return state === 'open' && !busy ? this.#behaviour.handleInfo(event.message) : this.#wait(event);
      case 'send':
        return this.#sendAll(event, ending);
      case 'handler.resolved':
        return this.#resolved(event, ending);
      case 'handler.rejected':
      case 'handler.crashed':
        if (!ending) return { type: 'handler.crashed', callback: event.callback, error: event.error };
        this.#behaviour.reportCrash(event.callback, event.error);
        return { type: 'handler.settled' };
      case 'transport.drained':
        this.#outbox.drained();
        return undefined;
      case 'transport.closed':
      case 'transport.error':
        if (state !== 'open' || !busy) return event;
        this.#mailbox.push(event); // the messages that came before it are dispatched first
        return undefined;
      case 'xstate.stop':
        this.#kill();
        return event;
      default:
        return event;
    }
  }

  /** The handler is idle: dispatch what has waited for it. */
  resume(): Decision {
    for (let item = this.#mailbox.shift(); item !== undefined; item = this.#mailbox.shift()) {
      const decision = this.#dispatch(item);
      if (decision !== undefined) return decision;
    }
    return undefined;
  }

  /** Read the peer as long as neither the handler nor the peer itself is behind; after our close frame, always. */
  regulate(state: SessionState): void {
    const { maxBacklog, highWater } = this.#limits;
    const read = state !== 'open' || (this.#mailbox.bytes <= maxBacklog && this.#outbox.buffered <= highWater);
    if (read === this.#reading) return;
    this.#reading = read;
    if (read) this.#liveness.heard(); // it was silent because we did not read
    this.#guard(() => this.#transport.activate(read ? Number.POSITIVE_INFINITY : 0));
  }

  #receive(bytes: Uint8Array, busy: boolean): Decision {
    this.#liveness.heard();
    this.#outbox.hold();
    this.#decoder.push(bytes);
    let waiting = busy;
    let decision: Decision;
    for (let decoded = this.#decoder.next(); decoded !== undefined; decoded = this.#decoder.next()) {
      if (decoded.type === 'compressed') continue; // never yielded: no extension has been agreed
      let item: MailboxItem<Info> =
        decoded.type === 'violation' ? { type: 'peer.violated', violation: decoded } : decoded;
      if (item.type === 'close') this.#decoder.end(); // nothing counts after it (RFC 6455 §5.5.1)
      if (item.type === 'ping' || item.type === 'pong') {
        if (this.#liveness.floods()) {
          item = { type: 'peer.violated', violation: violation('controlFlood') };
          this.#decoder.end();
        } else if (item.type === 'ping') this.#outbox.pong(item.data);
      }
      const decided = waiting ? this.#wait(item) : this.#dispatch(item);
      if (decided === undefined) continue;
      if (decided.type === 'handler.pending') waiting = true;
      else if (decision !== undefined) this.#self.send(decided); // once it is known that the handler is busy
      decision ??= decided;
      if (decided.type !== 'handler.pending') break;
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

  #sendAll({ frames, receipt }: Extract<SessionMessage, { type: 'send' }>, ending: boolean): Decision {
    receipt.outcome = ending ? 'closed' : 'sent';
    if (ending) return undefined;
    for (const frame of frames) {
      if (frame.type === 'close') return { type: 'close', frame };
      if (this.#outbox.append(frame)) continue;
      receipt.outcome = 'congested';
      return { type: 'peer.stalled' };
    }
    return undefined;
  }

  #resolved({ callback, result }: Extract<SessionDecision, { type: 'handler.resolved' }>, ending: boolean): Decision {
    if (ending) {
      this.#behaviour.applyLate(result);
      return { type: 'handler.settled' };
    }
    const decision = this.#behaviour.apply(callback, result);
    if (decision === undefined) return { type: 'handler.settled' };
    // The peer has closed already: its close frame, next in the mailbox, decides.
    const answered = decision.type === 'handler.stopped' || decision.type === 'handler.closed';
    if (answered && this.#mailbox.peek()?.type === 'peer.closed') return { type: 'handler.settled' };
    this.#self.send({ type: 'handler.settled' });
    return decision;
  }

  #wait(item: MailboxItem<Info>): Decision {
    if (this.#mailbox.length >= this.#limits.maxMailbox) return { type: 'mailbox.overflowed' };
    this.#mailbox.push(item);
    return undefined;
  }

  #dispatch(item: MailboxItem<Info>): Decision {
    switch (item.type) {
      case 'text':
      case 'binary':
      case 'ping':
      case 'pong':
        return this.#behaviour.handleIn(item);
      case 'close':
        return this.#peerClosed(item);
      case 'info':
        return this.#behaviour.handleInfo(item.message);
      default:
        return item;
    }
  }

  /** The handler hears of the close frame first, and may still send; then the statechart answers it. */
  #peerClosed(frame: CloseFrame): Decision {
    const decision = this.#behaviour.handleIn(frame);
    const closed: SessionDecision = { type: 'peer.closed', frame };
    if (decision?.type === 'handler.pending') this.#mailbox.unshift(closed);
    return decision?.type === 'handler.pending' || decision?.type === 'handler.crashed' ? decision : closed;
  }

  // What the statechart has done.

  get silenceLeft(): number {
    if (this.#mailbox.bytes > this.#limits.maxBacklog) return this.timeouts.idleTimeout; // silent because we do not read
    return this.#liveness.silenceLeft;
  }

  runInit(): void {
    const beginning = this.#beginning;
    if (beginning === undefined) return;
    this.#beginning = undefined;
    const decision = this.#behaviour.init(beginning.request, beginning.opts);
    if (decision?.type === 'handler.pending') return;
    if (decision !== undefined) this.#self.send(decision);
    this.#self.send({ type: 'handler.settled' });
  }

  startReading(): void {
    this.#liveness.heard();
    const head = this.#head;
    this.#head = undefined;
    if (head !== undefined && head.length > 0) this.#self.send({ type: 'transport.data', bytes: head });
    this.#reading = true;
    this.#guard(() => this.#transport.activate(Number.POSITIVE_INFINITY));
  }

  sendClose(frame: CloseFrame): void {
    this.#outbox.close(frame);
  }

  beginClosing(): void {
    for (const event of this.#mailbox.abandon()) this.#self.send(event);
    this.#abort?.abort();
    this.startReading();
  }

  /** xstate stops the actor, which gets no event any more: let go of everything now. */
  #kill(): void {
    this.#mailbox.clear();
    this.signal('closed');
    this.#guard(() => this.#transport.abort());
    this.#behaviour.terminate({ type: 'killed' });
  }

  report(event: SessionEvent): void {
    if (event.type === 'handler.crashed') this.#behaviour.reportCrash(event.callback, event.error);
    const report = endingReport(event, this.#self);
    if (report !== undefined) deliver(this.#logger, report);
  }

  closeTransport(): void {
    this.#outbox.flush();
    this.#guard(() => this.#transport.close());
  }

  abortTransport(): void {
    this.#guard(() => this.#transport.abort());
  }

  runTerminate(exit: SessionExit): void {
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
