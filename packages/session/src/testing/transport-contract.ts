import type { ContractCase, ContractSettings } from './contract-case.ts';
import { endingCases } from './ending-cases.ts';
import { ownerCases } from './owner-cases.ts';
import { readingCases } from './reading-cases.ts';
import { receivingCases } from './receiving-cases.ts';
import type { MakeTransportPair } from './transport-pair.ts';
import { writingCases } from './writing-cases.ts';

/**
 * What a session relies on when it is given a transport, promise by promise. Each case stands for itself: run them all,
 * in any order, with a fresh pair for each.
 */
export const transportContract: readonly ContractCase[] = [
  ...readingCases,
  ...writingCases,
  ...endingCases,
  ...ownerCases,
  ...receivingCases,
];

/**
 * Make each promise of the {@link transportContract} a test, with whatever test runner there is: the `it` of Vitest,
 * Mocha or Jest, the `test` of `node:test`.
 */
export function testTransport(
  it: (title: string, run: () => Promise<void>) => unknown,
  makePair: MakeTransportPair,
  settings?: ContractSettings,
): void {
  for (const { title, run } of transportContract) it(title, () => run(makePair, settings));
}
