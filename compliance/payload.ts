import { type CorpusName, corpusSlice } from './corpora/corpus.ts';

/** What a message or frame carries: octets, one octet again and again, or a piece of a corpus. */
export type Payload = Uint8Array | Filler | Piece;

interface Filler {
  readonly fill: number;
  readonly octets: number;
}

interface Piece {
  readonly corpus: CorpusName;
  readonly octets: number;
}

/** Text as UTF-8. */
export const utf8 = (text: string): Uint8Array => Buffer.from(text);

/** Octets in hexadecimal, blanks for the eye alone. */
export const hex = (digits: string): Uint8Array => Buffer.from(digits.replaceAll(' ', ''), 'hex');

/** The octets themselves. `turn` tells which piece of a corpus. */
export function octetsOf(payload: Payload, turn = 0): Uint8Array {
  if (payload instanceof Uint8Array) return payload;
  if ('fill' in payload) return Buffer.alloc(payload.octets, payload.fill);
  return corpusSlice(payload.corpus, payload.octets, turn);
}
