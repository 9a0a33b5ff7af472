import type { Case, FrameSpec } from '../case.ts';
import { echoThenFailure } from './failing.ts';
import { chops, closeFrame, failure, frame, opcodes, ping, scenario, send, textFrame } from './script.ts';

const hello = 'Hello, world!';
const bits = (rsv: number): string => `RSV=${rsv}`;

const alone = (id: string, what: string, spec: FrameSpec): Case =>
  scenario(id, {
    title: `${what} with ${bits(spec.rsv ?? 0)}.`,
    expectation: 'The connection fails with 1002.',
    steps: [send([spec])],
    closing: failure(1002),
  });

/** Section 3: reserved bits without an extension that gives them a meaning (RFC 6455 §5.2). */
export const section3: readonly Case[] = [
  alone('3.1', 'A text frame', textFrame(hello, { rsv: 1 })),
  ...chops.map(({ chop, words }, at) =>
    echoThenFailure(`3.${at + 2}`, {
      title: `A text message, then a text frame with ${bits(at + 2)}, then a ping, ${words}.`,
      first: hello,
      rest: [textFrame(hello, { rsv: at + 2 }), ping()],
      chop,
    }),
  ),
  alone('3.5', 'A binary frame', frame(opcodes.binary, { fill: 0xfe, octets: 8 }, { rsv: 5 })),
  alone('3.6', 'A ping', { ...ping(hello), rsv: 6 }),
  alone('3.7', 'A close frame', { ...closeFrame(1000), rsv: 7 }),
];
