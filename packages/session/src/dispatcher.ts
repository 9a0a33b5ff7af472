import type { Clock, InfoEvent } from '@genws/actor';
import {
  type CloseFrame,
  type CompressedFrame,
  type Inflated,
  type PerMessageDeflate,
  type ReceivedBinary,
  type ReceivedText,
  violation,
} from '@genws/protocol';
import type { Behaviour } from './behaviour.ts';
import type { SessionContext } from './data-lane.ts';
import type { Decision, SessionDecision } from './event.ts';
import { Fifo } from './fifo.ts';
import { Mailbox, type MailboxItem } from './mailbox.ts';
import type { ResolvedTuning } from './options.ts';
import type { Outbox } from './outbox.ts';
import { isMetered, RateMeter } from './rate.ts';
import { isPending, type Taker } from './reader.ts';
import type { SessionSelf } from './session-ref.ts';
import type { SystemEvent } from './system-request.ts';
import { transportError } from './transport.ts';

/**
 * Messages of actors that a handler is given in one turn of the event loop: two that answer each other would never let
 * anybody else have a turn.
 */
const fairShare = 1024;

/** Whose handler is given what. */
export interface DispatcherOwner<Info> {
  readonly behaviour: Behaviour<Info>;
  /** {@link Outbox.overflowing}, of an outbox that there may not be yet. */
  readonly overflowing: boolean;
  /** Present where compression was agreed on. */
  readonly compression: PerMessageDeflate | undefined;
  readonly self: SessionSelf<Info>;
  readonly tuning: ResolvedTuning;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * Gives the handler what is for it, one thing at a time: at once, or from the mailbox when it could not take it at once.
 */
export class Dispatcher<Info> implements Taker<Info> {
  readonly #owner: DispatcherOwner<Info>;
  #mailbox: Mailbox<Info> | undefined;
  /** What is asked of the session itself while a callback runs. */
  #requests: Fifo<SystemEvent> | undefined;
  /** Messages of actors that the handler is given before the event loop has to come round. */
  #credit = fairShare;
  #rate: RateMeter | undefined;

  constructor(owner: DispatcherOwner<Info>) {
    this.#owner = owner;
    this.#meter();
  }

  /** Options have changed from these. What has been counted is forgotten with the rates it was counted against only. */
  tuned({ limits: { maxMessageRate, maxByteRate } }: ResolvedTuning): void {
    const { limits } = this.#owner.tuning;
    if (limits.maxMessageRate !== maxMessageRate || limits.maxByteRate !== maxByteRate) this.#meter();
  }

  #meter(): void {
    const { tuning, clock } = this.#owner;
    this.#rate = isMetered(tuning.limits) ? new RateMeter(tuning.limits, clock.now()) : undefined;
  }

  /** Bytes that the frames waiting take up. */
  get backlog(): number {
    return this.#mailbox?.bytes ?? 0;
  }

  /** Messages that wait. */
  get length(): number {
    return this.#mailbox?.length ?? 0;
  }

  /** Whether nothing waits. */
  get empty(): boolean {
    return this.length === 0;
  }

  /** Whether the handler, once idle, may be called: under the policy `wait` not while the peer is behind. */
  isOpen({ congested, suspended, yielding }: SessionContext): boolean {
    if (suspended || yielding) return false;
    return this.#owner.tuning.slowConsumer !== 'wait' || !(congested || this.#owner.overflowing);
  }

  /** Whether the handler, once idle, may be given what the peer has sent: not while that peer is behind with answers. */
  takesFrames({ active, throttled, congested, suspended }: SessionContext): boolean {
    return active && !throttled && !congested && !suspended && !this.#owner.overflowing;
  }

