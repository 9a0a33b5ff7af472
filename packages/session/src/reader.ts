import { type FrameDecoder, type PerMessageDeflate, type Role, violation } from '@genws/protocol';
import { type CodecPool, decodersFor } from './codec-pool.ts';
import type { SessionContext } from './data-lane.ts';
import type { Decision } from './event.ts';
import type { Liveness } from './liveness.ts';
import type { MailboxItem } from './mailbox.ts';
import type { ResolvedTuning } from './options.ts';
import type { Outbox } from './outbox.ts';
import type { SessionSelf } from './session-ref.ts';
import type { Transport } from './transport.ts';

/** Who takes what the peer sends. */
export interface Taker<Info> {
  /** Bytes that wait for it. */
  readonly backlog: number;
  /** Whether nothing waits for it. */
  readonly empty: boolean;
  /** Whether it takes the peer's frames at all, once it is idle. */
  takesFrames(context: SessionContext): boolean;
  dispatch(item: MailboxItem<Info>): Decision;
  wait(item: MailboxItem<Info>): Decision;
}

/** Whose peer is read. */
export interface ReaderOwner<Info> {
  readonly role: Role;
  readonly transport: Transport;
  readonly tuning: ResolvedTuning;
  /** Present where compression was agreed on. */
  readonly compression: PerMessageDeflate | undefined;
  readonly liveness: Liveness;
  readonly dispatcher: Taker<Info>;
  readonly self: SessionSelf<Info>;
  readonly outbox: Outbox;
  // The same for an outbox that there may not be yet.
  readonly overflowing: boolean;
  hold(): void;
  release(): void;
  /** The transport has thrown. */
  failed(error: unknown): void;
}

/** More chunks than come in a session's life, or a good part of it: a count that V8 keeps without an object for it. */
const unlimited = 2 ** 30;

/** Reads the peer: bytes from the transport, as many as can be dealt with, to frames, of which pings are answered. */
export class Reader<Info> {
  readonly #owner: ReaderOwner<Info>;
  /** Lent as long as there is something to read, or half read: many a session waits for long. */
  #decoder: FrameDecoder | undefined;
  #reading = false;
  /** Whether the peer has ended its direction, and the session does not know yet. */
  #ended = false;
  /** Chunks that the transport may still deliver before it is asked again. */
  #chunksLeft = 0;
  #messages = 0;
  #bytes = 0;

  constructor(owner: ReaderOwner<Info>) {
    this.#owner = owner;
  }

  /** Options have changed from these. */
  tuned({ activeN }: ResolvedTuning): void {
    const { tuning } = this.#owner;
    if (tuning.activeN !== activeN) this.#chunksLeft = 0; // to be asked for anew
    this.#decoder?.tune(tuning.limits, tuning.validateUtf8);
  }

  /** Messages that have come, whole. */
  get messages(): number {
    return this.#messages;
  }

  /** Bytes that have come. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of what has come that make no whole message yet, or have not been looked at. */
  get held(): number {
    return this.#decoder?.held ?? 0;
  }

  /** Begin to read, or read on with another count of chunks. */
  start(chunks: number = this.#owner.tuning.activeN): void {
    this.#owner.liveness.heard();
    this.#activate(chunks);
  }

