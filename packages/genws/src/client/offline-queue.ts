import type { InfoEvent } from '@genws/actor';
import { PreparedFrame, ReceivedMessage } from '@genws/protocol';
import type { OutboundFrame, SendReceipt, SessionMessage } from '@genws/session';

/** How much a client keeps while it is not connected. */
export interface QueueLimit {
  /** Frames, and messages that the client was told. Default 1000. */
  readonly frames?: number | undefined;
  /** Bytes in the frames. Default 1,048,576. */
  readonly bytes?: number | undefined;
}

/** Made by {@link queue}. */
export interface QueuePolicy {
  readonly type: 'queue';
  readonly frames: number;
  readonly bytes: number;
}

/**
 * What becomes of what is sent through a client that is not connected: `send` says `closed` and told messages are
 * dropped (`reject`), or both wait (`queue`).
 */
export type WhileDown = 'reject' | QueuePolicy;

/**
 * A policy for `whileDown`: what is sent waits for the next connection, whose `init` comes first, and leaves in its
 * order. Beyond the limit `send` says `congested`, and told messages are dropped. What has been handed to a connection is not
 * sent again when that breaks: each message arrives once at most. Throws `RangeError` for limits that cannot be.
 */
export function queue({ frames = 1000, bytes = 1024 * 1024 }: QueueLimit = {}): QueuePolicy {
  if (!(frames >= 1)) throw new RangeError(`frames must be a number from 1 on, not ${frames}`);
  if (!(bytes >= 0)) throw new RangeError(`bytes must be a number from 0 on, not ${bytes}`);
  return { type: 'queue', frames, bytes };
}

/** Something to send, or a message for the handler. */
export type Parcel<Info> = InfoEvent<Info> | Extract<SessionMessage<Info>, { type: 'send' }>;

/** One message that waits. */
export type Waiting<Info> =
  | InfoEvent<Info>
  | { readonly type: 'frame'; readonly frame: OutboundFrame; readonly bytes: number };

/** What waits for a client's next connection, within bounds. */
export class OfflineQueue<Info> {
  readonly #limit: QueuePolicy;
  readonly #waiting = new Set<Waiting<Info>>();
  #bytes = 0;
  /** Those who were refused, and want to know when there is room. */
  #refused: SendReceipt[] = [];

  constructor(limit: QueuePolicy) {
    this.#limit = limit;
  }

  /** Messages that wait. */
  get length(): number {
    return this.#waiting.size;
  }

  /** Bytes in the frames that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Take it all, or nothing of it. Returns whether it was taken. */
  add(parcel: Parcel<Info>): boolean {
    if (parcel.type === 'info') {
      const fits = this.length < this.#limit.frames;
      if (fits) this.#waiting.add({ ...parcel }); // its own object: the same may come twice
      return fits;
    }
    const { frames, receipt } = parcel;
    const bytes = frames.reduce((sum, frame) => sum + bytesOf(frame), 0);
    if (this.length + frames.length > this.#limit.frames || this.#bytes + bytes > this.#limit.bytes) {
      receipt.outcome = 'congested';
      if (receipt.settled !== undefined) this.#refused.push(receipt);
      return false;
    }
    for (const frame of frames) this.#waiting.add({ type: 'frame', frame: kept(frame), bytes: bytesOf(frame) });
    this.#bytes += bytes;
    receipt.outcome = 'queued';
    receipt.settled?.('queued');
    return true;
  }

  /** What waits, in its order, and what is added meanwhile. */
  [Symbol.iterator](): IterableIterator<Waiting<Info>> {
    return this.#waiting.values();
  }

  /** It has been handed on. */
  remove(waiting: Waiting<Info>): void {
    if (this.#waiting.delete(waiting) && waiting.type === 'frame') this.#bytes -= waiting.bytes;
  }

  /** Tell those who were refused that there is room, or that there never will be. */
  release(outcome: 'congested' | 'closed'): void {
    const refused = this.#refused;
    this.#refused = [];
    for (const { settled } of refused) settled?.(outcome);
  }

  /** Nothing of it is sent any more. */
  clear(): void {
    this.#waiting.clear();
    this.#bytes = 0;
    this.release('closed');
  }
}

function bytesOf(frame: OutboundFrame): number {
  if (frame instanceof PreparedFrame) return frame.payload.length;
  if (frame instanceof ReceivedMessage) return frame.length;
  return 'data' in frame && frame.data !== undefined ? Buffer.byteLength(frame.data) : 0;
}

/** A frame that may wait for long: bytes of its own, not a view on a chunk that was received or that may change. */
function kept(frame: OutboundFrame): OutboundFrame {
  if (frame instanceof PreparedFrame) return frame;
  if (frame.type === 'text') return { type: 'text', data: frame.data };
  if (frame.type === 'binary') return { type: 'binary', data: new Uint8Array(frame.data) };
  return frame;
}
