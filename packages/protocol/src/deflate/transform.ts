import { Buffer, constants as bufferConstants } from 'node:buffer';
import { deflateRawSync, inflateRawSync, constants as zlib } from 'node:zlib';
import type { DeflateDirection } from './negotiation.ts';
import { type DeflateStrategy, type DeflateTuning, resolveDeflateTuning } from './options.ts';
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

const largestChunk = 64 * 1024;

const strategyOf: Readonly<Record<DeflateStrategy, number>> = {
  default: zlib.Z_DEFAULT_STRATEGY,
  filtered: zlib.Z_FILTERED,
  huffmanOnly: zlib.Z_HUFFMAN_ONLY,
  rle: zlib.Z_RLE,
  fixed: zlib.Z_FIXED,
};

/** Why a message could not be inflated: `tooBig` is close code 1009, `badDeflate` 1007. */
export type InflateFailure = 'tooBig' | 'badDeflate';

/** What {@link Inflater.inflate} found. */
export type InflateResult =
  | { readonly ok: true; readonly data: Buffer }
  | { readonly ok: false; readonly reason: InflateFailure };

/** The receiving half of permessage-deflate on one connection. */
export interface Inflater {
  /**
   * Inflates the payload of one whole message (RFC 7692 §7.2.2). An empty payload is an empty message: a zlib sender
   * that flushes twice without data in between produces no byte the second time.
   *
   * - `tooBig`: the data would exceed the bound; found as soon as it does, with no more memory spent than the bound
   * - `badDeflate`: not DEFLATE, cut short, followed by other bytes, or referring to data outside the agreed window
   *
   * After a failure the connection must end: the context is gone.
   *
   * @param maxOutput largest size of the data in bytes, `Infinity` for none; default: that of the inflater
   * @throws RangeError for a bound that is no number of bytes
   */
  inflate(payload: Uint8Array, maxOutput?: number): InflateResult;
  /** Gives back memory that no later message needs. The agreed context stays: the peer may refer to it. */
  release(): void;
  /** Memory kept between messages, in bytes: at most the agreed window. */
  readonly bytesHeld: number;
}

/** The sending half of permessage-deflate on one connection. */
export interface Deflater {
  /** The payload for one message of `data`, never empty (RFC 7692 §7.2.1, §7.2.3.6). */
  deflate(data: Uint8Array): Buffer;
  /**
   * Takes note of data that was sent compressed by another deflater, as when one payload goes to many connections:
   * the peer's context has moved on by it. That other deflater must have no context takeover and no larger window.
   */
  remember(data: Uint8Array): void;
  /**
   * Gives back all memory. A sender need never refer to earlier messages, so this is safe at any time; the next
   * messages compress less well until the context has filled again.
   */
  release(): void;
  /** Memory kept between messages, in bytes: at most the agreed window. */
  readonly bytesHeld: number;
}

/**
 * Creates the receiving half of permessage-deflate.
 *
 * @param direction what was agreed on for the peer's messages
 * @param limits `maxOutput`: largest size of an inflated message in bytes, `Infinity` for none
 * @throws RangeError for a bound that is no number of bytes
 */
export function createInflater(direction: DeflateDirection, limits: { readonly maxOutput: number }): Inflater {
  const { contextTakeover, windowBits } = direction;
  requireByteCount(limits.maxOutput);
  const history = new SlidingWindow(2 ** windowBits);

  const inflateAll = (payload: Uint8Array, maxOutput: number): InflateResult => {
    const parts: Buffer[] = [];
    let room = maxOutput;
    let restarts = restartsAllowed(payload.length);
    let input = Buffer.concat([payload, ending]);
    for (;;) {
      const step = inflateToFinalBlock(input, history.bytes, windowBits, room);
      if (!step.ok) return step;
      parts.push(step.data);
      room -= step.data.length;
      input = input.subarray(step.consumed);
      // A sender that ends with its own final block should add an empty block for the tail to complete (RFC 7692
      // §7.2.3.4). Some do not, and then the ending is left over whole.
      const complete = input.length === 0 || input.length === ending.length;
      if (contextTakeover || !complete) history.append(step.data);
      if (complete) return { ok: true, data: parts.length === 1 ? step.data : Buffer.concat(parts) };
      if (restarts === 0) return { ok: false, reason: 'badDeflate' };
      restarts -= 1;
    }
  };

  return {
    inflate(payload, maxOutput = limits.maxOutput) {
      requireByteCount(maxOutput);
      if (payload.length === 0) return { ok: true, data: nothing };
      const result = inflateAll(payload, maxOutput);
      if (!result.ok || !contextTakeover) history.clear();
      return result;
    },
    release() {
      history.trim();
    },
    get bytesHeld() {
      return history.capacity;
    },
  };
}

