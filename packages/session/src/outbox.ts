import {
  type CloseFrame,
  type Encodable,
  type PerMessageDeflate,
  PreparedFrame,
  ReceivedMessage,
  received,
} from '@genws/protocol';
import type { OutboundFrame } from './command.ts';
import type { SessionContext } from './data-lane.ts';
import type { Decision } from './event.ts';
import { Fifo } from './fifo.ts';
import { overhead } from './mailbox.ts';
import type { ResolvedTuning, SlowConsumerPolicy } from './options.ts';
import { detached, Writer, type WriterOwner } from './writer.ts';

/** What became of a frame: on its way, dropped as the policy wants it, or refused because too much waits already. */
export type AppendOutcome = 'sent' | 'dropped' | 'congested';

/** Who has an outbox. */
export interface OutboxOwner extends WriterOwner {
  readonly tuning: ResolvedTuning;
  /** Present where compression was agreed on. */
  readonly compression: PerMessageDeflate | undefined;
  /** A message has been deflated elsewhere: to be handed to {@link Outbox.deflated} in a turn of the session. */
  deflated(frame: Encodable | undefined): void;
}

type Message = Exclude<OutboundFrame, { readonly type: 'ping' | 'pong' | 'close' }>;

/** A message that has to wait: for the peer, or until the one before it has been deflated. */
interface Waiting {
  readonly message: Message;
  readonly compress: boolean;
  readonly size: number;
}

/**
 * Frames on their way out. While the transport is congested, messages wait here as they are: one that is dropped after
 * all is never deflated, so that contexts stay in step with the peer's. Pings and pongs overtake messages; a close frame
 * does not.
 */
export class Outbox {
  readonly #owner: OutboxOwner;
  readonly #writer: Writer;
  #waiting: Fifo<Waiting> | undefined;
  /** Bytes of the messages that wait, and of the one that is being deflated elsewhere. */
  #waitingBytes = 0;
  #deflatingBytes = 0;
  #dropped = 0;
  /** The close frame, until all messages before it have left. */
  #lastFrame: CloseFrame | undefined;
  /** Whether our direction ends once everything has left. */
  #ending = false;
  /** A pong that could not be sent at once; a later one replaces it (RFC 6455 §5.5.3). */
  #latePong: Uint8Array | undefined;
  /** Whether messages are compressed from here on, where that was agreed on. */
  compresses = true;

  constructor(owner: OutboxOwner) {
    this.#owner = owner;
    this.#writer = new Writer(owner);
  }

  /** Frames sent. */
  get frames(): number {
    return this.#writer.frames;
  }

  /** Bytes sent. */
  get bytes(): number {
    return this.#writer.bytes;
  }

  /** Bytes that have not reached the network. */
  get buffered(): number {
    return this.#waitingBytes + this.#writer.buffered;
  }

  /** Bytes that something has to happen for before they leave: the peer has to read, or a message to be deflated. */
  get pressure(): number {
    return this.#waitingBytes + this.#writer.pressure;
  }

  /** Whether the peer has begun to fall behind, or has caught up. */
  flow({ congested }: SessionContext): Decision {
    const { pressure } = this;
    const { highWater, lowWater } = this.#owner.tuning.limits;
    if (congested) return pressure <= Math.min(lowWater, highWater) ? { type: 'peer.relieved' } : undefined;
    return pressure > highWater ? { type: 'peer.congested' } : undefined;
  }

  /** Whether so much waits that nothing should be asked for that adds to it. */
  get overflowing(): boolean {
    return this.#waitingBytes > this.#owner.tuning.limits.highWater;
  }

  /** Messages that the peer was too slow for. */
  get dropped(): number {
    return this.#dropped;
  }

  /** A turn begins that ends with {@link release}: what is sent in it leaves in one write. */
  hold(): void {
    this.#writer.hold();
  }

  /** The turn ends. */
  release(): void {
    this.#writer.release();
  }

