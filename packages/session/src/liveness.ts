import type { Clock } from '@genws/actor';
import type { ResolvedTuning } from './options.ts';

/** What a peer is measured by. */
export interface LivenessOwner {
  readonly tuning: ResolvedTuning;
  readonly clock: Pick<Clock, 'now'>;
}

/** What is known of a peer by when it was last heard: whether it is still there, and whether it pings too much. */
export class Liveness {
  readonly #owner: LivenessOwner;
  readonly #startedAt: number;
  #heardAt: number;
  #unanswered = false;
  #window = 0;
  #controlFrames = 0;

  constructor(owner: LivenessOwner) {
    this.#owner = owner;
    this.#startedAt = owner.clock.now();
    this.#heardAt = this.#startedAt;
  }

  /** Ms since the session began. */
  get uptime(): number {
    return this.#owner.clock.now() - this.#startedAt;
  }

  /** Bytes have come, or have been taken. */
  heard(): void {
    this.#heardAt = this.#owner.clock.now();
    this.#unanswered = false;
  }

  /** A ping leaves. */
  pinged(): void {
    this.#unanswered = true;
  }

  /** Whether nothing has come since the last ping. */
  get unanswered(): boolean {
    return this.#unanswered;
  }

  /** Ms until the peer has been silent for `idleTimeout`; 0 or less when it has. */
  get silenceLeft(): number {
    return this.#heardAt + this.#owner.tuning.idleTimeout - this.#owner.clock.now();
  }

  /** Count a ping or pong; `true` when the second has more of them than a peer has use for (RFC 6455 §10.4). */
  floods(): boolean {
    if (this.#heardAt - this.#window >= 1000) {
      this.#window = this.#heardAt;
      this.#controlFrames = 0;
    }
    return ++this.#controlFrames > this.#owner.tuning.limits.maxControlRate;
  }
}
