import { readFileSync } from 'node:fs';
import { violations } from '@genws/protocol';
import { describe, expect, it } from 'vitest';
import { decoderOf, outcome, outcomeByByte, plain, received } from '../support/decoding.ts';
import { fromClient, hex } from '../support/raw-frame.ts';

interface Utf8Case {
  readonly id: string;
  readonly valid: boolean;
  readonly payloadHex: string;
}

/** Texts and whether they are UTF-8, under the case ids of the Autobahn suite. */
const cases: readonly Utf8Case[] = JSON.parse(
  readFileSync(new URL('../../compliance/cases/utf8-payloads.json', import.meta.url), 'utf8'),
);

/** The payload in fragments of one byte, between an empty first and an empty last one. */
const inFragments = (payload: Uint8Array): Buffer[] => [
  fromClient({ opcode: 1, fin: false }),
  ...[...payload].map((byte) => fromClient({ opcode: 0, fin: false, payload: Uint8Array.of(byte) })),
  fromClient({ opcode: 0 }),
];

describe('RFC 6455 §8.1: text is UTF-8 or the connection fails with 1007', () => {
  it('the 132 cases that are one text each are at hand', () => {
    expect(cases.length).toBe(132);
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
    expect(cases.filter(({ valid }) => valid).length).toBeGreaterThan(20);
    expect(violations.invalidUtf8.closeCode).toBe(1007);
  });

  it.each(cases)('case $id: valid is $valid, in one frame, in fragments of one byte and byte by byte', (one) => {
    const payload = hex(one.payloadHex);
    const expected = one.valid ? [`text ${payload}`] : ['violation invalidUtf8'];
    const whole = fromClient({ opcode: 1, payload });
    expect(outcome([whole])).toEqual(expected);
    expect(outcome(inFragments(payload))).toEqual(expected);
    expect(outcomeByByte(whole).map(({ what }) => what)).toEqual(expected);
    expect(outcomeByByte(Buffer.concat(inFragments(payload))).map(({ what }) => what)).toEqual(expected);
  });

  it('what is no UTF-8 is fine in a binary message', () => {
    for (const { payloadHex } of cases) {
      expect(outcome([fromClient({ opcode: 2, payload: hex(payloadHex) })])).toEqual([`binary ${payloadHex}`]);
    }
  });
});

const kosme = 'cebae1bdb9cf83cebcceb5';

describe('RFC 6455 §8.1: the connection fails at the first bad byte, wherever it stands', () => {
  /** Arrivals one after the other: what each of them brings about. */
  function step(arrivals: readonly Uint8Array[]): string[][] {
    const decoder = decoderOf();
    return arrivals.map((arrival) => received(decoder, [arrival]).map(plain));
  }

  const fragment = (digits: string, opcode: number, fin: boolean): Buffer =>
    fromClient({ opcode, fin, payload: hex(digits) });

  it('case 6.4.1: with the second fragment, although the message goes on', () => {
    const arrivals = [fragment(kosme, 1, false), fragment('f4908080', 0, false), fragment('656469746564', 0, true)];
    expect(step(arrivals)).toEqual([[], ['violation invalidUtf8'], []]);
  });

  it('case 6.4.2: with the byte that no character can have, in a fragment of its own', () => {
    const arrivals = [
      fragment(`${kosme}f4`, 1, false),
      fragment('90', 0, false),
      fragment('8080656469746564', 0, true),
    ];
    expect(step(arrivals)).toEqual([[], ['violation invalidUtf8'], []]);
  });

  it('case 6.4.3: inside an unfinished frame, whose second part is bad', () => {
    const frame = fromClient({ opcode: 1, payload: hex(`${kosme}f4908080656469746564`) });
    const [first, second] = [6 + 11, 6 + 11 + 4];
    expect(step([frame.subarray(0, first), frame.subarray(first, second), frame.subarray(second)])).toEqual([
      [],
      ['violation invalidUtf8'],
      [],
    ]);
  });

  it('case 6.4.4: inside an unfinished frame, with the byte that no character can have', () => {
    const frame = fromClient({ opcode: 1, payload: hex(`${kosme}f4908080656469746564`) });
    const [first, second] = [6 + 12, 6 + 13];
    expect(step([frame.subarray(0, first), frame.subarray(first, second), frame.subarray(second)])).toEqual([
      [],
      ['violation invalidUtf8'],
      [],
    ]);
  });

  it.each([
    ['a code point above U+10FFFF', 'f490', 2],
    ['a surrogate', 'eda080', 2],
    ['an overlong form of three bytes', 'e080af', 2],
    ['an overlong form of four bytes', 'f08080af', 2],
    ['an overlong form of two bytes', 'c0af', 1],
    ['a continuation byte without a lead', '80', 1],
    ['a lead byte that none can be', 'f8', 1],
    ['ASCII inside a character', 'e28261', 3],
  ])('byte by byte, %s fails exactly at the byte after which no character is left', (_, digits, bad) => {
    const payload = hex(`${kosme}${digits}656469746564`);
    expect(outcomeByByte(fromClient({ opcode: 1, payload }))).toEqual([
      { after: 6 + 11 + bad, what: 'violation invalidUtf8' },
    ]);
    const long = Buffer.concat([Buffer.alloc(200, 'a'), payload]);
    expect(outcomeByByte(fromClient({ opcode: 1, payload: long }))).toEqual([
      { after: 8 + 200 + 11 + bad, what: 'violation invalidUtf8' },
    ]);
    const fragments = [...payload].map((byte, i) =>
      fromClient({ opcode: i === 0 ? 1 : 0, fin: false, payload: Uint8Array.of(byte) }),
    );
    expect(outcomeByByte(Buffer.concat(fragments))).toEqual([{ after: 7 * (11 + bad), what: 'violation invalidUtf8' }]);
  });

  it('a bad byte fails the connection before a size limit that the message would run into later', () => {
    const frame = fromClient({ opcode: 1, fin: false, payload: Buffer.of(0xff) });
    const next = fromClient({ opcode: 0, payload: Buffer.alloc(100) });
    expect(outcome([frame, next], { limits: { maxMessage: 50 } })).toEqual(['violation invalidUtf8']);
  });

  it('a character may be cut by fragments, by chunks and by control frames between them', () => {
    const character = Buffer.from('😀');
    const frames = [...character].flatMap((byte, i) => [
      fromClient({ opcode: i === 0 ? 1 : 0, fin: i === 3, payload: Uint8Array.of(byte) }),
      fromClient({ opcode: 9 }),
    ]);
    const expected = ['ping ', 'ping ', 'ping ', 'text 😀', 'ping '];
    expect(outcome(frames)).toEqual(expected);
    expect(outcomeByByte(Buffer.concat(frames)).map(({ what }) => what)).toEqual(expected);
  });

  it('a message that ends inside a character fails, in one frame and in fragments', () => {
    expect(outcome([fromClient({ opcode: 1, payload: Buffer.of(0xe2, 0x82) })])).toEqual(['violation invalidUtf8']);
    expect(
      outcome([
        fromClient({ opcode: 1, fin: false, payload: Buffer.of(0xe2) }),
        fromClient({ opcode: 0, payload: Buffer.of(0x82) }),
      ]),
    ).toEqual(['violation invalidUtf8']);
  });
});
