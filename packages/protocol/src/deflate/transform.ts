import { Buffer } from 'node:buffer';
import { constants as zlib } from 'node:zlib';
import { compressionLimit } from './concurrency.ts';
import type { DeflateDirection } from './negotiation.ts';
import {
  type DeflateStrategy,
  type DeflateTuning,
  type ResolvedDeflateTuning,
  resolveDeflateTuning,
} from './options.ts';
import {
  type DeflateCall,
  deflateInPool,
  deflateNow,
  type InflateCall,
  type InflateFailure,
  type InflateStep,
  inflateInPool,
  inflateNow,
} from './raw-deflate.ts';
import { SlidingWindow } from './sliding-window.ts';

const nothing = Buffer.alloc(0);

/** What a sync flush ends with and a sender leaves out (RFC 7692 §7.2.1). */
const tailLength = 4;

/**
 * What is appended before inflating: the tail that the sender left out (RFC 7692 §7.2.2), and an empty final block.
 * With the latter zlib insists on reaching an end, so that a message cut in mid-block, or one with bytes after its
 * last block, is an error and not a silently shorter message.
 */
const ending = Uint8Array.of(0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff);

/** A short message refers to at most so much of its context, bytes, and a long one to a multiple of its length. */
const shortReach = 4 * 1024;
const reachPerByte = 4;

/**
 * What comes out of zlib for so much that goes in, going by what the message before it has come to: those of one
 * connection are mostly alike. A little more room than that is cheap, and a little less is not.
 */
const estimate = (input: number, ratio: number): number => Math.ceil(1.125 * ratio * input) + 64;

/** Shorter data compresses as it happens to, and says nothing about longer data. Bytes. */
const telling = 1024;

const strategyOf: Readonly<Record<DeflateStrategy, number>> = {
  default: zlib.Z_DEFAULT_STRATEGY,
  filtered: zlib.Z_FILTERED,
  huffmanOnly: zlib.Z_HUFFMAN_ONLY,
  rle: zlib.Z_RLE,
  fixed: zlib.Z_FIXED,
};

/** What {@link Inflater.inflate} found. */
export type InflateResult =
  | { readonly ok: true; readonly data: Buffer }
  | { readonly ok: false; readonly reason: InflateFailure };

/** The receiving half of permessage-deflate on one connection. One message at a time, in the order of arrival. */
export class Inflater {
  readonly #contextTakeover: boolean;
  readonly #windowBits: number;
  readonly #maxOutput: number;
  readonly #history: SlidingWindow;
  /** Bytes of data for a byte of payload, in the last message that was long enough to tell. */
  #ratio = 4;

  /**
   * @param direction what was agreed on for the peer's messages
   * @param limits `maxOutput`: largest size of an inflated message in bytes, `Infinity` for none
   * @throws RangeError for a bound that is no number of bytes
   */
  constructor({ contextTakeover, windowBits }: DeflateDirection, { maxOutput }: { readonly maxOutput: number }) {
    requireByteCount(maxOutput);
    this.#contextTakeover = contextTakeover;
    this.#windowBits = windowBits;
    this.#maxOutput = maxOutput;
    this.#history = new SlidingWindow(2 ** windowBits);
  }

  /**
   * Inflates the payload of one whole message (RFC 7692 §7.2.2). An empty payload is an empty message: a zlib sender
   * that flushes twice without data in between produces no byte the second time.
   *
   * - `tooBig`: the data would exceed the bound; found as soon as it does, with no more memory spent than the bound.
   *   The context is what it was: the message may be tried again with a larger bound
   * - `badDeflate`: not DEFLATE, cut short, followed by other bytes, or referring to data outside the agreed window.
   *   The context is gone
   *
   * After a failure that stays the connection must end.
   *
   * @param maxOutput largest size of the data in bytes, `Infinity` for none; default: that of the inflater
   * @throws RangeError for a bound that is no number of bytes
   */
  inflate(payload: Uint8Array, maxOutput: number = this.#maxOutput): InflateResult {
    const message = this.#steps(payload, maxOutput);
    let next = message.next();
    while (next.done !== true) next = message.next(inflateNow(next.value));
    return next.value;
  }

  /**
   * The same in the thread pool, where messages of all connections take turns. `undefined` once `signal` has aborted:
   * at once while the message waits for its turn, at the next chunk of output when it is being inflated.
   *
   * Rejects only where {@link inflate} throws.
   */
  inflateAsync(payload: Uint8Array, maxOutput: number, signal: AbortSignal): Promise<InflateResult | undefined> {
    return compressionLimit.run(async () => {
      const message = this.#steps(payload, maxOutput);
      let next = message.next();
      while (next.done !== true) {
        const step = await inflateInPool(next.value, signal);
        if (step === undefined) return undefined;
        next = message.next(step);
      }
      return next.value;
    }, signal);
  }

  /** Gives back memory that no later message needs. The agreed context stays: the peer may refer to it. */
  release(): void {
    this.#history.trim();
  }

  /** Memory kept between messages, in bytes: at most the agreed window. */
  get bytesHeld(): number {
    return this.#history.capacity;
  }

