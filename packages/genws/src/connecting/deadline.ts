import type { ConnectFailure } from './connect-error.ts';

/** One deadline for the whole of connecting, and the caller's own signal. */
export class Deadline {
  readonly #timeout: number;
  readonly #expiry = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly signal: AbortSignal;

  constructor(timeout: number, caller: AbortSignal | undefined) {
    this.#timeout = timeout;
    this.#caller = caller;
    // More than Node's timers can count is no deadline, just as `Infinity`.
    if (timeout < 2 ** 31) this.#timer = setTimeout(() => this.#expiry.abort(), timeout);
    this.signal = caller === undefined ? this.#expiry.signal : AbortSignal.any([this.#expiry.signal, caller]);
  }

  /** What it means that something failed now. */
  get failure(): ConnectFailure {
    if (this.#caller?.aborted === true) return { code: 'aborted' };
    return this.#expiry.signal.aborted ? { code: 'timeout', timeout: this.#timeout } : { code: 'connectionFailed' };
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}

/** The same promise, rejected with the signal's reason as soon as the signal is aborted. */
export async function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  let abort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
