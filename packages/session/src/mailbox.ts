import type { InfoEvent } from '@genws/actor';
import type { ReceivedFrame } from '@genws/protocol';
import type { Decision } from './event.ts';

/** What can wait for a busy handler: messages for it, and events that must not overtake them. */
export type MailboxItem<Info = unknown> = ReceivedFrame | InfoEvent<Info> | NonNullable<Decision>;

/** What waits for the handler, in the order of arrival, with the peer's share counted in bytes. */
export class Mailbox<Info> {
  #items: MailboxItem<Info>[] = [];
  /** Items before this index have been taken. */
  #taken = 0;
  #bytes = 0;

  get length(): number {
    return this.#items.length - this.#taken;
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
    if (this.#taken > 0) this.#items[--this.#taken] = item;
    else this.#items.unshift(item);
    this.#bytes += sizeOf(item);
  }

  /** The item that comes next, without taking it. */
  peek(): MailboxItem<Info> | undefined {
    return this.#items[this.#taken];
  }

  shift(): MailboxItem<Info> | undefined {
    const item = this.#items[this.#taken];
    if (item === undefined) return undefined;
    this.#bytes -= sizeOf(item);
    this.#taken++;
    if (this.#taken === this.#items.length) this.clear();
    // Dropping taken items one by one would make a long queue quadratic.
    else if (this.#taken >= 1024) {
      this.#items = this.#items.slice(this.#taken);
      this.#taken = 0;
    }
    return item;
  }

  /**
   * Take all that waits. Messages are not delivered any more, but that the peer has closed or gone still counts: what
   * is returned.
   */
  abandon(): NonNullable<Decision>[] {
    const news = this.#items.slice(this.#taken).flatMap(newsIn);
    this.clear();
    return news;
  }

  clear(): void {
    this.#items = [];
    this.#taken = 0;
    this.#bytes = 0;
  }
}

function newsIn(item: MailboxItem): NonNullable<Decision>[] {
  switch (item.type) {
    case 'text':
    case 'binary':
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

/** What a waiting frame costs besides its payload, bytes: a peer that sends tiny messages is slowed down as well. */
const overhead = 128;

function sizeOf(item: MailboxItem): number {
  switch (item.type) {
    case 'text':
      return item.bytes.length + overhead;
    case 'binary':
    case 'ping':
    case 'pong':
      return item.data.length + overhead;
    default:
      return 0;
  }
}
