import { Buffer, constants as bufferConstants } from 'node:buffer';
import {
  createDeflateRaw,
  createInflateRaw,
  type DeflateRaw,
  deflateRawSync,
  type InflateRaw,
  inflateRawSync,
  type ZlibOptions,
  constants as zlib,
} from 'node:zlib';

/** Output is gathered in chunks of at most so many bytes. In the thread pool each costs a turn of the event loop. */
const largestChunk = 256 * 1024;

/** Why data could not be inflated. */
export type InflateFailure = 'tooBig' | 'badDeflate';

/** Data to inflate up to the end of its first final block (RFC 1951 §3.2.3). */
export interface InflateCall {
  readonly input: Uint8Array;
  /** What the input may refer back to; may be empty. */
  readonly dictionary: Uint8Array;
  readonly windowBits: number;
  /** Largest output, bytes. */
  readonly maxOutput: number;
  /** About what the output will be, bytes: with as much room from the beginning it is not gathered, and leaves no waste. */
  readonly expected: number;
}

/** What came of an {@link InflateCall}; `consumed` is the length of the input up to the end of that block. */
export type InflateStep =
  | { readonly ok: true; readonly data: Buffer; readonly consumed: number }
  | { readonly ok: false; readonly reason: InflateFailure };

/** Inflates on the calling thread. */
export function inflateNow(call: InflateCall): InflateStep {
  const { input, maxOutput } = call;
  const options = inflateOptions(call);
  let result: unknown;
  try {
    result = inflateRawSync(input, {
      ...options,
      // zlib wants a bound of at least 1; that one byte is checked below.
      maxOutputLength: Math.min(Math.max(maxOutput, 1), bufferConstants.MAX_LENGTH),
      info: true,
    });
  } catch (error) {
    return failureOf(error);
  }
  const { data, consumed } = reportOf(result);
  return data.length > maxOutput
    ? { ok: false, reason: 'tooBig' }
    : { ok: true, data: fitting(data, options.chunkSize), consumed };
}

/** Inflates in the thread pool; `undefined` when `signal` aborts meanwhile. */
export async function inflateInPool(call: InflateCall, signal: AbortSignal): Promise<InflateStep | undefined> {
  const engine = createInflateRaw(inflateOptions(call));
  try {
    const data = await pass(engine, call.input, call.maxOutput, signal);
    if (signal.aborted) return undefined;
    return data === undefined ? { ok: false, reason: 'tooBig' } : { ok: true, data, consumed: engine.bytesWritten };
  } catch (error) {
    return failureOf(error);
  }
}

function inflateOptions(call: InflateCall): ZlibOptions & { chunkSize: number } {
  const { dictionary, windowBits, maxOutput, expected } = call;
  return {
    windowBits,
    dictionary: dictionary.length > 0 ? dictionary : undefined,
    chunkSize: chunkFor(Math.min(expected, maxOutput)),
  };
}

const chunkFor = (expected: number): number => Math.min(Math.max(expected, 256), largestChunk);

/** What may wait for long, for a slow handler or a slow peer, should not hold a mostly unused chunk meanwhile. */
const fitting = (output: Buffer, chunkSize: number): Buffer =>
  2 * output.length < chunkSize ? Buffer.from(output) : output;

function failureOf(error: unknown): InflateStep {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ERR_BUFFER_TOO_LARGE':
      return { ok: false, reason: 'tooBig' };
    case 'Z_DATA_ERROR':
    case 'Z_BUF_ERROR':
      return { ok: false, reason: 'badDeflate' };
    default:
      throw error;
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

/** Data to deflate up to the end of a sync flush. */
export interface DeflateCall {
  readonly input: Uint8Array;
  /** What the output may refer back to; may be empty. */
  readonly dictionary: Uint8Array;
  readonly windowBits: number;
  readonly level: number;
  readonly memLevel: number;
  /** zlib's number for it. */
  readonly strategy: number;
  /** About what the output will be, bytes. */
  readonly expected: number;
}

/** Deflates on the calling thread. */
export function deflateNow(call: DeflateCall): Buffer {
  const options = deflateOptions(call);
  return fitting(deflateRawSync(call.input, options), options.chunkSize);
}

/** Deflates in the thread pool, to the same bytes; `undefined` when `signal` aborts meanwhile. */
export async function deflateInPool(call: DeflateCall, signal: AbortSignal): Promise<Buffer | undefined> {
  return pass(createDeflateRaw(deflateOptions(call)), call.input, Number.POSITIVE_INFINITY, signal);
}

function deflateOptions(call: DeflateCall): ZlibOptions & { chunkSize: number } {
  const { dictionary, windowBits, level, memLevel, strategy, expected } = call;
  return {
    windowBits,
    level,
    memLevel,
    strategy,
    dictionary: dictionary.length > 0 ? dictionary : undefined,
    // The output depends on these three where a flush meets the end of a chunk, and must not depend on the thread: a
    // stream takes its data in with `flush` and ends with `finishFlush`, a synchronous call knows the latter alone.
    flush: zlib.Z_SYNC_FLUSH,
    finishFlush: zlib.Z_SYNC_FLUSH,
    chunkSize: chunkFor(expected),
  };
}

/**
 * Passes `input` through a stream of its own: all of the output, or `undefined` once it exceeds the bound or `signal`
 * has aborted, seen at the end of each chunk. zlib cannot be stopped within one, so that until then its thread and
 * memory are in use, whoever waits. Leaving the loop, by whatever way, closes the stream.
 */
async function pass(
  engine: DeflateRaw | InflateRaw,
  input: Uint8Array,
  maxOutput: number,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  engine.end(input);
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of engine) {
    size += part.length;
    if (size > maxOutput || signal.aborted) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts, size); // also of one: a message should not hold a mostly unused chunk
}
