/** How long a client waits before it connects again. */
export interface Backoff {
  /** Most ms before the first attempt after a failure. */
  readonly initial: number;
  /** By how much that grows with each failure after it. */
  readonly factor: number;
  /** Most ms it grows to. */
  readonly max: number;
  /** Ms a connection must have lasted for the delay to start anew. */
  readonly stableAfter: number;
}

/** What of a {@link Backoff} is chosen; the rest is {@link defaultBackoff}. */
export type BackoffOptions = { readonly [Name in keyof Backoff]?: Backoff[Name] | undefined };

/** Defaults of {@link BackoffOptions}. */
export const defaultBackoff: Backoff = { initial: 500, factor: 2, max: 30_000, stableAfter: 10_000 };

/** With the defaults filled in. Throws `RangeError` for what would be no backoff. */
export function resolveBackoff({
  initial = defaultBackoff.initial,
  factor = defaultBackoff.factor,
  max = defaultBackoff.max,
  stableAfter = defaultBackoff.stableAfter,
}: BackoffOptions = {}): Backoff {
  assertAtLeast('initial', initial, 1);
  assertAtLeast('factor', factor, 1);
  assertAtLeast('max', max, 1);
  assertAtLeast('stableAfter', stableAfter, 0);
  return { initial, factor, max, stableAfter };
}

function assertAtLeast(name: keyof Backoff, value: number, least: number): void {
  if (!(value >= least)) throw new RangeError(`backoff.${name} must be a number from ${least} on, not ${value}`);
}

/**
 * Ms to wait after so many failures in a row: exponential, with full jitter, so that the clients of a server that went
 * down come back spread evenly over the whole time.
 *
 * @param random from 0 up to 1
 */
export const delayAfter = ({ initial, factor, max }: Backoff, failures: number, random: () => number): number =>
  random() * Math.min(max, initial * factor ** Math.max(0, failures - 1));