  /** A message of an actor: for the handler if that is idle, else it waits. */
  inform(event: InfoEvent<Info>, idle: boolean): Decision {
    if (!idle) return this.wait(event);
    if (this.#credit === 0) return this.wait(event) ?? { type: 'handler.yielded' };
    this.#credit--;
    return this.#owner.behaviour.handleInfo(event.message);
  }

  /** The event loop has come round. */
  rested(): void {
    this.#credit = fairShare;
  }

  /** Something is asked of the session itself. */
  request(event: SystemEvent, busy: boolean): Decision {
    if (!busy && (this.#requests?.length ?? 0) === 0) return this.#owner.behaviour.answer(event);
    this.#requests ??= new Fifo();
    this.#requests.push(event);
    return undefined;
  }

  /** Keep an item until the handler can take it. */
  wait(item: MailboxItem<Info>): Decision {
    if (this.length >= this.#owner.tuning.limits.maxMailbox) return { type: 'mailbox.overflowed' };
    this.#mailbox ??= new Mailbox();
    this.#mailbox.push(item);
    return undefined;
  }

  /** Keep an item that comes before all that wait. */
  #waitFirst(item: MailboxItem<Info>): void {
    this.#mailbox ??= new Mailbox();
    this.#mailbox.unshift(item);
  }

  /** The handler is idle: give it what has waited, as far as it may be given it. */
  resume(context: SessionContext): Decision {
    for (let next = this.#requests?.shift(); next !== undefined; next = this.#requests?.shift()) {
      const decision = this.#owner.behaviour.answer(next);
      if (decision !== undefined) return decision;
    }
    while (this.#mailbox !== undefined && this.isOpen(context)) {
      const item = this.takesFrames(context) ? this.#mailbox.shift() : this.#mailbox.shiftPast();
      if (item === undefined) return undefined;
      if (item.type === 'info' && this.#credit-- === 0) {
        this.#credit = 0;
        this.#waitFirst(item);
        return { type: 'handler.yielded' };
      }
      const decision = this.dispatch(item);
      if (decision !== undefined) return decision;
    }
    return undefined;
  }

  /** Give the handler an item now. */
  dispatch(item: MailboxItem<Info>): Decision {
    switch (item.type) {
      case 'text':
      case 'binary':
        return this.#receive(item);
      case 'compressed':
        return this.#inflate(item);
      case 'ping':
      case 'pong':
        return this.#owner.behaviour.handleIn(item);
      case 'close':
        return this.#peerClosed(item);
      case 'info':
        return this.#owner.behaviour.handleInfo(item.message);
      default:
        return item;
    }
  }

  /** A message has been inflated elsewhere; `undefined` when it was given up. */
  inflated(message: Inflated | undefined): Decision {
    return this.#settle(message && this.#inflated(message));
  }

  /** A callback's promise has been fulfilled. */
  resolved({ callback, result }: Extract<SessionDecision, { type: 'handler.resolved' }>): Decision {
    const decision = this.#owner.behaviour.apply(callback, result);
    // The peer has closed already: its close frame, next in the mailbox, decides.
    return this.#settle(this.#mailbox?.peek()?.type === 'peer.closed' ? withoutClose(decision) : decision);
  }

  /** The session ends: nothing is delivered any more, but what has become of the peer still counts. */
  abandon(): NonNullable<Decision>[] {
    this.#requests = undefined;
    return this.#mailbox?.abandon() ?? [];
  }

  #settle(decision: Decision): Decision {
    if (decision === undefined) return { type: 'handler.settled' };
    if (!isPending(decision)) this.#owner.self.send({ type: 'handler.settled' });
    return decision;
  }

  /** A message for the handler, if the peer has not sent too many. */
  #receive(message: ReceivedText | ReceivedBinary): Decision {
    const rate = this.#rate;
    if (rate === undefined) return this.#owner.behaviour.handleIn(message);
    const { limits, overRate } = this.#owner.tuning;
    if (rate.exceeded(limits, this.#owner.clock.now())) {
      if (overRate === 'drop') return undefined;
      if (overRate === 'close') return { type: 'peer.violated', violation: violation('messageFlood') };
    }
    rate.count(message.length);
    const decision = this.#owner.behaviour.handleIn(message);
    if (overRate !== 'delay' || !rate.exceeded(limits, this.#owner.clock.now())) return decision;
    const throttled: SessionDecision = { type: 'peer.throttled', ms: rate.wait(limits) };
    if (decision === undefined) return throttled;
    // Before the next message is dispatched, whether the handler is busy until then or not.
    if (decision.type === 'handler.commanded') return { ...decision, next: decision.next ?? throttled };
    this.#owner.self.send(throttled);
    return decision;
  }

  #inflate(frame: CompressedFrame): Decision {
    const { validateUtf8, limits } = this.#owner.tuning;
    try {
      const inflated = this.#owner.compression?.inflate(frame, { maxMessage: limits.maxMessage, validateUtf8 });
      if (inflated === undefined) return undefined;
      if (!(inflated instanceof Promise)) return this.#inflated(inflated);
      inflated.then(
        (result) => this.#owner.self.send({ type: 'message.inflated', result }),
        (error: unknown) => {
          this.#waitFirst(inflationFailed(error)); // before all that refers to the message that is lost
          this.#owner.self.send({ type: 'message.inflated', result: undefined });
        },
      );
      return { type: 'message.inflating' };
    } catch (error) {
      return inflationFailed(error);
    }
  }

  #inflated(message: Inflated): Decision {
    return message.type === 'violation' ? { type: 'peer.violated', violation: message } : this.dispatch(message);
  }

  /** The handler hears of the close frame first, and may still send; then the statechart answers it. */
  #peerClosed(frame: CloseFrame): Decision {
    const decision = this.#owner.behaviour.handleIn(frame);
    const closed: SessionDecision = { type: 'peer.closed', frame };
    switch (decision?.type) {
      case 'handler.pending':
        this.#waitFirst(closed);
        return decision;
      case 'handler.crashed':
        return decision;
      case 'handler.commanded':
        return decision.next?.type === 'handler.crashed' ? decision : { ...decision, next: closed };
      default:
        return closed;
    }
  }
}

/** zlib itself has failed, as for want of memory: nothing that follows can be read. */
const inflationFailed = (cause: unknown): NonNullable<Decision> =>
  transportError(cause, 'a message could not be inflated');

/** The same without a close of this side's own. */
function withoutClose(decision: Decision): Decision {
  if (decision?.type === 'handler.stopped' || decision?.type === 'handler.closed') return undefined;
  return decision?.type === 'handler.commanded' ? { ...decision, next: withoutClose(decision.next) } : decision;
}
