import type { Case, MessageSpec } from '../case.ts';
import type { Payload } from '../payload.ts';
import { binary, echo, scenario, text } from './script.ts';

const kibi = 1024;
const mebi = 1024 * kibi;
const seconds = 1000;

type Kind = 'text' | 'binary';
const message = (kind: Kind, octets: number): MessageSpec => {
  const payload: Payload = { fill: kind === 'text' ? 0x2a : 0xfe, octets };
  return kind === 'text' ? text(payload) : binary(payload);
};

const size = (octets: number): string => {
  if (octets % mebi === 0 && octets > 0) return `${octets / mebi} MiB`;
  return octets % kibi === 0 && octets > 0 ? `${octets / kibi} KiB` : `${octets} octets`;
};

/** Two subsections, of text and of binary messages, with a case for each row. */
const both = <Row>(first: number, rows: readonly Row[], make: (id: string, kind: Kind, row: Row) => Case): Case[] =>
  (['text', 'binary'] as const).flatMap((kind, more) =>
    rows.map((row, at) => make(`9.${first + more}.${at + 1}`, kind, row)),
  );

const whole = [
  { octets: 64 * kibi, limit: 10 },
  { octets: 256 * kibi, limit: 10 },
  { octets: mebi, limit: 10 },
  { octets: 4 * mebi, limit: 30 },
  { octets: 8 * mebi, limit: 60 },
  { octets: 16 * mebi, limit: 100 },
];
const fragments = [64, 256, kibi, 4 * kibi, 16 * kibi, 64 * kibi, 256 * kibi, mebi, 4 * mebi];
const chops = [64, 128, 256, 512, 1024, 2048];
const turns = [
  { octets: 0, limit: 60 },
  { octets: 16, limit: 60 },
  { octets: 64, limit: 60 },
  { octets: 256, limit: 120 },
  { octets: 1024, limit: 240 },
  { octets: 4096, limit: 480 },
];
const back = 'The same message.';

/** Section 9: limits and performance. */
export const section9: readonly Case[] = [
  ...both(1, whole, (id, kind, { octets, limit }) => {
    const sent = message(kind, octets);
    return scenario(id, {
      title: `A ${kind} message of ${size(octets)}.`,
      expectation: back,
      steps: [{ type: 'message', message: sent }],
      trace: [echo(sent)],
      timeLimit: limit * seconds,
    });
  }),
  ...both(3, fragments, (id, kind, fragment) => {
    const sent = message(kind, 4 * mebi);
    return scenario(id, {
      title: `A ${kind} message of 4 MiB in fragments of ${size(fragment)}${fragment < 4 * mebi ? ' and an empty one' : ''}.`,
      expectation: back,
      steps: [{ type: 'message', message: sent, fragment }],
      trace: [echo(sent)],
      timeLimit: 100 * seconds,
    });
  }),
  ...both(5, chops, (id, kind, chop) => {
    const sent = message(kind, mebi);
    return scenario(id, {
      title: `A ${kind} message of 1 MiB in writes of ${size(chop)}.`,
      expectation: back,
      steps: [{ type: 'message', message: sent, chop }],
      trace: [echo(sent)],
      timeLimit: 100 * seconds,
    });
  }),
  ...both(7, turns, (id, kind, { octets, limit }) =>
    scenario(id, {
      title: `1000 ${kind} messages of ${size(octets)}, one after the other.`,
      expectation: 'Each message comes back.',
      steps: [{ type: 'roundTrips', count: 1000, message: message(kind, octets) }],
      timeLimit: limit * seconds,
    }),
  ),
];
