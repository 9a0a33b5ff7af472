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
import { Mailbox, type MailboxItem } from './mailbox.ts';
import type { ResolvedTuning } from './options.ts';
import type { Outbox } from './outbox.ts';
import { isMetered, RateMeter } from './rate.ts';
import { isPending, type Taker } from './reader.ts';
import type { SessionSelf } from './session-ref.ts';
import { transportError } from './transport.ts';

/** What a dispatcher is made from. */
export interface DispatcherOptions<State, Info, Opts> {
  readonly behaviour: Behaviour<State, Info, Opts>;
  readonly outbox: Outbox;
  /** Present where compression was agreed on. */
  readonly compression: PerMessageDeflate | undefined;
  readonly self: SessionSelf<Info>;
  readonly tuning: ResolvedTuning;
  readonly now: () => number;
}

/**
 * Gives the handler what is for it, one thing at a time: at once, or from the mailbox when it could not take it at once.
 */
export class Dispatcher<State, Info, Opts> implements Taker<Info> {
  readonly #behaviour: Behaviour<State, Info, Opts>;
  readonly #outbox: Outbox;
  readonly #compression: PerMessageDeflate | undefined;
  readonly #self: SessionSelf<Info>;
  readonly #now: () => number;
  readonly #mailbox = new Mailbox<Info>();
  #tuning: ResolvedTuning;
  #rate: RateMeter | undefined;

  constructor({ behaviour, outbox, compression, self, tuning, now }: DispatcherOptions<State, Info, Opts>) {
    this.#behaviour = behaviour;
    this.#outbox = outbox;
    this.#compression = compression;
    this.#self = self;
    this.#now = now;
    this.#tuning = tuning;
    this.tune(tuning);
  }

  /** From here on. */
  tune(tuning: ResolvedTuning): void {
    const { maxMessageRate, maxByteRate } = this.#tuning.limits;
    const { limits } = tuning;
    this.#tuning = tuning;
    // What has been counted is forgotten with the rates it was counted against, not with any other change.
    if (this.#rate !== undefined && limits.maxMessageRate === maxMessageRate && limits.maxByteRate === maxByteRate)
      return;
    this.#rate = isMetered(limits) ? new RateMeter(limits, this.#now()) : undefined;
  }

  /** Bytes that the frames waiting take up. */
  get backlog(): number {
    return this.#mailbox.bytes;
  }

  /** Whether nothing waits. */
  get empty(): boolean {
    return this.#mailbox.length === 0;
  }

  /** Whether the handler, once idle, may be called: under the policy `wait` not while the peer is behind. */
  isOpen({ congested }: SessionContext): boolean {
    return this.#tuning.slowConsumer !== 'wait' || !(congested || this.#outbox.overflowing);
  }

  /** Whether the handler, once idle, may be given what the peer has sent: not while that peer is behind with answers. */
  takesFrames({ active, throttled, congested }: SessionContext): boolean {
    return active && !throttled && !congested && !this.#outbox.overflowing;
  }

  /** Keep an item until the handler can take it. */
  wait(item: MailboxItem<Info>): Decision {
    if (this.#mailbox.length >= this.#tuning.limits.maxMailbox) return { type: 'mailbox.overflowed' };
    this.#mailbox.push(item);
    return undefined;
  }

  /** The handler is idle: give it what has waited, as far as it may be given it. */
  resume(context: SessionContext): Decision {
    while (this.isOpen(context)) {
      const item = this.takesFrames(context) ? this.#mailbox.shift() : this.#mailbox.shiftPast();
      if (item === undefined) return undefined;
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
        return this.#behaviour.handleIn(item);
      case 'close':
        return this.#peerClosed(item);
      case 'info':
        return this.#behaviour.handleInfo(item.message);
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
    const decision = this.#behaviour.apply(callback, result);
    // The peer has closed already: its close frame, next in the mailbox, decides.
    return this.#settle(this.#mailbox.peek()?.type === 'peer.closed' ? withoutClose(decision) : decision);
  }

  /** The session ends: nothing is delivered any more, but what has become of the peer still counts. */
  abandon(): NonNullable<Decision>[] {
    return this.#mailbox.abandon();
  }

  #settle(decision: Decision): Decision {
    if (decision === undefined) return { type: 'handler.settled' };
    if (!isPending(decision)) this.#self.send({ type: 'handler.settled' });
    return decision;
  }

  /** A message for the handler, if the peer has not sent too many. */
  #receive(message: ReceivedText | ReceivedBinary): Decision {
    const rate = this.#rate;
    if (rate === undefined) return this.#behaviour.handleIn(message);
    const { limits, overRate } = this.#tuning;
    if (rate.exceeded(limits, this.#now())) {
      if (overRate === 'drop') return undefined;
      if (overRate === 'close') return { type: 'peer.violated', violation: violation('messageFlood') };
    }
    rate.count(message.length);
    const decision = this.#behaviour.handleIn(message);
    if (overRate !== 'delay' || !rate.exceeded(limits, this.#now())) return decision;
    const throttled: SessionDecision = { type: 'peer.throttled', ms: rate.wait(limits) };
    if (decision === undefined) return throttled;
    // Before the next message is dispatched, whether the handler is busy until then or not.
    if (decision.type === 'handler.commanded') return { ...decision, next: decision.next ?? throttled };
    this.#self.send(throttled);
    return decision;
  }

  #inflate(frame: CompressedFrame): Decision {
    const { validateUtf8, limits } = this.#tuning;
    try {
      const inflated = this.#compression?.inflate(frame, { maxMessage: limits.maxMessage, validateUtf8 });
      if (inflated === undefined) return undefined;
      if (!(inflated instanceof Promise)) return this.#inflated(inflated);
      inflated.then(
        (result) => this.#self.send({ type: 'message.inflated', result }),
        (error: unknown) => {
          this.#mailbox.unshift(inflationFailed(error)); // before all that refers to the message that is lost
          this.#self.send({ type: 'message.inflated', result: undefined });
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
    const decision = this.#behaviour.handleIn(frame);
    const closed: SessionDecision = { type: 'peer.closed', frame };
    switch (decision?.type) {
      case 'handler.pending':
        this.#mailbox.unshift(closed);
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
