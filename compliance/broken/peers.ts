import type { Rules } from './rules.ts';

/** An echo server with one thing wrong. */
export interface BrokenPeer {
  readonly name: string;
  readonly mutation: Partial<Rules>;
  /** The cases that it must not pass, and no others, as a selection. */
  readonly fails: string;
}

const yes = (): boolean => true;

export const brokenPeers: readonly BrokenPeer[] = [
  {
    name: 'checks no UTF-8 in text',
    mutation: { textSoFar: yes, text: yes },
    fails: '6.3,6.4,6.6.1,6.6.3,6.6.4,6.6.6,6.6.8,6.6.10,6.8,6.10,6.11.5,6.12-6.21',
  },
  {
    name: 'checks UTF-8 only when the message is complete',
    mutation: { textSoFar: yes },
    fails: '6.4',
  },
  {
    name: 'ignores reserved bits',
    mutation: { reservedBits: yes },
    fails: '3,0.3.1,0.3.2,0.3.3',
  },
  {
    name: 'ignores frames with reserved opcodes',
    mutation: { knownOpcode: yes },
    fails: '4',
  },
  {
    name: 'accepts fragmented pings and pongs',
    mutation: { wholeControl: yes },
    fails: '5.1',
  },
  {
    name: 'accepts pings of any length',
    mutation: { shortControl: yes },
    fails: '2.5,7.3.6',
  },
  {
    name: 'does not check close codes',
    mutation: { closeCode: yes },
    fails: '7.9',
  },
  {
    name: 'does not check close reasons',
    mutation: { closeReason: yes },
    fails: '7.5.1',
  },
  {
    name: 'answers no ping',
    mutation: { pong: () => undefined },
    fails: '2.1-2.4,2.6,2.9-2.11,5.6-5.8,5.19,5.20',
  },
  {
    name: 'answers pings without their payload',
    mutation: { pong: () => Buffer.alloc(0) },
    fails: '2.2-2.4,2.6,2.9-2.11,5.6-5.8,5.19,5.20',
  },
  {
    name: 'accepts unmasked frames of clients',
    mutation: { masked: yes },
    fails: '0.1',
  },
  {
    name: 'accepts lengths in more bits than they need',
    mutation: { shortestLength: yes },
    fails: '0.2',
  },
  {
    name: 'accepts a continuation of nothing',
    mutation: { inSequence: (continuation, pending) => continuation || !pending },
    fails: '5.9-5.11,5.17',
  },
  {
    name: 'accepts a new message inside of another',
    mutation: { inSequence: (continuation, pending) => !continuation || pending },
    fails: '5.18',
  },
  {
    name: 'ends the connection instead of answering a close frame',
    mutation: { answersClose: false },
    fails:
      '1,2.1-2.4,2.6-2.11,5.3-5.8,5.19,5.20,6.1,6.2,6.5,6.6.2,6.6.5,6.6.7,6.6.9,6.6.11,6.7,6.9,6.11.1-6.11.4,6.22,6.23,' +
      '7.1,7.3.1,7.3.3-7.3.5,7.7,9,10,12,13',
  },
  {
    name: 'compresses with a larger window than agreed on',
    mutation: { windowBits: () => 15 },
    fails: '13.3,13.5.5-13.5.18,13.7.5-13.7.18',
  },
];
