import { Buffer } from 'node:buffer';
import type { BinaryFrame, CompressedFrame, TextFrame } from '../frame.ts';
import { type Encodable, PreparedFrame } from '../frame-encoder.ts';
import type { Role } from '../frame-header.ts';
import { type ReceivedBinary, ReceivedMessage, type ReceivedText, received } from '../received-message.ts';
import { isValidUtf8 } from '../utf8.ts';
import { type Violation, violation } from '../violation.ts';
import { type DeflateAgreement, type DeflateDirection, directionOf } from './negotiation.ts';
import { type DeflateOptions, type ResolvedDeflateOptions, resolveDeflateOptions } from './options.ts';
import { deflatePrepared } from './shared-payload.ts';
import { Deflater, type InflateResult, Inflater } from './transform.ts';

/** Output up to this size is never held against its ratio, bytes: short messages may repeat themselves. */
const ratioFree = 64 * 1024;

/** Inflating is faster than deflating: how much compressed data is worth a message that large, and how much output. */
const inflatesFaster = 2;
const outputsFaster = 16;

/** A compressed message made readable, or how it breaks the protocol. */
export type Inflated = ReceivedText | ReceivedBinary | Violation;

/** What a message may be once it is inflated. */
export interface InflateLimits {
  /** Largest message, bytes. */
  readonly maxMessage: number;
  /** Whether text must be UTF-8 (RFC 6455 §8.1). */
  readonly validateUtf8: boolean;
}

/**
 * permessage-deflate on one connection that has agreed on it (RFC 7692 §7). Small messages are dealt with at once,
 * large ones in the thread pool, where those of all connections take turns.
 *
 * Messages of one direction refer to each other: never begin one before the last one of its direction is settled. The
 * two directions know nothing of each other. Until the first message a direction costs nothing.
 */
export class PerMessageDeflate {
  readonly #received: DeflateDirection;
  readonly #sent: DeflateDirection;
  readonly #options: ResolvedDeflateOptions;
  #inflater: Inflater | undefined;
  #deflater: Deflater | undefined;
  /** Gives up what is in the thread pool. */
  #pool: AbortController | undefined;
  #ended = false;

  /**
   * @param agreed what the handshake came to
   * @param role this endpoint's side
   * @param options the same that the handshake was made with
   * @throws RangeError for options out of range
   */
  constructor(agreed: DeflateAgreement, role: Role, options: DeflateOptions = {}) {
    const { inflate, deflate } = directionOf(agreed, role);
    this.#received = inflate;
    this.#sent = deflate;
    this.#options = resolveDeflateOptions(options);
  }