  /** One message as calls of zlib, which the one who drives it makes now or in the thread pool. */
  *#steps(payload: Uint8Array, maxOutput: number): Generator<InflateCall, InflateResult, InflateStep> {
    requireByteCount(maxOutput);
    if (payload.length === 0) return { ok: true, data: nothing };
    const windowBits = this.#windowBits;
    const parts: Buffer[] = [];
    let dictionary = this.#history.bytes;
    let room = maxOutput;
    let restarts = restartsAllowed(payload.length);
    let input = Buffer.concat([payload, ending]);
    for (;;) {
      const expected = estimate(input.length, this.#ratio);
      const step = yield { input, dictionary, windowBits, maxOutput: room, expected };
      if (!step.ok) return this.#fail(step.reason);
      parts.push(step.data);
      room -= step.data.length;
      input = input.subarray(step.consumed);
      // A sender that ends with its own final block should add an empty block for the tail to complete (RFC 7692
      // §7.2.3.4). Some do not, and then the ending is left over whole.
      if (input.length === 0 || input.length === ending.length) break;
      if (restarts === 0) return this.#fail('badDeflate');
      restarts -= 1;
      dictionary = Buffer.concat([dictionary, step.data]).subarray(-(2 ** windowBits));
    }
    const [first = nothing] = parts;
    const data = parts.length === 1 ? first : Buffer.concat(parts);
    if (data.length >= telling) this.#ratio = data.length / payload.length;
    if (this.#contextTakeover) this.#history.append(data);
    return { ok: true, data };
  }

  #fail(reason: InflateFailure): InflateResult {
    if (reason === 'badDeflate') this.#history.clear();
    return { ok: false, reason };
  }
}

/**
 * How many final blocks a message may have before its end. Each costs a new start of zlib, some 10 µs, for as little as
 * two bytes: unbounded, a small message would hold the thread for seconds. Senders flush at most once per fragment.
 */
function restartsAllowed(payloadLength: number): number {
  return 16 + Math.floor(payloadLength / 256);
}

/** The sending half of permessage-deflate on one connection. One message at a time, in the order of sending. */
export class Deflater {
  readonly #contextTakeover: boolean;
  readonly #windowBits: number;
  readonly #tuning: ResolvedDeflateTuning;
  readonly #history: SlidingWindow;
  /** Bytes of payload for a byte of data, in the last message that was long enough to tell. */
  #ratio = 1;

  /**
   * @param direction what was agreed on for this side's messages
   * @throws RangeError for tuning out of range
   */
  constructor({ contextTakeover, windowBits }: DeflateDirection, tuning: DeflateTuning = {}) {
    this.#contextTakeover = contextTakeover;
    this.#windowBits = windowBits;
    this.#tuning = resolveDeflateTuning(tuning);
    this.#history = new SlidingWindow(2 ** windowBits);
  }

  /** The payload for one message of `data`, never empty (RFC 7692 §7.2.1, §7.2.3.6). */
  deflate(data: Uint8Array): Buffer {
    return this.#payloadOf(data, deflateNow(this.#callFor(data)));
  }

  /**
   * The same bytes, made in the thread pool, where messages of all connections take turns. Leave `data` alone until
   * then. `undefined` once `signal` has aborted: at once while the message waits for its turn, at the next chunk of
   * output when it is being deflated.
   */
  async deflateAsync(data: Uint8Array, signal: AbortSignal): Promise<Buffer | undefined> {
    const flushed = await compressionLimit.run(() => deflateInPool(this.#callFor(data), signal), signal);
    return flushed === undefined ? undefined : this.#payloadOf(data, flushed);
  }

  /**
   * Takes note of data that was sent compressed by another deflater, as when one payload goes to many connections:
   * the peer's context has moved on by it. That other deflater must have no context takeover and no larger window.
   */
  remember(data: Uint8Array): void {
    if (this.#contextTakeover) this.#history.append(data);
  }

  /**
   * Gives back all memory. A sender need never refer to earlier messages, so this is safe at any time; the next
   * messages compress less well until the context has filled again.
   */
  release(): void {
    this.#history.clear();
  }

  /** Memory kept between messages, in bytes: at most the agreed window. */
  get bytesHeld(): number {
    return this.#history.capacity;
  }

  #callFor(data: Uint8Array): DeflateCall {
    const { level, memLevel, strategy } = this.#tuning;
    return {
      input: data,
      // zlib hashes every byte of the dictionary, and for a short message a full window of it takes several times as
      // long as the message. Repetitions are mostly near, and a sender may look back as little as it likes.
      dictionary: this.#history.bytes.subarray(-Math.max(shortReach, reachPerByte * data.length)),
      level,
      memLevel,
      strategy: strategyOf[strategy],
      // zlib has no raw 256-byte window. In one of 512 it refers back 250 bytes at most (it keeps 262 of lookahead),
      // which the smaller window holds.
      windowBits: Math.max(this.#windowBits, 9),
      expected: estimate(data.length, this.#ratio),
    };
  }

  #payloadOf(data: Uint8Array, flushed: Buffer): Buffer {
    this.remember(data);
    if (data.length >= telling) this.#ratio = flushed.length / data.length;
    return flushed.subarray(0, flushed.length - tailLength);
  }
}

function requireByteCount(maxOutput: number): void {
  if (maxOutput !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(maxOutput) && maxOutput >= 0)) {
    throw new RangeError(`maxOutput must be a number of bytes or Infinity, not ${maxOutput}`);
  }
}