  /** See to it that a frame leaves, unless too much waits already. */
  append(
    frame: Exclude<OutboundFrame, CloseFrame>,
    policy: SlowConsumerPolicy = this.#owner.tuning.slowConsumer,
  ): AppendOutcome {
    if (this.#exceeds(frame) && !(policy === 'drop-oldest' && this.#makeRoom(frame))) {
      if (policy === 'close' || policy === 'wait') return 'congested';
      this.#dropped++;
      return 'dropped';
    }
    if (frame.type === 'ping' || frame.type === 'pong') this.#writer.write(frame);
    else if (this.#waitingBytes > 0 || this.#writer.congested) this.#enqueue(frame);
    else this.#send(frame, this.compresses);
    return 'sent';
  }

  /** Answer a ping. While the peer does not read, only the latest answer is kept. */
  pong(data: Uint8Array): void {
    if (this.#writer.congested)
      this.#latePong = new Uint8Array(data); // `slice` of a Buffer is no copy
    else this.#writer.write({ type: 'pong', data });
  }

  /** Ask for a sign of life; a peer that does not read is not asked twice. */
  ping(): void {
    if (!this.#writer.congested) this.#writer.write({ type: 'ping' });
  }

  /** Room again: what was held back may leave. */
  drained(): void {
    this.hold();
    this.#writer.drained();
    if (this.#latePong !== undefined) this.#writer.write({ type: 'pong', data: this.#latePong });
    this.#latePong = undefined;
    this.#pump();
    this.release();
  }

  /** A message has been deflated: it leaves, and what has waited for it. */
  deflated(frame: Encodable | undefined): void {
    if (frame === undefined || this.#deflatingBytes === 0) return; // given up meanwhile
    this.#waitingBytes -= this.#deflatingBytes;
    this.#deflatingBytes = 0;
    this.hold();
    this.#writer.write(frame);
    this.#pump();
    this.release();
  }

  /** The last frame: it leaves after the messages that wait, and nothing follows it, not even a pong. */
  close(frame: CloseFrame): void {
    this.#lastFrame = frame;
    this.#latePong = undefined;
    this.#pump();
  }

  /** Let go of the messages that wait. */
  discard(): void {
    this.#waiting = undefined;
    this.#waitingBytes = 0;
    this.#deflatingBytes = 0;
  }

  /** End our direction when everything has left. */
  end(): void {
    this.#ending = true;
    this.#pump();
  }

  #pump(): void {
    while (this.#deflatingBytes === 0 && !this.#writer.congested) {
      const next = this.#waiting?.shift();
      if (next === undefined) break;
      this.#waitingBytes -= next.size;
      this.#send(next.message, next.compress);
    }
    if (this.#waitingBytes === 0) this.#finish();
  }

  /** No message waits any more. */
  #finish(): void {
    if (this.#lastFrame !== undefined) this.#writer.write(this.#lastFrame);
    this.#lastFrame = undefined;
    if (this.#ending) this.#writer.end();
    this.#ending = false;
  }

  /** Whether a frame is too much beside what waits already. */
  #exceeds(frame: Encodable): boolean {
    const { buffered } = this;
    if (buffered === 0) return false;
    const room = this.#owner.tuning.limits.maxBuffered - buffered;
    return mostBytes(frame) > room && bytesOf(frame) > room;
  }

  /** Drop messages, those that have waited longest first, until a frame finds room. */
  #makeRoom(frame: Encodable): boolean {
    const rest = this.buffered - this.#waitingBytes + this.#deflatingBytes; // which cannot be dropped
    if (rest > 0 && bytesOf(frame) > this.#owner.tuning.limits.maxBuffered - rest) return false;
    while (this.#exceeds(frame)) {
      const oldest = this.#waiting?.shift();
      if (oldest === undefined) return false;
      this.#waitingBytes -= oldest.size;
      this.#dropped++;
    }
    return true;
  }

  #enqueue(message: Message): void {
    const waiting = { message: kept(message), compress: this.compresses, size: bytesOf(message) };
    this.#waiting ??= new Fifo();
    this.#waiting.push(waiting);
    this.#waitingBytes += waiting.size;
  }

  #send(message: Message, compress: boolean): void {
    const { compression } = this.#owner;
    const ready = compress && compression !== undefined ? this.#deflate(message, compression) : message;
    if (!(ready instanceof Promise)) {
      if (ready !== undefined) this.#writer.write(ready);
      return;
    }
    this.#deflatingBytes = bytesOf(message);
    this.#waitingBytes += this.#deflatingBytes;
    ready.then(
      (frame) => this.#owner.deflated(frame),
      (error: unknown) => this.#owner.failed(error),
    );
  }

  #deflate(message: Message, compression: PerMessageDeflate): Encodable | Promise<Encodable | undefined> | undefined {
    try {
      return compression.deflate(message);
    } catch (error) {
      this.#owner.failed(error);
      return undefined;
    }
  }
}

/** A frame's size in memory, at most: cheaper to tell than the size itself. */
function mostBytes(frame: Encodable): number {
  return frame.type === 'text' && !(frame instanceof ReceivedMessage)
    ? 3 * frame.data.length + overhead
    : bytesOf(frame);
}

/** A frame's size in memory. */
function bytesOf(frame: Encodable): number {
  if (frame instanceof PreparedFrame) return frame.wire.length + overhead;
  if (frame instanceof ReceivedMessage) return frame.length + overhead;
  return 'data' in frame && frame.data !== undefined ? Buffer.byteLength(frame.data) + overhead : overhead;
}

/** A message as it can wait for long: received ones are views on chunks of bytes that may be much larger. */
function kept(message: Message): Message {
  if (message instanceof ReceivedMessage) return received(message.type, message.parts.map(detached));
  if (message.type !== 'binary' || message instanceof PreparedFrame) return message;
  return { type: 'binary', data: detached(message.data) };
}
