import { type CloseFrame, FrameEncoder, type Role } from '@genws/protocol';
import type { OutboundFrame } from './command.ts';
import type { SessionLimits } from './options.ts';
import type { Transport } from './transport.ts';

/**
 * Frames on their way out. What is sent in one turn leaves in one write: at the end of a chunk's turn, or in the next
 * microtask when it comes from elsewhere.
 */
export class Outbox {
  readonly #transport: Transport;
  readonly #limits: SessionLimits;
  readonly #encoder: FrameEncoder;
  readonly #onError: (error: unknown) => void;
  #scheduled = false;
  /** A pong that could not be sent at once; a later one replaces it (RFC 6455 §5.5.3). */
  #latePong: Uint8Array | undefined;

  constructor(role: Role, transport: Transport, limits: SessionLimits, onError: (error: unknown) => void) {
    this.#transport = transport;
    this.#limits = limits;
    this.#encoder = new FrameEncoder(role);
    this.#onError = onError;
  }

  /** Bytes that have not reached the network. */
  get buffered(): number {
    return this.#encoder.size + this.#transport.buffered;
  }

  /** Encode a frame and see to it that it leaves; `false` when too much waits already. */
  append(frame: OutboundFrame): boolean {
    if (this.buffered > this.#limits.maxBuffered) return false;
    this.#encoder.append(frame);
    this.#schedule();
    return true;
  }

  /** Answer a ping. While the peer does not read, only the latest answer is kept. */
  pong(data: Uint8Array): void {
    if (this.#transport.congested)
      this.#latePong = new Uint8Array(data); // `slice` of a Buffer is no copy
    else this.append({ type: 'pong', data });
  }

  /** Room again: what was held back may leave. */
  drained(): void {
    if (this.#latePong === undefined) return;
    this.append({ type: 'pong', data: this.#latePong });
    this.#latePong = undefined;
  }

  /** The last frame: nothing follows it, not even a pong. */
  close(frame: CloseFrame): void {
    this.#latePong = undefined;
    this.#encoder.append(frame);
    this.#schedule();
  }

  /** Write what has gathered. */
  flush(): void {
    if (this.#encoder.size === 0) return;
    const chunks = this.#encoder.take();
    try {
      // What has to wait for a slow peer must not hold on to the block that it shares with the output of all others.
      this.#transport.send(this.#transport.buffered > 0 ? chunks.map(detached) : chunks);
    } catch (error) {
      this.#onError(error);
    }
  }

  /** A turn begins that ends with {@link flush}: nothing needs to be scheduled meanwhile. */
  hold(): void {
    this.#scheduled = true;
  }

  /** The turn ends. */
  release(): void {
    this.#scheduled = false;
    this.flush();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.release());
  }
}

/** The same bytes without the rest of the memory they lie in, where that is more than twice as large. */
function detached(chunk: Uint8Array): Uint8Array {
  return chunk.buffer.byteLength > 2 * chunk.length ? new Uint8Array(chunk) : chunk;
}
