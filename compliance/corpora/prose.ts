import { Random } from './random.ts';
import { Vocabulary } from './words.ts';

/** A long tale in a language that does not exist, umlauts included. */
export function prose(octets: number): string {
  const random = new Random(0x70_72_6f_73);
  const words = new Vocabulary(random, 400, 'all');
  const sentences: string[] = [];
  for (let length = 0; length < octets; ) {
    const sentence = words.sentence(random) + (random.below(7) === 0 ? '\n\n' : ' ');
    sentences.push(sentence);
    length += sentence.length;
  }
  return sentences.join('');
}
