import type { Crash } from '../../src/protocol.ts';

/** So many are remembered. */
const kept = 200;

/** The crashes with those that are new, the latest last. After a reconnect the same may be told again. */
export function addCrashes(crashes: readonly Crash[], added: readonly Crash[]): readonly Crash[] {
  const known = new Set(crashes.map(identity));
  const fresh = added.filter((crash) => !known.has(identity(crash)));
  return fresh.length === 0 ? crashes : [...crashes, ...fresh].slice(-kept);
}

/** What tells one crash from another. */
export function identity({ at, event, text }: Crash): string {
  return `${at} ${event} ${text}`;
}
