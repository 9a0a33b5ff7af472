import type { SessionLimits } from './options.ts';

/**
 * How fast a peer sends, against what it may: two buckets that fill with `maxMessageRate` and `maxByteRate` a second,
 * and hold one second's worth. A message is let through as long as neither is overdrawn, whatever its size.
 */
export class RateMeter {
  #messages: number;
  #bytes: number;
  #filledAt: number;

  constructor({ maxMessageRate, maxByteRate }: SessionLimits, now: number) {
    this.#messages = Math.max(maxMessageRate, 1);
    this.#bytes = Math.max(maxByteRate, 1);
    this.#filledAt = now;
  }

  /** Whether the peer has sent too much to send another message now. */
  exceeded({ maxMessageRate, maxByteRate }: SessionLimits, now: number): boolean {
    const seconds = (now - this.#filledAt) / 1000;
    this.#filledAt = now;
    this.#messages = refilled(this.#messages, maxMessageRate, seconds);
    this.#bytes = refilled(this.#bytes, maxByteRate, seconds);
    return this.#messages < 1 || this.#bytes <= 0;
  }

  /** A message of so many bytes has been let through. */
  count(bytes: number): void {
    this.#messages -= 1;
    this.#bytes -= bytes;
  }

  /** Ms until the next message may come. */
  wait({ maxMessageRate, maxByteRate }: SessionLimits): number {
    const seconds = Math.max(secondsFor(1 - this.#messages, maxMessageRate), secondsFor(-this.#bytes, maxByteRate));
    return Math.ceil(seconds * 1000);
  }
}

function refilled(level: number, rate: number, seconds: number): number {
  return isUnlimited(rate) ? rate : Math.min(Math.max(rate, 1), level + rate * seconds);
}

const secondsFor = (amount: number, rate: number): number => (isUnlimited(rate) || amount <= 0 ? 0 : amount / rate);

const isUnlimited = (rate: number): boolean => rate === Number.POSITIVE_INFINITY;

/** Whether there is anything to meter. */
export const isMetered = ({ maxMessageRate, maxByteRate }: SessionLimits): boolean =>
  !isUnlimited(maxMessageRate) || !isUnlimited(maxByteRate);
