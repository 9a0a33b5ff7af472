import type { Case, Chop, ExpectedEvent, FrameSpec } from '../case.ts';
import {
  chops,
  continuation,
  echo,
  failure,
  fragmented,
  frame,
  opcodes,
  pause,
  ping,
  pong,
  scenario,
  send,
  text,
  textFrame,
} from './script.ts';

const parts = ['fragment1', 'fragment2'];
const whole = text(parts.join(''));
const [start, end] = fragmented(parts);
const inBetween = 'ping payload';
const fails = 'The connection fails with 1002.';

/** The two fragments with something in between. */
const around = (...frames: readonly FrameSpec[]): FrameSpec[] =>
  [start, ...frames, end].filter((part) => part !== undefined);

/** A case for each way of cutting, numbered from `first`. */
const inAllChops = (first: number, make: (id: string, chop: Chop, words: string) => Case): Case[] =>
  chops.map(({ chop, words }, at) => make(`5.${first + at}`, chop, words));

const fragmentedControl = (id: string, name: string, opcode: number): Case =>
  scenario(id, {
    title: `A ${name} in two fragments.`,
    expectation: fails,
    steps: [send(fragmented(parts, opcode))],
    closing: failure(1002),
  });

/** A continuation of nothing, then a text message that is fine. */
const orphan = (fin: boolean) => (id: string, chop: Chop, words: string) =>
  scenario(id, {
    title: `A continuation with FIN=${fin} and nothing to continue, then a text message, ${words}.`,
    expectation: fails,
    steps: [send([continuation('continues nothing', fin), textFrame('Hello, world!')], chop)],
    closing: failure(1002),
  });

const orphanTwice = (id: string, fin: boolean): Case => {
  const once = [continuation('continues nothing', fin), ...fragmented(parts)];
  return scenario(id, {
    title: `Twice: a continuation with FIN=${fin} and nothing to continue, then a text in two fragments.`,
    expectation: fails,
    steps: [send([...once, ...once])],
    closing: failure(1002),
  });
};

const five = ['fragment1', 'fragment2', 'fragment3', 'fragment4', 'fragment5'];
const [one, two, three, four, last] = fragmented(five);
const firstHalf = [one, two, ping('ping 1')].filter((part) => part !== undefined);
const secondHalf = [three, four, ping('ping 2'), last].filter((part) => part !== undefined);
const pongs: readonly ExpectedEvent[] = [pong('ping 1'), pong('ping 2')];

const longPause = (id: string, chop: Chop, words: string): Case =>
  scenario(id, {
    title: `Five text fragments with pings after the second and the fourth, and a pause before the third, ${words}.`,
    expectation: 'Each pong at once, the first during the pause; then the whole message.',
    steps: [send(firstHalf, chop), pause, send(secondHalf, chop)],
    outcomes: [
      { behavior: 'OK', trace: [pong('ping 1'), pause, pong('ping 2'), echo(text(five.join('')))] },
      { behavior: 'NON-STRICT', trace: [pause, ...pongs, echo(text(five.join('')))] },
    ],
  });

/** Section 5: fragmentation (RFC 6455 §5.4). */
export const section5: readonly Case[] = [
  fragmentedControl('5.1', 'ping', opcodes.ping),
  fragmentedControl('5.2', 'pong', opcodes.pong),
  ...inAllChops(3, (id, chop, words) =>
    scenario(id, {
      title: `A text in two fragments, ${words}.`,
      expectation: 'The whole message.',
      steps: [send(around(), chop)],
      trace: [echo(whole)],
    }),
  ),
  ...inAllChops(6, (id, chop, words) =>
    scenario(id, {
      title: `A text in two fragments with a ping in between, ${words}.`,
      expectation: 'The pong, then the whole message.',
      steps: [send(around(ping(inBetween)), chop)],
      trace: [pong(inBetween), echo(whole)],
    }),
  ),
  ...inAllChops(9, orphan(true)),
  ...inAllChops(12, orphan(false)),
  scenario('5.15', {
    title: 'A text in two fragments, then a continuation with FIN=false and nothing to continue, then a text message.',
    expectation: 'The first message; then the connection fails with 1002.',
    steps: [send([...around(), continuation('continues nothing', false), textFrame('Hello, world!')])],
    outcomes: [
      { behavior: 'OK', trace: [echo(whole)] },
      { behavior: 'NON-STRICT', trace: [] },
    ],
    closing: failure(1002),
  }),
  orphanTwice('5.16', false),
  orphanTwice('5.17', true),
  scenario('5.18', {
    title: 'Two fragments of a text, the second with the opcode of a text instead of a continuation.',
    expectation: fails,
    steps: [send([frame(opcodes.text, 'fragment1', { fin: false }), textFrame('fragment2')])],
    closing: failure(1002),
  }),
  longPause('5.19', 'together', 'in two writes'),
  longPause('5.20', 'frameWise', 'a write for each frame'),
];
