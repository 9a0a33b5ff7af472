const firstPause = 500;
const longestPause = 15_000;

/**
 * How long to wait before the next attempt, in ms, after so many in vain: twice as long each time, up to a limit, and
 * drawn at random from the upper half, so that pages do not all return in the instant in which a process does.
 */
export function pauseBefore(attempts: number, random: () => number = Math.random): number {
  return Math.min(longestPause, firstPause * 2 ** attempts) * (0.5 + random() / 2);
}
