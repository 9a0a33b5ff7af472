import { type Case, type Closing, type ExpectedEvent, type FrameSpec, noCode } from '../case.ts';
import { hex } from '../payload.ts';
import {
  clean,
  closeFrame,
  continuation,
  echo,
  frame,
  opcodes,
  ping,
  scenario,
  send,
  text,
  textFrame,
} from './script.ts';

const hello = 'Hello, world!';
const nothingAfter = 'A clean close, and nothing that was sent after the close frame is answered.';
const large = text({ fill: 0x2a, octets: 256 * 1024 });

const closed = (
  id: string,
  details: {
    title: string;
    frames: readonly FrameSpec[];
    expectation?: string;
    trace?: readonly ExpectedEvent[];
    closing?: Closing;
  },
): Case => scenario(id, { expectation: nothingAfter, ...details, steps: [send(details.frames)] });

/** A close frame alone, and a closing handshake with one of the codes in return. */
const answered = (id: string, what: string, spec: FrameSpec, ...codes: readonly number[]): Case =>
  closed(id, {
    title: `A close frame ${what}.`,
    frames: [spec],
    expectation: `A clean close with ${codes.map((code) => (code === noCode ? 'no code' : code)).join(' or ')}.`,
    closing: { by: 'us', codes },
  });

/** A close frame that may not be: it is refused, or the connection ends. */
const refused = (id: string, what: string, spec: FrameSpec, ...codes: readonly number[]): Case =>
  closed(id, {
    title: `A close frame ${what}.`,
    frames: [spec],
    expectation: `A close frame with ${codes.join(' or ')}, or the end of the connection.`,
    closing: { by: 'us', codes, dropAllowed: true },
  });

const validCodes = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
const invalidCodes = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999];
const undefinedCodes = [5000, 65_535];

/** Section 7: the closing handshake (RFC 6455 §5.5.1 and §7). */
export const section7: readonly Case[] = [
  closed('7.1.1', {
    title: 'A text message, then a close frame.',
    frames: [textFrame(hello), closeFrame(1000)],
    expectation: 'The message, then a clean close.',
    trace: [echo(text(hello))],
  }),
  closed('7.1.2', { title: 'Two close frames.', frames: [closeFrame(1000), closeFrame(1000)] }),
  closed('7.1.3', { title: 'A close frame, then a ping.', frames: [closeFrame(1000), ping()] }),
  closed('7.1.4', { title: 'A close frame, then a text message.', frames: [closeFrame(1000), textFrame(hello)] }),
  closed('7.1.5', {
    title: 'The first fragment of a text, a close frame, then the last fragment.',
    frames: [textFrame('fragment1', { fin: false }), closeFrame(1000), continuation('fragment2', true)],
    expectation: 'A clean close, and no message.',
  }),
  scenario('7.1.6', {
    title: 'A text message of 256 KiB, a close frame, then a ping.',
    expectation: 'A clean close; whether the message comes before it is only noted.',
    steps: [send([textFrame(large.payload), closeFrame(1000), ping()])],
    outcomes: [
      { behavior: 'INFORMATIONAL', trace: [echo(large)] },
      { behavior: 'INFORMATIONAL', trace: [] },
    ],
    closing: clean,
  }),
  answered('7.3.1', 'without payload', closeFrame(), noCode, 1000),
  refused('7.3.2', 'with one octet', frame(opcodes.close, 'a'), 1002),
  answered('7.3.3', 'with a code', closeFrame(1000), 1000),
  answered('7.3.4', 'with a code and a reason', closeFrame(1000, hello), 1000),
  answered('7.3.5', 'with a code and a reason of 123 octets, the longest', closeFrame(1000, '*'.repeat(123)), 1000),
  refused('7.3.6', 'with a code and a reason of 124 octets', closeFrame(1000, '*'.repeat(124)), 1002),
  refused(
    '7.5.1',
    'whose reason is no valid UTF-8',
    closeFrame(1000, hex('cebae1bdb9cf83cebcceb5 eda080 656469746564')),
    1007,
    1002,
  ),
  ...validCodes.map((code, at) => {
    const codes = [...new Set([1000, code])];
    return answered(`7.7.${at + 1}`, `with the valid code ${code}`, closeFrame(code), ...codes);
  }),
  ...invalidCodes.map((code, at) => refused(`7.9.${at + 1}`, `with the invalid code ${code}`, closeFrame(code), 1002)),
  ...undefinedCodes.map((code, at) =>
    scenario(`7.13.${at + 1}`, {
      title: `A close frame with the code ${code}, of which RFC 6455 says nothing.`,
      expectation: 'Whatever comes is noted.',
      steps: [send([closeFrame(code)])],
      outcomes: [{ behavior: 'INFORMATIONAL', trace: [] }],
      closing: { by: 'us', codes: [], dropAllowed: true, informational: true },
    }),
  ),
];
