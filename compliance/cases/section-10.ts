import type { Case } from '../case.ts';
import { echo, scenario, text } from './script.ts';

const message = text({ fill: 0x2a, octets: 65_536 });

/** Section 10: automatic fragmentation. */
export const section10: readonly Case[] = [
  scenario('10.1.1', {
    title: 'A text message of 65,536 octets in 50 fragments of 1300 octets and one of 536.',
    expectation: 'The same message.',
    steps: [{ type: 'message', message, fragment: 1300 }],
    trace: [echo(message)],
  }),
];
