import type { Case, DeflateDemand } from '../case.ts';
import type { CorpusName } from '../corpora/corpus.ts';
import { scenario } from './script.ts';

const largest = 131_072;

/** Sizes of messages, and of their fragments where they have some, in the order of the cases. */
const sizes: readonly { readonly octets: number; readonly fragment?: number }[] = [
  ...[16, 64, 256, 1024, 4096, 8192, 16_384, 32_768, 65_536, largest].map((octets) => ({ octets })),
  ...[8192, 16_384, 32_768, 65_536, largest].map((octets) => ({ octets, fragment: 256 })),
  ...[1024, 4096, 32_768].map((fragment) => ({ octets: largest, fragment })),
];

/** What a subsection compresses, and how it is asked for. */
export interface Subsection {
  readonly prefix: string;
  readonly corpus: CorpusName;
  readonly type: 'text' | 'binary';
  readonly deflate: readonly DeflateDemand[];
}

/** The 18 cases of a subsection on permessage-deflate, 1000 round trips each. */
export const compressedCases = ({ prefix, corpus, type, deflate }: Subsection): Case[] =>
  sizes.map(({ octets, fragment }, at) => {
    const inFragments = fragment === undefined ? '' : ` in fragments of ${fragment} octets`;
    return scenario(`${prefix}.${at + 1}`, {
      title: `1000 ${type} messages of ${octets} octets of ${corpus}${inFragments}; ${deflate.map(words).join(', or else ')}.`,
      expectation: 'Each message comes back, under the negotiated parameters.',
      deflate,
      steps: [
        {
          type: 'roundTrips',
          count: 1000,
          message: { type, payload: { corpus, octets } },
          ...(fragment === undefined ? {} : { fragment }),
        },
      ],
      timeLimit: 120_000,
    });
  });

function words({ noContextTakeover, maxWindowBits }: DeflateDemand): string {
  const asked = [
    ...(noContextTakeover ? ['no context takeover'] : []),
    ...(maxWindowBits === undefined ? [] : [`a window of ${maxWindowBits} bits`]),
  ];
  return asked.length === 0 ? 'no demands' : asked.join(' and ');
}