/**
 * How many final blocks a message may have before its end. Each costs a new start of zlib, some 10 µs, for as little as
 * two bytes: unbounded, a small message would hold the thread for seconds. Senders flush at most once per fragment.
 */
function restartsAllowed(payloadLength: number): number {
  return 16 + Math.floor(payloadLength / 32);
}

type InflateStep =
  | { readonly ok: true; readonly data: Buffer; readonly consumed: number }
  | { readonly ok: false; readonly reason: InflateFailure };

function inflateToFinalBlock(
  input: Uint8Array,
  dictionary: Uint8Array,
  windowBits: number,
  maxOutput: number,
): InflateStep {
  let result: unknown;
  try {
    result = inflateRawSync(input, {
      windowBits,
      dictionary: dictionary.length > 0 ? dictionary : undefined,
      // zlib wants a bound of at least 1; that one byte is checked below.
      maxOutputLength: Math.min(Math.max(maxOutput, 1), bufferConstants.MAX_LENGTH),
      chunkSize: Math.min(Math.max(4 * input.length, 1024), largestChunk),
      info: true,
    });
  } catch (error) {
    const reason = failureOf(error);
    if (reason === undefined) throw error;
    return { ok: false, reason };
  }
  const { data, consumed } = reportOf(result);
  return data.length > maxOutput ? { ok: false, reason: 'tooBig' } : { ok: true, data, consumed };
}

function failureOf(error: unknown): InflateFailure | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ERR_BUFFER_TOO_LARGE':
      return 'tooBig';
    case 'Z_DATA_ERROR':
    case 'Z_BUF_ERROR':
      return 'badDeflate';
    default:
      return undefined;
  }
}

/** Reads what `info: true` makes of zlib's result; its published types do not tell. */
function reportOf(result: unknown): { data: Buffer; consumed: number } {
  if (typeof result === 'object' && result !== null && 'buffer' in result && 'engine' in result) {
    const { buffer, engine } = result;
    if (Buffer.isBuffer(buffer) && typeof engine === 'object' && engine !== null && 'bytesWritten' in engine) {
      if (typeof engine.bytesWritten === 'number') return { data: buffer, consumed: engine.bytesWritten };
    }
  }
  throw new TypeError('this runtime’s zlib does not report how much input it consumed');
}

/**
 * Creates the sending half of permessage-deflate.
 *
 * @param direction what was agreed on for this side's messages
 * @throws RangeError for tuning out of range
 */
export function createDeflater(direction: DeflateDirection, tuning: DeflateTuning = {}): Deflater {
  const { contextTakeover, windowBits } = direction;
  const { level, memLevel, strategy } = resolveDeflateTuning(tuning);
  const history = new SlidingWindow(2 ** windowBits);
  return {
    deflate(data) {
      const chunkSize = Math.min(Math.max(data.length + 64, 256), largestChunk);
      const flushed = deflateRawSync(data, {
        level,
        memLevel,
        strategy: strategyOf[strategy],
        // zlib has no raw 256-byte window. In one of 512 it refers back 250 bytes at most (it keeps 262 of lookahead),
        // which the smaller window holds.
        windowBits: Math.max(windowBits, 9),
        dictionary: history.bytes.length > 0 ? history.bytes : undefined,
        finishFlush: zlib.Z_SYNC_FLUSH,
        chunkSize,
      });
      if (contextTakeover) history.append(data);
      const payload = flushed.subarray(0, flushed.length - tailLength);
      // A payload may wait long for a slow peer: it should not hold a mostly unused chunk meanwhile.
      return 2 * payload.length < chunkSize ? Buffer.from(payload) : payload;
    },
    remember(data) {
      if (contextTakeover) history.append(data);
    },
    release() {
      history.clear();
    },
    get bytesHeld() {
      return history.capacity;
    },
  };
}

function requireByteCount(maxOutput: number): void {
  if (maxOutput !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(maxOutput) && maxOutput >= 0)) {
    throw new RangeError(`maxOutput must be a number of bytes or Infinity, not ${maxOutput}`);
  }
}
