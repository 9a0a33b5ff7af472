import { encodeFrame, type Frame, ping, pong, violations } from '@genws/protocol';
import { describe, expect, it } from 'vitest';
import { decoderOf, outcome, outcomeByByte, plain, received } from '../support/decoding.ts';
import { fromClient, inPieces } from '../support/raw-frame.ts';

const control = [
  ['close', 8],
  ['ping', 9],
  ['pong', 10],
] as const;
const closing = (...payload: number[]): string[] => outcome([fromClient({ opcode: 8, payload: Buffer.from(payload) })]);

describe('RFC 6455 §5.5: control frames', () => {
  it.each(control)('a fragmented %s fails the connection', (_, opcode) => {
    expect(outcomeByByte(fromClient({ opcode, fin: false, payload: 'x' }))).toEqual([
      { after: 2, what: 'violation fragmentedControl' },
    ]);
    expect(outcome([fromClient({ opcode: 1, fin: false }), fromClient({ opcode, fin: false })])).toEqual([
      'violation fragmentedControl',
    ]);
    expect(violations.fragmentedControl.closeCode).toBe(1002);
  });

  it.each(control)('a %s of more than 125 bytes fails the connection before its payload is there', (_, opcode) => {
    for (const length of [126, 127, 65_536]) {
      expect(outcomeByByte(fromClient({ opcode, payload: Buffer.alloc(length) }))).toEqual([
        { after: 2, what: 'violation controlTooLong' },
      ]);
    }
    expect(violations.controlTooLong.closeCode).toBe(1002);
  });

  it.each(control)('a %s with an extended length fails it, however short', (_, opcode) => {
    for (const lengthBits of [16, 64] as const) {
      expect(outcome([fromClient({ opcode, payload: 'ab', lengthBits })])).toEqual(['violation controlTooLong']);
    }
  });

  it.each([
    ['ping', 9],
    ['pong', 10],
  ] as const)('a %s of 0 to 125 bytes carries any bytes, which need not be UTF-8', (type, opcode) => {
    for (const payload of [Buffer.alloc(0), Buffer.from('00fffefdfcfb00ff', 'hex'), Buffer.alloc(125, 0xfe)]) {
      const frame = fromClient({ opcode, payload });
      expect(outcome([frame])).toEqual([`${type} ${payload.toString('hex')}`]);
      expect(received(decoderOf(), inPieces(frame, 1)).map(plain)).toEqual([`${type} ${payload.toString('hex')}`]);
    }
  });

  it('ten pings come out as ten pings, in order', () => {
    const pings = Array.from({ length: 10 }, (_, i) => fromClient({ opcode: 9, payload: Buffer.of(i) }));
    expect(outcome(pings)).toEqual(pings.map((_, i) => `ping 0${i}`));
  });

  it('no control frame over 125 bytes is ever sent', () => {
    expect(() => encodeFrame(ping(new Uint8Array(126)), 'client')).toThrow(RangeError);
    expect(() => encodeFrame(pong('é'.repeat(63)), 'server')).toThrow(RangeError);
    const longest: Frame[] = [
      ping(new Uint8Array(125)),
      pong(new Uint8Array(125)),
      { type: 'close', code: 1000, reason: '€'.repeat(1000) },
    ];
    for (const frame of longest) expect((encodeFrame(frame, 'server')[1] ?? 0) <= 125).toBe(true);
  });
});

describe('RFC 6455 §5.5.1: close', () => {
  it('a close may be empty', () => {
    expect(closing()).toEqual(['close']);
  });

  it('a payload of one byte is too short for a code and fails the connection', () => {
    expect(closing(0x03)).toEqual(['violation shortClosePayload']);
    expect(closing(0x00)).toEqual(['violation shortClosePayload']);
    expect(violations.shortClosePayload.closeCode).toBe(1002);
  });

  it('the code is two bytes in network byte order', () => {
    expect(closing(0x03, 0xe8)).toEqual(['close 1000 ""']);
    expect(closing(0x0b, 0xb8)).toEqual(['close 3000 ""']);
    expect(encodeFrame({ type: 'close', code: 3000 }, 'server').subarray(2)).toEqual(Buffer.of(0x0b, 0xb8));
  });

  it('a reason follows the code, up to 123 bytes of UTF-8', () => {
    expect(closing(0x03, 0xe8, ...Buffer.from('au revoir, été'))).toEqual(['close 1000 "au revoir, été"']);
    expect(closing(0x03, 0xe8, ...Buffer.alloc(123, 'x'))).toEqual([`close 1000 "${'x'.repeat(123)}"`]);
  });

  it.each([
    ['a lone lead byte', [0xc3]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a bad byte behind a good text', [0x6f, 0x6b, 0xff]],
  ])('a reason that is not UTF-8 fails the connection with 1007: %s', (_, reason) => {
    expect(closing(0x03, 0xe8, ...reason)).toEqual(['violation invalidUtf8']);
    expect(violations.invalidUtf8.closeCode).toBe(1007);
  });

  it('a reason is no part of the text it interrupts: neither disturbs the other', () => {
    const frames = [
      fromClient({ opcode: 1, fin: false, payload: Buffer.of(0xe2, 0x82) }),
      fromClient({ opcode: 8, payload: Buffer.from('\x03\xe8ok', 'latin1') }),
      fromClient({ opcode: 0, payload: Buffer.of(0xac) }),
    ];
    expect(outcome(frames)).toEqual(['close 1000 "ok"', 'text €']);
  });
});
