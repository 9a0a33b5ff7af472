import type { CloseFrame, Encodable, PerMessageDeflate } from '@genws/protocol';
import type { OutboundFrame } from './command.ts';
import type { SessionContext } from './data-lane.ts';
import type { Decision } from './event.ts';
import type { ResolvedTuning, SlowConsumerPolicy } from './options.ts';
import { bytesOf, mostBytes, type OutboundMessage, Postponed } from './postponed.ts';
import { Writer, type WriterOwner } from './writer.ts';

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

/**
 * Frames on their way out. While the transport is congested, messages wait here as they are: one that is dropped after
 * all is never deflated, so that contexts stay in step with the peer's. Pings and pongs overtake messages; a close frame
 * does not.
 */
export class Outbox {
  readonly #owner: OutboxOwner;
  readonly #writer: Writer;
  /** Made when something cannot leave at once. */
  #postponed: Postponed | undefined;
  #dropped = 0;
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
    return (this.#postponed?.bytes ?? 0) + this.#writer.buffered;
  }

  /** Bytes that something has to happen for before they leave: the peer has to read, or a message to be deflated. */
  get pressure(): number {
    return (this.#postponed?.bytes ?? 0) + this.#writer.pressure;
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
    return (this.#postponed?.bytes ?? 0) > this.#owner.tuning.limits.highWater;
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

  /** What can leave leaves now. */
  flush(): void {
    this.#writer.flush();
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
    else if ((this.#postponed?.bytes ?? 0) > 0 || this.#writer.congested) this.#later().push(frame, this.compresses);
    else this.#send(frame, this.compresses);
    return 'sent';
  }

  /** Answer a ping. While the peer does not read, only the latest answer is kept. */
  pong(data: Uint8Array): void {
    if (this.#writer.congested) this.#later().latePong(data);
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
    const pong = this.#postponed?.takePong();
    if (pong !== undefined) this.#writer.write({ type: 'pong', data: pong });
    this.#pump();
    this.release();
  }

  /** A message has been deflated: it leaves, and what has waited for it. */
  deflated(frame: Encodable | undefined): void {
    if (frame === undefined || this.#postponed === undefined) return; // given up meanwhile
    this.#postponed.deflated();
    this.hold();
    this.#writer.write(frame);
    this.#pump();
    this.release();
  }

  /** The last frame: it leaves after the messages that wait, and nothing follows it, not even a pong. */
  close(frame: CloseFrame): void {
    const postponed = this.#postponed;
    if (postponed === undefined) {
      this.#writer.write(frame);
      return;
    }
    postponed.lastFrame = frame;
    postponed.takePong();
    this.#pump();
  }

  /** Let go of what waits. */
  discard(): void {
    this.#postponed = undefined;
  }

  /** End our direction when everything has left. */
  end(): void {
    const postponed = this.#postponed;
    if (postponed === undefined) {
      this.#writer.end();
      return;
    }
    postponed.ending = true;
    postponed.takePong();
    this.#pump();
  }

  /** What cannot leave at once. */
  #later(): Postponed {
    this.#postponed ??= new Postponed();
    return this.#postponed;
  }

  #pump(): void {
    const postponed = this.#postponed;
    if (postponed === undefined) return;
    while (postponed.deflatingBytes === 0 && !this.#writer.congested) {
      const next = postponed.shift();
      if (next === undefined) break;
      this.#send(next.message, next.compress);
    }
    if (postponed.bytes === 0) this.#finish(postponed);
  }

  /** No message waits any more. */
  #finish({ lastFrame, ending, pongWaits }: Postponed): void {
    if (pongWaits) return;
    this.#postponed = undefined;
    if (lastFrame !== undefined) this.#writer.write(lastFrame);
    if (ending) this.#writer.end();
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
    const rest = this.#writer.buffered + (this.#postponed?.deflatingBytes ?? 0); // which cannot be dropped
    if (rest > 0 && bytesOf(frame) > this.#owner.tuning.limits.maxBuffered - rest) return false;
    while (this.#exceeds(frame)) {
      if (this.#postponed?.shift() === undefined) return false;
      this.#dropped++;
    }
    return true;
  }

  #send(message: OutboundMessage, compress: boolean): void {
    const { compression } = this.#owner;
    const ready = compress && compression !== undefined ? this.#deflate(message, compression) : message;
    if (!(ready instanceof Promise)) {
      if (ready !== undefined) this.#writer.write(ready);
      return;
    }
    this.#later().deflating(message);
    ready.then(
      (frame) => this.#owner.deflated(frame),
      (error: unknown) => this.#owner.failed(error),
    );
  }

  #deflate(
    message: OutboundMessage,
    compression: PerMessageDeflate,
  ): Encodable | Promise<Encodable | undefined> | undefined {
    try {
      return compression.deflate(message);
    } catch (error) {
      this.#owner.failed(error);
      return undefined;
    }
  }
}
