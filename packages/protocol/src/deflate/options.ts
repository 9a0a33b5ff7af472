/** Window sizes that RFC 7692 §7.1.2 lets two peers agree on, as base-2 logarithms of bytes. */
export const allWindowBits = [8, 9, 10, 11, 12, 13, 14, 15] as const;

/** Base-2 logarithm of an LZ77 window: 8 is 256 bytes, 15 is 32 KiB (RFC 7692 §7.1.2). */
export type WindowBits = (typeof allWindowBits)[number];

const strategies = ['default', 'filtered', 'huffmanOnly', 'rle', 'fixed'] as const;

/** How zlib looks for repetitions: `filtered`, `huffmanOnly`, `rle` and `fixed` are its strategies of those names. */
export type DeflateStrategy = (typeof strategies)[number];

/** What one side may choose alone about its compressor; the peer need not know. */
export interface DeflateTuning {
  /** Effort, from 0 (store) over 1 (fastest) to 9 (smallest). Default 6, as zlib's own. */
  readonly level?: number | undefined;
  /** Memory while compressing, from 1 (least) to 9 (fastest); 8 costs 128 KiB during the call. Default 8. */
  readonly memLevel?: number | undefined;
  /** Default `default`. */
  readonly strategy?: DeflateStrategy | undefined;
}

/**
 * How a server answers permessage-deflate, or how a client offers it (RFC 7692 §7.1).
 *
 * The names say whose compressor is meant: `server…` governs what the server sends, `client…` what the client sends.
 */
export interface DeflateOptions extends DeflateTuning {
  /** The server compresses each message by itself: less memory on both sides, larger messages. Default false. */
  readonly serverNoContextTakeover?: boolean | undefined;
  /** The client compresses each message by itself. Default false. */
  readonly clientNoContextTakeover?: boolean | undefined;
  /** Largest window of the server's compressor. Default 15. */
  readonly serverMaxWindowBits?: WindowBits | undefined;
  /**
   * Largest window of the client's compressor. Default 15. On a server a smaller value makes offers without
   * `client_max_window_bits` unacceptable: such a client cannot be told of a limit (RFC 7692 §7.1.2.2).
   */
  readonly clientMaxWindowBits?: WindowBits | undefined;
  /** Messages of fewer bytes are better sent uncompressed. Default 1024: below, one packet carries either form. */
  readonly threshold?: number | undefined;
  /**
   * Messages of at least so many bytes are compressed in the thread pool, and smaller ones at once, on the calling
   * thread. What arrives inflates far faster: it goes to the thread pool from twice as many compressed bytes on, or when
   * it turns out to hold more than sixteen times as many. Default 16 KiB, about 0.4 ms of deflating; `Infinity` never
   * leaves the thread.
   */
  readonly offload?: number | undefined;
  /**
   * Most bytes that one compressed byte may inflate to, counted over a whole message; a peer that exceeds it breaks
   * the protocol (RFC 6455 §10.4). Up to 64 KiB a message may hold what it likes: short ones can repeat themselves.
   * Text stays below 30 or so, DEFLATE itself below 1,033. Default `Infinity`: `maxMessage` alone decides.
   */
  readonly maxRatio?: number | undefined;
}

/** {@link DeflateTuning} with every default filled in. */
export interface ResolvedDeflateTuning {
  readonly level: number;
  readonly memLevel: number;
  readonly strategy: DeflateStrategy;
}

/** {@link DeflateOptions} with every default filled in. */
export interface ResolvedDeflateOptions extends ResolvedDeflateTuning {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  readonly serverMaxWindowBits: WindowBits;
  readonly clientMaxWindowBits: WindowBits;
  readonly threshold: number;
  readonly offload: number;
  readonly maxRatio: number;
}

/** The defaults of {@link DeflateOptions}. */
export const deflateDefaults: ResolvedDeflateOptions = Object.freeze({
  level: 6,
  memLevel: 8,
  strategy: 'default',
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
  threshold: 1024,
  offload: 16 * 1024,
  maxRatio: Number.POSITIVE_INFINITY,
});

/**
 * Fills in the defaults of a compressor's tuning.
 *
 * @throws RangeError for a level outside 0–9, a memLevel outside 1–9 or an unknown strategy.
 */
export function resolveDeflateTuning(tuning: DeflateTuning = {}): ResolvedDeflateTuning {
  const { level = deflateDefaults.level, memLevel = deflateDefaults.memLevel } = tuning;
  const { strategy = deflateDefaults.strategy } = tuning;
  requireInteger('level', level, 0, 9);
  requireInteger('memLevel', memLevel, 1, 9);
  if (!strategies.includes(strategy)) {
    throw new RangeError(`deflate strategy must be one of ${strategies.join(', ')}, not ${String(strategy)}`);
  }
  return { level, memLevel, strategy };
}

/**
 * Fills in the defaults of deflate options, on either side.
 *
 * @throws RangeError for a number outside its documented range.
 */
export function resolveDeflateOptions(options: DeflateOptions = {}): ResolvedDeflateOptions {
  const resolved = {
    ...resolveDeflateTuning(options),
    serverNoContextTakeover: options.serverNoContextTakeover ?? deflateDefaults.serverNoContextTakeover,
    clientNoContextTakeover: options.clientNoContextTakeover ?? deflateDefaults.clientNoContextTakeover,
    serverMaxWindowBits: options.serverMaxWindowBits ?? deflateDefaults.serverMaxWindowBits,
    clientMaxWindowBits: options.clientMaxWindowBits ?? deflateDefaults.clientMaxWindowBits,
    threshold: options.threshold ?? deflateDefaults.threshold,
    offload: options.offload ?? deflateDefaults.offload,
    maxRatio: options.maxRatio ?? deflateDefaults.maxRatio,
  };
  requireInteger('serverMaxWindowBits', resolved.serverMaxWindowBits, 8, 15);
  requireInteger('clientMaxWindowBits', resolved.clientMaxWindowBits, 8, 15);
  requireBytes('threshold', resolved.threshold);
  requireBytes('offload', resolved.offload);
  if (!(resolved.maxRatio >= 1)) {
    throw new RangeError(`deflate maxRatio must be at least 1, not ${resolved.maxRatio}`);
  }
  return resolved;
}

function requireBytes(name: string, value: number): void {
  if (!(value >= 0)) throw new RangeError(`deflate ${name} must be a number of bytes, not ${value}`);
}

function requireInteger(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`deflate ${name} must be an integer from ${least} to ${most}, not ${value}`);
  }
}
