import type { Case } from '../case.ts';
import type { CorpusName } from '../corpora/corpus.ts';
import { compressedCases } from './compressed.ts';

const subsections: readonly { readonly corpus: CorpusName; readonly type: 'text' | 'binary' }[] = [
  { corpus: 'json', type: 'text' },
  { corpus: 'bitmap', type: 'binary' },
  { corpus: 'prose', type: 'binary' },
  { corpus: 'html', type: 'text' },
  { corpus: 'document', type: 'binary' },
];

/** Section 12: permessage-deflate (RFC 7692) with all kinds of content. */
export const section12: readonly Case[] = subsections.flatMap((kind, at) =>
  compressedCases({ prefix: `12.${at + 1}`, ...kind, deflate: [{}] }),
);
