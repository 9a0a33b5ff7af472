import { type CloseFrame, type Encodable, PreparedFrame, ReceivedMessage, received } from '@genws/protocol';
import type { OutboundFrame } from './command.ts';
import { Fifo } from './fifo.ts';
import { overhead } from './mailbox.ts';
import { detached } from './writer.ts';

/** A frame that has to leave in order, once all before it have. */
export type OutboundMessage = Exclude<OutboundFrame, { readonly type: 'ping' | 'pong' | 'close' }>;

/** A message that has to wait. */
interface Waiting {
  readonly message: OutboundMessage;
  readonly compress: boolean;
  readonly size: number;
}

/** What leaves later: messages that wait for the peer, or for the one before them to be deflated, and what follows them. */
export class Postponed {
  readonly #waiting = new Fifo<Waiting>();
  /** Bytes of the messages that wait, and of the one that is being deflated elsewhere. */
  #bytes = 0;
  #deflatingBytes = 0;
  #pong: Uint8Array | undefined;
  /** The close frame, until all messages before it have left. */
  lastFrame: CloseFrame | undefined;
  /** Whether our direction ends once everything has left. */
  ending = false;

  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of the message that is being deflated elsewhere: it cannot be dropped any more. */
  get deflatingBytes(): number {
    return this.#deflatingBytes;
  }

  push(message: OutboundMessage, compress: boolean): void {
    const waiting = { message: kept(message), compress, size: bytesOf(message) };
    this.#waiting.push(waiting);
    this.#bytes += waiting.size;
  }

  /** The message that has waited longest. */
  shift(): Waiting | undefined {
    const next = this.#waiting.shift();
    if (next !== undefined) this.#bytes -= next.size;
    return next;
  }

  /** A message is being deflated elsewhere. */
  deflating(message: OutboundMessage): void {
    this.#deflatingBytes = bytesOf(message);
    this.#bytes += this.#deflatingBytes;
  }

  /** It has been deflated. */
  deflated(): void {
    this.#bytes -= this.#deflatingBytes;
    this.#deflatingBytes = 0;
  }

  /** A pong cannot be sent at once. A later one replaces it (RFC 6455 §5.5.3). */
  latePong(data: Uint8Array): void {
    this.#pong = new Uint8Array(data); // `slice` of a Buffer is no copy
  }

  /** Whether there is such a pong. */
  get pongWaits(): boolean {
    return this.#pong !== undefined;
  }

  takePong(): Uint8Array | undefined {
    const pong = this.#pong;
    this.#pong = undefined;
    return pong;
  }
}

/** A frame's size in memory, at most: cheaper to tell than the size itself. */
export function mostBytes(frame: Encodable): number {
  return frame.type === 'text' && !(frame instanceof ReceivedMessage)
    ? 3 * frame.data.length + overhead
    : bytesOf(frame);
}

/** A frame's size in memory. */
export function bytesOf(frame: Encodable): number {
  if (frame instanceof PreparedFrame) return frame.wire.length + overhead;
  if (frame instanceof ReceivedMessage) return frame.length + overhead;
  return 'data' in frame && frame.data !== undefined ? Buffer.byteLength(frame.data) + overhead : overhead;
}

/** A message as it can wait for long: received ones are views on chunks of bytes that may be much larger. */
function kept(message: OutboundMessage): OutboundMessage {
  if (message instanceof ReceivedMessage) return received(message.type, message.parts.map(detached));
  if (message.type !== 'binary' || message instanceof PreparedFrame) return message;
  return { type: 'binary', data: detached(message.data) };
}
