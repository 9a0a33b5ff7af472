import type { Case, DeflateDemand } from '../case.ts';
import { compressedCases } from './compressed.ts';

const demands: readonly (readonly DeflateDemand[])[] = [
  [{}],
  [{ noContextTakeover: true }],
  [{ maxWindowBits: 9 }],
  [{ maxWindowBits: 15 }],
  [{ noContextTakeover: true, maxWindowBits: 9 }],
  [{ noContextTakeover: true, maxWindowBits: 15 }],
  [{ noContextTakeover: true, maxWindowBits: 9 }, { noContextTakeover: true }, {}],
];

/** Section 13: permessage-deflate under all kinds of parameters (RFC 7692 §7.1). */
export const section13: readonly Case[] = demands.flatMap((deflate, at) =>
  compressedCases({ prefix: `13.${at + 1}`, corpus: 'json', type: 'text', deflate }),
);
