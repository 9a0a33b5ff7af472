import { describe, expect, it } from 'vitest';
import { FrameHeader, type HeaderContext, headerLength, longestHeader, writeHeader } from './frame-header.ts';

const hex = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');
const server: HeaderContext = { role: 'server', compress: false };
const client: HeaderContext = { role: 'client', compress: false };

interface Reading {
  readonly context?: HeaderContext;
  readonly fragmented?: boolean;
}

function read(bytes: Uint8Array, { context = client, fragmented = false }: Reading = {}) {
  const header = new FrameHeader();
  const size = header.read(bytes, 0, bytes.length, fragmented, context);
  return { size, header };
}

/** How many bytes it takes until the header is refused, and why. */
function refusedAfter(digits: string, reading: Reading = {}): [number, string | undefined] {
  const bytes = hex(digits);
  for (let count = 0; count <= bytes.length; count++) {
    const { size, header } = read(bytes.subarray(0, count), reading);
    if (size !== 0) return [count, header.violation?.code];
  }
  return [bytes.length, 'none'];
}

describe('FrameHeader', () => {
  it('reads the flags, the opcode, the length and the key (RFC 6455 §5.2)', () => {
    const { size, header } = read(hex('81 85 37fa213d'), { context: server });
    expect(size).toBe(6);
    expect(header).toMatchObject({ fin: true, compressed: false, opcode: 1, length: 5, key: 0x3d21fa37 });
    expect(read(hex('02 00')).header).toMatchObject({ fin: false, opcode: 2, length: 0, key: 0 });
  });

  it('reads in the middle of a chunk, and asks for more when the header goes beyond its end', () => {
    const header = new FrameHeader();
    const bytes = hex('ffff 82 7e 0100 ffff');
    expect(header.read(bytes, 2, 6, false, client)).toBe(4);
    expect(header.length).toBe(256);
    for (const end of [2, 3, 4, 5]) expect(header.read(bytes, 2, end, false, client)).toBe(0);
    expect(header.violation).toBeUndefined();
  });

  it('keeps no key of the frame before', () => {
    const header = new FrameHeader();
    header.read(hex('81 80 37fa213d'), 0, 6, false, server);
    header.read(hex('81 00'), 0, 2, false, client);
    expect(header.key).toBe(0);
  });

  it.each([
    [0, '00'],
    [125, '7d'],
    [126, '7e 007e'],
    [127, '7e 007f'],
    [65535, '7e ffff'],
    [65536, '7f 0000000000010000'],
    [2 ** 32 - 1, '7f 00000000ffffffff'],
    [2 ** 32, '7f 0000000100000000'],
    [2 ** 32 + 2 ** 31 + 5, '7f 0000000180000005'],
    [Number.MAX_SAFE_INTEGER, '7f 001fffffffffffff'],
  ])('takes and writes a length of %d as %s (RFC 6455 §5.2)', (length, field) => {
    const bytes = hex(`82 ${field}`);
    const { size, header } = read(bytes);
    expect([size, header.length]).toEqual([bytes.length, length]);
    expect(headerLength(length, false)).toBe(bytes.length);
    expect(headerLength(length, true)).toBe(bytes.length + 4);

    const written = Buffer.alloc(longestHeader + 2, 0xee);
    expect(writeHeader(written, 1, 0x82, length, undefined)).toBe(1 + bytes.length);
    expect(written.subarray(1, 1 + bytes.length).toString('hex')).toBe(bytes.toString('hex'));
    expect([written[0], written[1 + bytes.length]]).toEqual([0xee, 0xee]);

    const end = writeHeader(written, 0, 0x82, length, 0x3d21fa37);
    expect(end).toBe(bytes.length + 4);
    expect(written.subarray(end - 4, end).toString('hex')).toBe('37fa213d');
    const masked = read(written.subarray(0, end), { context: server });
    expect(masked.size).toBe(end);
    expect(masked.header).toMatchObject({ length, key: 0x3d21fa37 });
  });

  it('reads a length beyond 2^53 as a number no smaller than that', () => {
    expect(read(hex('82 7f 7fffffffffffffff')).header.length).toBe(2 ** 63);
    expect(read(hex('82 7f 0020000000000001')).header.length).toBeGreaterThanOrEqual(2 ** 53);
  });

  it('needs the length and the whole key before it says that a header is complete', () => {
    const bytes = hex('81 fe 0080 01020384');
    for (let count = 0; count < bytes.length; count++) {
      expect(read(bytes.subarray(0, count), { context: server }).size).toBe(0);
    }
    const { size, header } = read(bytes, { context: server });
    expect([size, header.key >>> 0]).toEqual([8, 0x84030201]);
  });

  const compress: HeaderContext = { role: 'client', compress: true };
  it.each<[string, string, number, string, Reading?]>([
    ['RSV1 without compression', 'c1 00', 2, 'reservedBits'],
    ['RSV2', 'a1 00', 2, 'reservedBits'],
    ['RSV3', '91 00', 2, 'reservedBits'],
    ['RSV2 with compression', 'a1 00', 2, 'reservedBits', { context: compress }],
    ['RSV1 and RSV3 with compression', 'd1 00', 2, 'reservedBits', { context: compress }],
    ['opcode 3', '83 00', 2, 'reservedOpcode'],
    ['opcode 7', '87 00', 2, 'reservedOpcode'],
    ['opcode 11', '8b 00', 2, 'reservedOpcode'],
    ['opcode 15', '8f 00', 2, 'reservedOpcode'],
    ['a compressed ping', 'c9 00', 2, 'compressedControl', { context: compress }],
    ['a compressed and fragmented ping', '49 00', 2, 'compressedControl', { context: compress }],
    ['a fragmented ping', '09 00', 2, 'fragmentedControl'],
    ['a fragmented close', '08 00', 2, 'fragmentedControl'],
    ['a continuation of nothing', '80 00', 2, 'unexpectedContinuation'],
    ['an unfinished continuation of nothing', '00 00', 2, 'unexpectedContinuation'],
    ['a compressed continuation', 'c0 00', 2, 'compressedContinuation', { context: compress, fragmented: true }],
    ['a text inside a message', '81 00', 2, 'expectedContinuation', { fragmented: true }],
    ['a binary inside a message', '02 00', 2, 'expectedContinuation', { fragmented: true }],
    ['an unmasked frame to a server', '81 05', 2, 'unmaskedFrame', { context: server }],
    ['a masked frame to a client', '81 85', 2, 'maskedFrame'],
    ['a ping of 126 bytes', '89 7e 007e', 2, 'controlTooLong'],
    ['a close with a 64-bit length', '88 7f', 2, 'controlTooLong'],
    ['125 in 16 bits', '82 7e 007d', 4, 'nonMinimalLength'],
    ['0 in 16 bits', '82 7e 0000', 4, 'nonMinimalLength'],
    ['65535 in 64 bits', '82 7f 000000000000ffff', 10, 'nonMinimalLength'],
    ['5 in 64 bits', '82 7f 0000000000000005', 10, 'nonMinimalLength'],
    ['the top bit of a 64-bit length', '82 7f 80', 3, 'badLength'],
    ['all bits of a 64-bit length', '82 7f ff', 3, 'badLength'],
  ])('refuses %s as soon as the bytes are there (RFC 6455 §5)', (_, digits, count, code, reading) => {
    expect(refusedAfter(digits, reading)).toEqual([count, code]);
  });

  it('says what the offending value was', () => {
    expect(read(hex('83 00')).header.violation?.detail).toBe('0x3');
    expect(read(hex('f1 00')).header.violation?.detail).toBe('0x70');
    expect(read(hex('82 7e 0005')).header.violation?.detail).toBe('5 in 16 bits');
    expect(read(hex('82 7f 0000000000000102')).header.violation?.detail).toBe('258 in 64 bits');
  });

  it('lets control frames of 125 bytes pass at any time, and RSV1 on the first frame of a compressed message', () => {
    expect(read(hex('89 7d'), { fragmented: true }).size).toBe(2);
    expect(read(hex('c1 00'), { context: compress }).header.compressed).toBe(true);
    expect(read(hex('42 00'), { context: compress }).header.compressed).toBe(true);
    expect(read(hex('81 00'), { context: compress }).header.compressed).toBe(false);
    expect(read(hex('80 00'), { context: compress, fragmented: true }).size).toBe(2);
  });
});