  /**
   * The message in a compressed frame. A violation is the end of the connection:
   *
   * - `messageTooBig`, `inflateRatio`: more data than allowed; found with no more memory spent than that
   * - `badDeflate`: data that does not inflate in the agreed window
   * - `invalidUtf8`: text that is none, unless `validateUtf8` is false
   *
   * A promise is fulfilled with `undefined` if {@link end} comes first; it rejects only if zlib itself fails, as for
   * want of memory, where the synchronous way throws.
   */
  inflate(frame: CompressedFrame, limits: InflateLimits): Inflated | Promise<Inflated | undefined> {
    const { offload, maxRatio } = this.#options;
    const { kind, data } = frame;
    const { maxMessage } = limits;
    const maxByRatio = Math.max(ratioFree, maxRatio * Math.max(data.length, 1));
    const maxOutput = Math.min(maxMessage, wholeBytes(maxByRatio));

    const finish = (result: InflateResult): Inflated => {
      if (result.ok) return messageOf(kind, result.data, limits);
      if (result.reason === 'badDeflate') return violation('badDeflate');
      return maxOutput < maxMessage
        ? violation('inflateRatio', `> ${maxRatio}:1`)
        : violation('messageTooBig', `> ${maxMessage}`);
    };

    this.#inflater ??= new Inflater(this.#received, { maxOutput: Number.POSITIVE_INFINITY });
    if (data.length < inflatesFaster * offload) {
      const maxNow = Math.min(maxOutput, wholeBytes(outputsFaster * offload));
      const result = this.#inflater.inflate(data, maxNow);
      const tooBigForNow = !result.ok && result.reason === 'tooBig' && maxNow < maxOutput;
      if (!tooBigForNow) return finish(result);
    }
    return this.#inflater
      .inflateAsync(data, maxOutput, this.#signal)
      .then((result) => (result === undefined ? undefined : finish(result)));
  }

  /**
   * What to send instead of a message: the same if it is below the threshold, else a compressed frame (RFC 7692 §6.1).
   * Its bytes are read until then. A prepared frame is compressed once for all connections of the same parameters.
   *
   * A promise is fulfilled with `undefined` if {@link end} comes first, and rejects as that of {@link inflate} does.
   */
  deflate(message: TextFrame | BinaryFrame | PreparedFrame): Encodable | Promise<Encodable | undefined> {
    if (message instanceof PreparedFrame) return this.#deflatePrepared(message);
    const { threshold, offload } = this.#options;
    const data = bytesOf(message, threshold);
    if (data === undefined) return message;
    const frame = (payload: Uint8Array): CompressedFrame => ({ type: 'compressed', kind: message.type, data: payload });
    this.#deflater ??= new Deflater(this.#sent, this.#options);
    if (data.length < offload) return frame(this.#deflater.deflate(data));
    return this.#deflater
      .deflateAsync(data, this.#signal)
      .then((payload) => (payload === undefined ? undefined : frame(payload)));
  }

  /** Give back what can be rebuilt: the sender's context, and spare memory of the receiver's (RFC 7692 §7.1.1). */
  release(): void {
    this.#inflater?.release();
    this.#deflater?.release();
  }

  /**
   * The connection is over. What waits for the thread pool is never begun, what runs there stops at its next chunk of
   * output, and their promises are fulfilled with `undefined`.
   */
  end(): void {
    this.#ended = true;
    this.#pool?.abort('ended'); // a reason of its own, since the default is an error with a stack trace
    this.#inflater = undefined;
    this.#deflater = undefined;
  }

  /** Memory kept between messages, in bytes: at most both windows. */
  get bytesHeld(): number {
    return (this.#inflater?.bytesHeld ?? 0) + (this.#deflater?.bytesHeld ?? 0);
  }

  get #signal(): AbortSignal {
    this.#pool ??= new AbortController();
    if (this.#ended) this.#pool.abort('ended');
    return this.#pool.signal;
  }

  #deflatePrepared(frame: PreparedFrame): Encodable | Promise<Encodable | undefined> {
    const { payload } = frame;
    const { threshold, offload } = this.#options;
    if (payload.length < threshold) return frame;
    const shared = deflatePrepared(frame, this.#sent.windowBits, this.#options, payload.length >= offload);
    const remember = (compressed: CompressedFrame): CompressedFrame => {
      if (this.#sent.contextTakeover) {
        this.#deflater ??= new Deflater(this.#sent, this.#options);
        this.#deflater.remember(payload);
      }
      return compressed;
    };
    if (!(shared instanceof Promise)) return remember(shared);
    return shared.then((compressed) => (compressed === undefined || this.#ended ? undefined : remember(compressed)));
  }
}

/** Beyond the numbers that are exact there is no bound. */
const wholeBytes = (bytes: number): number =>
  bytes > Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : Math.floor(bytes);

function messageOf(kind: 'text' | 'binary', data: Buffer, { validateUtf8 }: InflateLimits): Inflated {
  const valid = kind === 'binary' || !validateUtf8 || isValidUtf8(data);
  return valid ? received(kind, data) : violation('invalidUtf8');
}

/** A message's bytes, or `undefined` for less than `threshold` of them, which a short string need not be encoded for. */
function bytesOf(message: TextFrame | BinaryFrame, threshold: number): Uint8Array | undefined {
  if (message.type === 'binary') return atLeast(message.data, threshold);
  if (message instanceof ReceivedMessage) return atLeast(message.bytes, threshold);
  return Buffer.byteLength(message.data) < threshold ? undefined : Buffer.from(message.data, 'utf8');
}

const atLeast = (data: Uint8Array, threshold: number): Uint8Array | undefined =>
  data.length < threshold ? undefined : data;
