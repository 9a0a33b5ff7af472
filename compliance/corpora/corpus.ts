import { bitmap } from './bitmap.ts';
import { document } from './document.ts';
import { html } from './html.ts';
import { json } from './json.ts';
import { prose } from './prose.ts';

/** How much there is of each corpus. */
const size = 1024 * 1024;

const generators = {
  json: () => Buffer.from(json(size)),
  bitmap: () => bitmap(size),
  prose: () => Buffer.from(prose(size)),
  html: () => Buffer.from(html(size)),
  document: () => document(size),
};

/** What there is to compress; `json` and `html` are ASCII, so that every piece of them is a text. */
export type CorpusName = keyof typeof generators;

export const corpusNames: readonly CorpusName[] = ['json', 'bitmap', 'prose', 'html', 'document'];

const made = new Map<CorpusName, Uint8Array>();

/** The whole of a corpus, the same in every run; at least 1 MiB. */
export function corpus(name: CorpusName): Uint8Array {
  const bytes = made.get(name) ?? generators[name]();
  made.set(name, bytes);
  return bytes;
}

/** A piece of a corpus. Pieces follow one another turn by turn, and begin anew, elsewhere, when the end is reached. */
export function corpusSlice(name: CorpusName, octets: number, turn: number): Uint8Array {
  const bytes = corpus(name);
  const start = (turn * octets) % (bytes.length - octets);
  return bytes.subarray(start, start + octets);
}
