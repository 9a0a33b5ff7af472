import type { InfoEvent } from '@genws/actor';
import type { CompressedFrame, ReceivedFrame } from '@genws/protocol';
import type { Decision } from './event.ts';
import { Fifo } from './fifo.ts';

/** What can wait for a busy handler: messages for it, and events that must not overtake them. */
export type MailboxItem<Info = unknown> = ReceivedFrame | CompressedFrame | InfoEvent<Info> | NonNullable<Decision>;

/** What a waiting message costs besides its payload, bytes: many tiny ones are many all the same. */
export const overhead = 128;

/** What waits for the handler, in the order of arrival, with the peer's share counted in bytes. */
export class Mailbox<Info> {
  readonly #items = new Fifo<MailboxItem<Info>>();
  #bytes = 0;

  get length(): number {
    return this.#items.length;
  }

  /** Bytes that the frames waiting take up. */
  get bytes(): number {
    return this.#bytes;
  }

  push(item: MailboxItem<Info>): void {
    this.#items.push(item);
    this.#bytes += sizeOf(item);
  }

  /** Put an item before all that wait. */
  unshift(item: MailboxItem<Info>): void {
    this.#items.unshift(item);
    this.#bytes += sizeOf(item);
  }

  /** The item that comes next, without taking it. */
  peek(): MailboxItem<Info> | undefined {
    return this.#items.peek();
  }

  shift(): MailboxItem<Info> | undefined {
    const item = this.#items.shift();
    if (item !== undefined) this.#bytes -= sizeOf(item);
    return item;
  }

  /** The next item that is no frame of the peer's: those stay. */
  shiftPast(): MailboxItem<Info> | undefined {
    return this.#items.shiftFirst(isOutOfBand);
  }

  /**
   * Take all that waits. Messages are not delivered any more, but that the peer has closed or gone still counts: what
   * is returned.
   */
  abandon(): NonNullable<Decision>[] {
    this.#bytes = 0;
    return this.#items.drain().flatMap(newsIn);
  }
}

function newsIn(item: MailboxItem): NonNullable<Decision>[] {
  switch (item.type) {
    case 'text':
    case 'binary':
    case 'compressed':
    case 'ping':
    case 'pong':
    case 'info':
      return [];
    case 'close':
      return [{ type: 'peer.closed', frame: item }];
    default:
      return [item];
  }
}

/** Whether an item did not come in the peer's stream of frames. */
function isOutOfBand({ type }: MailboxItem): boolean {
  switch (type) {
    case 'text':
    case 'binary':
    case 'compressed':
    case 'ping':
    case 'pong':
    case 'close':
    case 'peer.closed':
    case 'peer.violated':
    case 'transport.ended':
      return false;
    default:
      return true;
  }
}

function sizeOf(item: MailboxItem): number {
  switch (item.type) {
    case 'text':
    case 'binary':
      return item.length + overhead;
    case 'compressed':
    case 'ping':
    case 'pong':
      return item.data.length + overhead;
    default:
      return 0;
  }
}
