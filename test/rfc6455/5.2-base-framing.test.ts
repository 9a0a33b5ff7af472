import { binary, encodeFrame, text, violations } from '@genws/protocol';
import { describe, expect, it } from 'vitest';
import { outcome, outcomeByByte } from '../support/decoding.ts';
import { fromClient, hex, rawFrame } from '../support/raw-frame.ts';

describe('RFC 6455 §5.2: base framing', () => {
  const rsv = [1, 2, 3, 4, 5, 6, 7];

  it.each(rsv)('reserved bits %d fail the connection when no extension defines them, on any frame', (bits) => {
    for (const opcode of [1, 2, 8, 9, 10]) {
      expect(outcomeByByte(fromClient({ opcode, rsv: bits }))).toEqual([{ after: 2, what: 'violation reservedBits' }]);
    }
    const continuation = [fromClient({ opcode: 1, fin: false }), fromClient({ opcode: 0, rsv: bits })];
    expect(outcome(continuation)).toEqual(['violation reservedBits']);
    expect(violations.reservedBits.closeCode).toBe(1002);
  });

  it.each(rsv.filter((bits) => bits !== 4))('reserved bits %d fail it also where RSV1 means compression', (bits) => {
    expect(outcome([fromClient({ opcode: 1, rsv: bits })], { compress: true })).toEqual(['violation reservedBits']);
  });

  it.each([3, 4, 5, 6, 7, 11, 12, 13, 14, 15])('opcode %d is unknown and fails the connection', (opcode) => {
    for (const fin of [true, false]) {
      for (const payload of ['', 'payload']) {
        expect(outcomeByByte(fromClient({ opcode, fin, payload }))).toEqual([
          { after: 2, what: 'violation reservedOpcode' },
        ]);
      }
    }
    expect(violations.reservedOpcode.closeCode).toBe(1002);
  });

  it('what came before an unknown frame is delivered, what comes after is not', () => {
    const frames = [
      fromClient({ opcode: 1, payload: 'before' }),
      fromClient({ opcode: 3 }),
      fromClient({ opcode: 9 }),
      fromClient({ opcode: 1, payload: 'after' }),
    ];
    expect(outcome(frames)).toEqual(['text before', 'violation reservedOpcode']);
    expect(outcomeByByte(Buffer.concat(frames)).map(({ what }) => what)).toEqual([
      'text before',
      'violation reservedOpcode',
    ]);
  });

  it.each([0, 1, 125, 126, 127, 128, 65_535, 65_536, 65_537])('a payload of %d bytes is read whole', (length) => {
    const payload = Buffer.alloc(length, '*');
    expect(outcome([fromClient({ opcode: 1, payload })])).toEqual([`text ${payload}`]);
    expect(outcome([fromClient({ opcode: 2, payload: Buffer.alloc(length, 0xfe) })])).toEqual([
      `binary ${'fe'.repeat(length)}`,
    ]);
  });

  it.each([
    [0, 2],
    [125, 2],
    [126, 4],
    [127, 4],
    [65_535, 4],
    [65_536, 10],
  ])('a length of %d is sent in the fewest bytes: a header of %d', (length, header) => {
    expect(encodeFrame(text('a'.repeat(length)), 'server')).toHaveLength(header + length);
    expect(encodeFrame(binary(new Uint8Array(length)), 'client')).toHaveLength(header + 4 + length);
  });

  it.each([0, 1, 5, 124, 125])('a length of %d in 16 bits is not the fewest and fails the connection', (length) => {
    const frame = fromClient({ opcode: 2, payload: Buffer.alloc(length), lengthBits: 16 });
    expect(outcomeByByte(frame)).toEqual([{ after: 4, what: 'violation nonMinimalLength' }]);
    expect(violations.nonMinimalLength.closeCode).toBe(1002);
  });

  it.each([0, 5, 125, 126, 200, 65_535])('a length of %d in 64 bits fails it likewise', (length) => {
    const frame = fromClient({ opcode: 2, payload: Buffer.alloc(length), lengthBits: 64 });
    expect(outcomeByByte(frame)).toEqual([{ after: 10, what: 'violation nonMinimalLength' }]);
  });

  it.each([1n << 63n, (1n << 63n) + 5n, (1n << 64n) - 1n])(
    'the top bit of a 64-bit length is 0: %d fails it',
    (announced) => {
      expect(outcomeByByte(fromClient({ opcode: 2, announced, lengthBits: 64 }))).toEqual([
        { after: 3, what: 'violation badLength' },
      ]);
      expect(violations.badLength.closeCode).toBe(1002);
    },
  );

  it('lengths are in network byte order', () => {
    expect(encodeFrame(binary(new Uint8Array(0x0102)), 'server').subarray(0, 4)).toEqual(hex('827e0102'));
    expect(encodeFrame(binary(new Uint8Array(0x01_0203)), 'server').subarray(0, 10)).toEqual(
      hex('827f0000000000010203'),
    );
    const decoded = outcome([rawFrame({ opcode: 2, payload: Buffer.alloc(0x0102) })], { role: 'client' });
    expect(decoded).toEqual([`binary ${'00'.repeat(0x0102)}`]);
  });

  it('the examples of §5.7 mean what they mean there', () => {
    const asClient = (digits: string): string[] => outcome([hex(digits)], { role: 'client' });
    expect(asClient('81 05 48 65 6c 6c 6f')).toEqual(['text Hello']);
    expect(outcome([hex('81 85 37 fa 21 3d 7f 9f 4d 51 58')])).toEqual(['text Hello']);
    expect(asClient('01 03 48 65 6c 80 02 6c 6f')).toEqual(['text Hello']);
    expect(asClient('89 05 48 65 6c 6c 6f')).toEqual(['ping 48656c6c6f']);
    expect(outcome([hex('8a 85 37 fa 21 3d 7f 9f 4d 51 58')])).toEqual(['pong 48656c6c6f']);
    expect(asClient(`82 7e 01 00 ${'07'.repeat(256)}`)).toEqual([`binary ${'07'.repeat(256)}`]);
    expect(asClient(`82 7f 00 00 00 00 00 01 00 00 ${'07'.repeat(65_536)}`)).toEqual([`binary ${'07'.repeat(65_536)}`]);
  });
});
