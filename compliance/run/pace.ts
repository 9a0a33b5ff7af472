/** How long the suite waits. */
export interface Pace {
  /** A pause of a case, ms. */
  readonly pause: number;
  /** Silence after which nothing more is expected of the peer, ms. */
  readonly patience: number;
}

/** Pauses as the reference suite has them. */
export const unhurried: Pace = { pause: 1000, patience: 10_000 };

/** Pauses just long enough for a peer on the same machine to do something about what it has got. */
export const quick: Pace = { pause: 300, patience: 5000 };
