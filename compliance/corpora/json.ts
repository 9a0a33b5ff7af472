import { Random } from './random.ts';
import { Vocabulary } from './words.ts';

/** Records of an imagined parcel service, in ASCII. */
export function json(octets: number): string {
  const random = new Random(0x6a_73_6f_6e);
  const names = new Vocabulary(random, 200, 'ascii');
  const records: string[] = [];
  for (let length = 0, id = 100_000; length < octets; id++) {
    const record = JSON.stringify({
      type: 'parcel',
      id,
      recipient: { name: `${names.pick(random)} ${names.pick(random)}`, country: 'DE', verified: random.below(4) > 0 },
      state: random.pick(['delivered', 'pending', 'returned']),
      weight: random.below(3000) / 100,
      history: [
        { station: 'sorting-centre-north', event: 'arrived', minute: random.below(600) },
        { station: 'sorting-centre-north', event: 'departed', minute: 600 + random.below(600) },
      ],
      remark: null,
    });
    records.push(record);
    length += record.length + 1;
  }
  return `[${records.join(',')}]`;
}
