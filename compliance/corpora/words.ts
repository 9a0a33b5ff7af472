import type { Random } from './random.ts';

type Words = readonly [string, ...string[]];

const onsets: Words = [
  'b',
  'br',
  'd',
  'dr',
  'f',
  'fl',
  'g',
  'gr',
  'h',
  'k',
  'kl',
  'l',
  'm',
  'n',
  'p',
  'r',
  's',
  'sch',
  'st',
  't',
  'tr',
  'w',
  'z',
];
const vowels: Words = ['a', 'e', 'i', 'o', 'u', 'e', 'ei', 'au', 'ie'];
const umlauts: Words = ['ä', 'ö', 'ü'];
const codas: Words = ['', '', 'n', 'r', 'l', 's', 't', 'nd', 'rt', 'ng', 'ß'];

/** Invented words of a language that does not exist, short ones more often: a few of them make up most of any text. */
export class Vocabulary {
  readonly #words: readonly string[];

  /** @param letters `ascii` spares umlauts and the sharp s */
  constructor(random: Random, size: number, letters: 'ascii' | 'all') {
    this.#words = Array.from({ length: size }, () => {
      const syllables = 1 + random.below(3);
      return Array.from({ length: syllables }, () => syllable(random, letters)).join('');
    });
  }

  /** The more often, the nearer a word is to the beginning of the list. */
  pick(random: Random): string {
    const rank = random.below(1 + random.below(this.#words.length));
    return this.#words[rank] ?? '';
  }

  sentence(random: Random): string {
    const words = Array.from({ length: 4 + random.below(12) }, () => this.pick(random));
    const text = words.join(random.below(6) === 0 ? ', ' : ' ');
    return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
  }
}

function syllable(random: Random, letters: 'ascii' | 'all'): string {
  const vowel = letters === 'all' && random.below(8) === 0 ? random.pick(umlauts) : random.pick(vowels);
  const coda = random.pick(codas);
  return random.pick(onsets) + vowel + (letters === 'ascii' && coda === 'ß' ? 's' : coda);
}