  /** Read the peer as long as neither the handler nor the peer itself is behind. */
  regulate(context: SessionContext): void {
    const { dispatcher, tuning, liveness } = this.#owner;
    const read = dispatcher.takesFrames(context) && dispatcher.backlog <= tuning.limits.maxBacklog;
    if (read === this.#reading && (this.#chunksLeft > 0 || !read)) return;
    if (read && !this.#reading) liveness.heard(); // it was silent because we did not read
    this.#activate(read ? tuning.activeN : 0);
  }

  /** Bytes have come. */
  receive(bytes: Uint8Array, context: SessionContext): Decision {
    this.#owner.liveness.heard();
    this.#chunksLeft--;
    this.#bytes += bytes.length;
    this.#decode(bytes);
    return this.resume(context);
  }

  /** The peer sends no more: the session hears of it when all that it has sent has been dispatched. */
  end(context: SessionContext): Decision {
    this.#ended = true;
    return this.resume(context);
  }

  /** Dispatch what the decoder holds until a decision has to be taken, or no more can be taken. */
  resume(context: SessionContext): Decision {
    const { dispatcher } = this.#owner;
    if (!dispatcher.takesFrames(context)) {
      return this.held === 0 ? this.#endOfInput(context.busy) : undefined;
    }
    this.#owner.hold();
    // Messages of actors that wait for the handler's next turn came first.
    let waiting = context.busy || context.yielding;
    let decision: Decision;
    while (!this.#owner.overflowing) {
      const item = this.#next();
      if (item === undefined) {
        decision ??= context.yielding ? this.#endWaits() : this.#endOfInput(waiting);
        break;
      }
      const decided = waiting ? dispatcher.wait(item) : dispatcher.dispatch(item);
      if (decided === undefined) continue;
      const pending = isPending(decided);
      if (pending) waiting = true;
      else if (decision !== undefined) this.#owner.self.send(decided); // once it is known that the handler is busy
      decision ??= decided;
      if (!pending) break;
    }
    this.#owner.release();
    return decision;
  }

  /** After our close frame only the peer's matters: what it sent before is not delivered any more. */
  awaitClose(bytes?: Uint8Array): Decision {
    if (bytes !== undefined) {
      this.#bytes += bytes.length;
      this.#decode(bytes);
    }
    for (let decoded = this.#decoder?.next(); decoded !== undefined; decoded = this.#decoder?.next()) {
      if (decoded.type === 'close') return { type: 'peer.closed', frame: decoded };
      if (decoded.type === 'violation') return { type: 'peer.violated', violation: decoded };
    }
    return this.#endOfInput();
  }

  #decode(bytes: Uint8Array): void {
    this.#decoder ??= this.#lendDecoder();
    this.#decoder.push(bytes);
  }

  #lendDecoder(): FrameDecoder {
    const { limits, validateUtf8 } = this.#owner.tuning;
    const decoder = this.#decoders().lend();
    decoder.tune(limits, validateUtf8);
    return decoder;
  }

  #decoders(): CodecPool<FrameDecoder> {
    return decodersFor(this.#owner.role, this.#owner.compression !== undefined);
  }

  #next(): MailboxItem<Info> | undefined {
    const decoded = this.#decoder?.next();
    switch (decoded?.type) {
      case 'violation':
        return { type: 'peer.violated', violation: decoded };
      case 'close':
        this.#decoder?.end(); // nothing counts after it (RFC 6455 §5.5.1)
        return decoded;
      case 'ping':
      case 'pong':
        if (this.#owner.liveness.floods()) {
          this.#decoder?.end();
          return { type: 'peer.violated', violation: violation('controlFlood') };
        }
        if (decoded.type === 'ping') this.#owner.outbox.pong(decoded.data);
        return decoded;
      case undefined:
        if (this.#decoder?.atRest !== true) return undefined;
        this.#decoders().takeBack(this.#decoder);
        this.#decoder = undefined;
        return undefined;
      default:
        this.#messages++;
        return decoded;
    }
  }

  /** The end of what the peer sends, told once, when nothing that it has sent waits. */
  #endOfInput(busy = false): Decision {
    if (!this.#ended || busy || !this.#owner.dispatcher.empty) return undefined;
    this.#ended = false;
    return { type: 'transport.ended' };
  }

  /** The same where all that the peer has sent waits for the handler's next turn: who always has some waiting never runs out. */
  #endWaits(): Decision {
    if (!this.#ended) return undefined;
    this.#ended = false;
    return this.#owner.dispatcher.wait({ type: 'transport.ended' });
  }

  #activate(chunks: number): void {
    this.#chunksLeft = Math.min(chunks, unlimited);
    this.#reading = chunks > 0;
    try {
      this.#owner.transport.activate(chunks);
    } catch (error) {
      this.#owner.failed(error);
    }
  }
}

/** Whether a decision makes the handler busy: what comes next has to wait. */
export const isPending = (decision: NonNullable<Decision>): boolean =>
  decision.type === 'handler.pending' || decision.type === 'message.inflating';
