import { RandomBytes } from './random-bytes.ts';

/** Payload lengths around everything that treats lengths differently. */
const lengths = [0, 1, 2, 7, 41, 125, 126, 127, 128, 1000, 4096, 65_535, 65_536, 65_537, 200_000, 1_048_576];

const alphabet = ['a', 'Z', '0', ' ', '\n', '\0', 'é', 'ß', 'Ж', '漢', '字', '€', '😀', '𐍈', '\u{10ffff}'];

/** Messages of all sizes, binary and text, the same for the same seed. */
export function* randomMessages(seed: string): Generator<string | Uint8Array> {
  const random = new RandomBytes(seed);
  for (const length of lengths) {
    yield random.take(length);
    yield Array.from(random.take(Math.min(length, 100_000)), (byte) => alphabet[byte % alphabet.length]).join('');
  }
  for (let i = 0; i < 100; i++) yield random.take(random.below(3000));
}

/** A message in the plain form in which it is heard. */
export const plainMessage = (message: string | Uint8Array): string =>
  typeof message === 'string' ? `text ${message}` : `binary ${Buffer.from(message).toString('hex')}`;
