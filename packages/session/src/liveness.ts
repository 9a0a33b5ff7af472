import type { SessionLimits, SessionTimeouts } from './options.ts';

/** What is known of a peer by when it was last heard: whether it is still there, and whether it talks too much. */
export class Liveness {
  readonly #limits: SessionLimits;
  readonly #timeouts: SessionTimeouts;
  readonly #now: () => number;
  #heardAt: number;
  #window = 0;
  #controlFrames = 0;

  constructor(limits: SessionLimits, timeouts: SessionTimeouts, now: () => number) {
    this.#limits = limits;
    this.#timeouts = timeouts;
    this.#now = now;
    this.#heardAt = now();
  }

  /** Bytes have come. */
  heard(): void {
    this.#heardAt = this.#now();
  }

  /** Ms until the peer has been silent for `idleTimeout`; 0 or less when it has. */
  get silenceLeft(): number {
    return this.#heardAt + this.#timeouts.idleTimeout - this.#now();
  }

  /** Count a ping or pong; `true` when the second has more of them than a peer has use for (RFC 6455 §10.4). */
  floods(): boolean {
    if (this.#heardAt - this.#window >= 1000) {
      this.#window = this.#heardAt;
      this.#controlFrames = 0;
    }
    return ++this.#controlFrames > this.#limits.maxControlRate;
  }
}
