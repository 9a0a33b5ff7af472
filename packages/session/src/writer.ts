import { type Encodable, type FrameEncoder, type Role, recycle } from '@genws/protocol';
import { encodersFor } from './codec-pool.ts';
import { Fifo } from './fifo.ts';
import { flushSoon, type Gathered, gathering } from './gathering.ts';
import type { Transport } from './transport.ts';

/** Whose frames are written. */
export interface WriterOwner {
  readonly role: Role;
  readonly transport: Transport;
  /** The transport has thrown. */
  failed(error: unknown): void;
}

/** Encoded bytes that go to the transport before the turn is over, so that its back-pressure is felt. */
const flushThreshold = 256 * 1024;

/** Output of a turn up to this size may wait for that of other sessions, bytes. */
const gatheredSize = 4 * 1024;

/** Bytes that go to the transport at a time: a slow peer shows that it lives by each of them that it has taken. */
const handOverSize = 1024 * 1024;

/**
 * Frames to the transport, in this order. What is written in one turn leaves in one write: after a chunk's turn, together
 * with what other sessions have to say then, or in the next microtask when it comes from elsewhere.
 */
export class Writer implements Gathered {
  readonly #owner: WriterOwner;
  /** Lent as long as it has gathered something. */
  #encoder: FrameEncoder | undefined;
  /** What makes frames leave: nothing yet, what is scheduled, or {@link release} at the end of a turn. */
  #turn: 'none' | 'scheduled' | 'held' = 'none';
  /** What the transport has said after the last write. It is asked again as long as something waits there. */
  #transportBuffered = 0;
  #transportCongested = true; // until it is asked
  /** Encoded, and not handed over: large messages, while the transport is congested, and what follows them. */
  #encoded: Fifo<Uint8Array> | undefined;
  #encodedBytes = 0;
  #ending = false;
  #frames = 0;
  #bytes = 0;

  constructor(owner: WriterOwner) {
    this.#owner = owner;
  }

  /** Frames that were written. */
  get frames(): number {
    return this.#frames;
  }

  /** Bytes that were written, whether they have reached the network or not. */
  get bytes(): number {
    return this.#bytes + (this.#encoder?.size ?? 0);
  }

  /** Bytes that have not reached the network. */
  get buffered(): number {
    this.#look();
    return (this.#encoder?.size ?? 0) + this.#encodedBytes + this.#transportBuffered;
  }

  /** Bytes that the peer has to read before they leave. */
  get pressure(): number {
    this.#look();
    return this.#encodedBytes + (this.#transportCongested ? this.#transportBuffered : 0);
  }

  /** Whether whatever can wait should; {@link drained} follows. */
  get congested(): boolean {
    this.#look();
    return this.#encodedBytes > 0 || this.#transportCongested;
  }

  /** Encode a frame and see to it that it leaves. */
  write(frame: Encodable): void {
    this.#frames++;
    this.#encoder ??= encodersFor(this.#owner.role).lend();
    this.#encoder.append(frame);
    if (this.#encoder.size > flushThreshold) this.#handOver();
    else this.#schedule();
  }

  /** The transport takes more again. */
  drained(): void {
    while (this.#encodedBytes > 0 && !this.#owner.transport.congested) {
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      for (let next = this.#encoded?.shift(); next !== undefined; next = this.#encoded?.shift()) {
        chunks.push(next);
        bytes += next.length;
        if (bytes >= handOverSize) break;
      }
      this.#encodedBytes -= bytes;
      this.#send(chunks);
    }
    if (this.#ending && this.#encodedBytes === 0) this.#close();
  }

  /** End our direction when everything has left. */
  end(): void {
    this.#handOver();
    this.#ending = true;
    if (this.#encodedBytes === 0) this.#close();
  }

  /** A turn begins that ends with {@link release}: nothing needs to be scheduled meanwhile. */
  hold(): void {
    this.#look();
    this.#turn = 'held';
  }

  /** The turn ends. */
  release(): void {
    const size = this.#encoder?.size ?? 0;
    const waits = size > 0 && size <= gatheredSize && this.#owner.transport.gathers === true && gathering.add(this);
    if (waits) this.#turn = 'scheduled';
    else this.flush();
  }

  /** What was written leaves. */
  flush(): void {
    this.#turn = 'none';
    try {
      this.#handOver();
    } catch (error) {
      this.#owner.failed(error);
    }
  }

  #look(): void {
    if ((this.#transportBuffered > 0 || this.#transportCongested) && this.#turn !== 'held') this.#ask();
  }

  #ask(): void {
    const { transport } = this.#owner;
    this.#transportBuffered = transport.buffered;
    this.#transportCongested = transport.congested;
  }

  #schedule(): void {
    if (this.#turn !== 'none') return;
    this.#turn = 'scheduled';
    flushSoon(this);
  }

  #handOver(): void {
    const encoder = this.#encoder;
    if (encoder === undefined || encoder.size === 0) return;
    const { size } = encoder;
    this.#bytes += size;
    const chunks = encoder.take();
    this.#encoder = undefined;
    encodersFor(this.#owner.role).takeBack(encoder);
    if (size <= handOverSize && this.#encodedBytes === 0) {
      this.#send(chunks);
      return;
    }
    this.#encoded ??= new Fifo();
    for (const chunk of chunks) {
      for (let at = 0; at < chunk.length; at += handOverSize) this.#encoded.push(chunk.subarray(at, at + handOverSize));
    }
    this.#encodedBytes += size;
    this.drained();
  }

  #send(chunks: readonly Uint8Array[]): void {
    const { transport } = this.#owner;
    try {
      // What has to wait for a slow peer must not hold on to the block that it shares with the output of all others.
      transport.send(transport.buffered > 0 ? chunks.map(detached) : chunks);
    } catch (error) {
      this.#owner.failed(error);
    }
    this.#ask();
    if (transport.copied === true) recycle(chunks);
  }

  #close(): void {
    this.#ending = false;
    try {
      this.#owner.transport.close();
    } catch (error) {
      this.#owner.failed(error);
    }
  }
}

/** The same bytes without the rest of the memory they lie in, where that is more than twice as large. */
export function detached(chunk: Uint8Array): Uint8Array {
  return chunk.buffer.byteLength > 2 * chunk.length ? new Uint8Array(chunk) : chunk;
}
