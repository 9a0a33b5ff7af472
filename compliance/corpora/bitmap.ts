import { Random } from './random.ts';

const width = 1024;

/** Lines of a grey picture: soft waves with a little noise on them. */
export function bitmap(octets: number): Uint8Array {
  const random = new Random(0x62_69_74_6d);
  const picture = new Uint8Array(octets);
  for (let at = 0; at < octets; at++) {
    const x = at % width;
    const y = Math.floor(at / width);
    const wave = 128 + 60 * Math.sin(x / 90) * Math.cos(y / 70);
    picture[at] = Math.floor(wave / 16) * 16 + (random.below(64) === 0 ? random.below(3) : 0);
  }
  return picture;
}
