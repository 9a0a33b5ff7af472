import type { Case, MessageSpec } from '../case.ts';
import { binary, echo, scenario, text } from './script.ts';

const lengths = [0, 125, 126, 127, 128, 65_535, 65_536, 65_536];
const chopped = { at: 7, chop: 997 };

/** Section 1: framing (RFC 6455 §5.2), at the bounds of the three forms of the length. */
export const section1: readonly Case[] = [
  ...echoes('1.1', (octets) => text({ fill: 0x2a, octets })),
  ...echoes('1.2', (octets) => binary({ fill: 0xfe, octets })),
];

function echoes(prefix: string, messageOf: (octets: number) => MessageSpec): Case[] {
  return lengths.map((octets, at) => {
    const message = messageOf(octets);
    const chop = at === chopped.at ? { chop: chopped.chop } : {};
    return scenario(`${prefix}.${at + 1}`, {
      title: `A ${message.type} message of ${octets} octets${'chop' in chop ? `, in writes of ${chop.chop}` : ''}.`,
      expectation: 'The same message.',
      steps: [{ type: 'message', message, ...chop }],
      trace: [echo(message)],
    });
  });
}
