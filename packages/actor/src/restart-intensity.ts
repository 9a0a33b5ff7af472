/** How often a supervisor may restart children before it gives up. */
export interface RestartIntensity {
  /** Restarts within a period that are still borne; one more ends the supervisor. */
  readonly intensity: number;
  /** Ms. */
  readonly period: number;
}

/** When a supervisor restarted children, ms, in so far as it is not too long ago to count, and now. */
export const countRestart = (
  restarts: readonly number[],
  now: number,
  { period }: RestartIntensity,
): readonly number[] => [...restarts.filter((then) => now <= then + period), now];

/** Whether that was once too often. */
export const isTooOften = (restarts: readonly number[], { intensity }: RestartIntensity): boolean =>
  restarts.length > intensity;

/** Throws `RangeError` for an intensity or a period that is none. */
export function assertIntensity({ intensity, period }: RestartIntensity): void {
  if (!Number.isSafeInteger(intensity) || intensity < 0)
    throw new RangeError(`intensity must be an integer from 0 on, not ${intensity}`);
  if (!(period > 0)) throw new RangeError(`period must be more than 0 ms, not ${period}`);
}
