import { type Case, type FrameSpec, octetWise } from '../case.ts';
import { hex, type Payload } from '../payload.ts';
import { failure, frame, opcodes, ping, pong, scenario, send } from './script.ts';

const longest: Payload = { fill: 0xfe, octets: 125 };
const tooLong: Payload = { fill: 0xfe, octets: 126 };
const tenPings = Array.from({ length: 10 }, (_, at) => `payload ${at}`);
const unsolicited = (payload: string): FrameSpec => frame(opcodes.pong, payload);

const answered = (id: string, what: string, payload: string | Payload, chop: 'together' | 1 = 'together'): Case =>
  scenario(id, {
    title: `A ping ${what}.`,
    expectation: 'A pong with the same payload.',
    steps: [send([ping(payload)], chop)],
    trace: [pong(payload)],
  });

/** Section 2: pings and pongs (RFC 6455 §5.5.2 and §5.5.3). */
export const section2: readonly Case[] = [
  answered('2.1', 'without payload', ''),
  answered('2.2', 'with a short text', 'Hello, world!'),
  answered('2.3', 'with octets that are no UTF-8', hex('00 ff fe fd fc fb 00 ff')),
  answered('2.4', 'with 125 octets, the most that are allowed', longest),
  scenario('2.5', {
    title: 'A ping with 126 octets, one more than allowed.',
    expectation: 'The connection fails with 1002.',
    steps: [send([ping(tooLong)])],
    closing: failure(1002),
  }),
  answered('2.6', 'with 125 octets, octet by octet', longest, octetWise),
  scenario('2.7', {
    title: 'A pong that nobody has asked for, without payload.',
    expectation: 'Nothing.',
    steps: [send([unsolicited('')])],
  }),
  scenario('2.8', {
    title: 'A pong that nobody has asked for, with a payload.',
    expectation: 'Nothing.',
    steps: [send([unsolicited('unsolicited')])],
  }),
  scenario('2.9', {
    title: 'A pong that nobody has asked for, then a ping.',
    expectation: 'A pong with the payload of the ping.',
    steps: [send([unsolicited('unsolicited'), ping('ping')])],
    trace: [pong('ping')],
  }),
  scenario('2.10', {
    title: 'Ten pings in one write.',
    expectation: 'Ten pongs in the same order.',
    steps: [send(tenPings.map(ping))],
    trace: tenPings.map(pong),
  }),
  scenario('2.11', {
    title: 'Ten pings, octet by octet.',
    expectation: 'Ten pongs in the same order.',
    steps: [send(tenPings.map(ping), octetWise)],
    trace: tenPings.map(pong),
  }),
];
