import { violations } from '@genws/protocol';
import { describe, expect, it } from 'vitest';
import { decoderOf, outcome, outcomeByByte, plain, received } from '../support/decoding.ts';
import { fromClient } from '../support/raw-frame.ts';

const limits = { maxFrame: 300, maxMessage: 500, maxFragments: 4 };
const first = (length: number): Buffer => fromClient({ opcode: 2, fin: false, payload: Buffer.alloc(length) });
const middle = (length: number): Buffer => fromClient({ opcode: 0, fin: false, payload: Buffer.alloc(length) });
const last = (length: number): Buffer => fromClient({ opcode: 0, payload: Buffer.alloc(length) });

describe('RFC 6455 §10.4: limits', () => {
  it('a frame at the limit passes, one byte more fails the connection with 1009', () => {
    expect(outcome([fromClient({ opcode: 2, payload: Buffer.alloc(300) })], { limits })).toHaveLength(1);
    expect(outcome([fromClient({ opcode: 2, payload: Buffer.alloc(301) })], { limits })).toEqual([
      'violation frameTooBig',
    ]);
    expect(violations.frameTooBig.closeCode).toBe(1009);
  });

  it('a message at the limit passes, one byte more fails the connection with 1009', () => {
    expect(outcome([first(300), last(200)], { limits })).toEqual([`binary ${'00'.repeat(500)}`]);
    expect(outcome([first(300), last(201)], { limits })).toEqual(['violation messageTooBig']);
    expect(violations.messageTooBig.closeCode).toBe(1009);
  });

  it('the message limit holds for a message of one frame as well', () => {
    const only = { limits: { maxMessage: 100 } };
    expect(outcome([fromClient({ opcode: 1, payload: 'x'.repeat(100) })], only)).toEqual([`text ${'x'.repeat(100)}`]);
    expect(outcome([fromClient({ opcode: 1, payload: 'x'.repeat(101) })], only)).toEqual(['violation messageTooBig']);
  });

  it('what is too large fails by its header, before any payload', () => {
    expect(outcomeByByte(fromClient({ opcode: 2, payload: Buffer.alloc(301) }), { limits })).toEqual([
      { after: 8, what: 'violation frameTooBig' },
    ]);
    const stream = Buffer.concat([first(300), last(201)]);
    expect(outcomeByByte(stream, { limits })).toEqual([{ after: 308 + 8, what: 'violation messageTooBig' }]);
  });

  it('endless fragments end at the message limit', () => {
    const decoder = decoderOf({ limits: { maxMessage: 10_000 } });
    const endless = [first(1000), ...Array.from({ length: 20 }, () => middle(1000))];
    const counts = endless.map((frame) => received(decoder, [frame]).map(plain));
    expect(counts.findIndex((decoded) => decoded.length > 0)).toBe(10);
    expect(counts.flat()).toEqual(['violation messageTooBig']);
  });

  it('a message of as many fragments as allowed passes, one more fails the connection with 1008', () => {
    expect(outcome([first(1), middle(1), middle(1), last(1)], { limits })).toEqual(['binary 00000000']);
    expect(outcome([first(1), middle(1), middle(1), middle(1), last(1)], { limits })).toEqual([
      'violation tooManyFragments',
    ]);
    expect(violations.tooManyFragments.closeCode).toBe(1008);
  });

  it('empty fragments count', () => {
    expect(outcome([first(0), middle(0), middle(0), middle(0), last(0)], { limits })).toEqual([
      'violation tooManyFragments',
    ]);
  });

  it('control frames inside a message count neither as fragments nor as bytes of it', () => {
    const ping = fromClient({ opcode: 9, payload: Buffer.alloc(125) });
    const frames = [first(300), ping, ping, ping, ping, ping, last(200)];
    expect(outcome(frames, { limits })).toHaveLength(6);
  });

  it('limits hold for compressed messages as they come in', () => {
    const frame = fromClient({ opcode: 2, rsv: 4, payload: Buffer.alloc(301) });
    expect(outcome([frame], { limits, compress: true })).toEqual(['violation frameTooBig']);
  });

  it('limits hold for clients as for servers', () => {
    const frame = Buffer.of(0x82, 0x7e, 0x01, 0x2d);
    expect(outcome([frame], { limits, role: 'client' })).toEqual(['violation frameTooBig']);
  });
});
