import { AssertionError } from 'node:assert/strict';
import { createMemoryTransports } from '@genws/session';
import {
  type MakeTransportPair,
  type TransportFeature,
  transportContract,
  transportPeer,
} from '@genws/session/testing';
import { expect } from 'vitest';
import type { Delegate } from './delegate.ts';

/** What transports in memory do without. */
export const lacking: readonly TransportFeature[] = ['ended', 'error', 'peername'];

/** Pairs in memory whose near end is a delegate, and does without these features, as it says. */
export const pairsOf =
  (Near: typeof Delegate, lacks: readonly TransportFeature[] = lacking): MakeTransportPair =>
  () => {
    const [near, far] = createMemoryTransports();
    return { near: new Near(near), far: transportPeer(far), lacks };
  };

/** The promises that are not kept. Those that will not be are not waited for as long as those that should. */
export async function brokenPromises(makePair: MakeTransportPair, expected: readonly string[]): Promise<string[]> {
  const outcomes = await Promise.all(
    transportContract.map(async ({ title, run }) => {
      const breach: unknown = await run(makePair, { patience: expected.includes(title) ? 300 : 10_000 }).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (breach === undefined) return [];
      expect(breach).toBeInstanceOf(AssertionError);
      expect(String(breach)).toContain(`: ${title}: `);
      return [title];
    }),
  );
  return outcomes.flat();
}
