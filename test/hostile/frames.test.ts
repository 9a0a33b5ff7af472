import { type ViolationCode, violations } from '@genws/protocol';
import { describe, expect, it } from 'vitest';
import { decoderOf, drain, outcome, outcomeByByte, outcomeEitherWay, plain, received } from '../support/decoding.ts';
import { fromClient, inPieces, rawFrame } from '../support/raw-frame.ts';

const codeOf = (code: ViolationCode): number => violations[code].closeCode;

const after = fromClient({ opcode: 1, payload: 'after' });

describe('hostile frames', () => {
  it('C01: an unmasked frame to the server ends in 1002', () => {
    for (const opcode of [1, 2, 8, 9, 10]) {
      expect(outcomeEitherWay([rawFrame({ opcode, payload: 'x' }), after])).toEqual(['violation unmaskedFrame']);
    }
    expect(codeOf('unmaskedFrame')).toBe(1002);
  });

  it('C02: a masked frame to the client ends in 1002', () => {
    for (const opcode of [1, 2, 8, 9, 10]) {
      expect(outcomeEitherWay([fromClient({ opcode, payload: 'x' }), after], { role: 'client' })).toEqual([
        'violation maskedFrame',
      ]);
    }
    expect(codeOf('maskedFrame')).toBe(1002);
  });

  it('C03: masking key 0 is accepted', () => {
    const frames = [1, 2, 9].map((opcode) => rawFrame({ opcode, payload: 'key 0', key: new Uint8Array(4) }));
    expect(outcomeEitherWay(frames)).toEqual(['text key 0', 'binary 6b65792030', 'ping 6b65792030']);
  });

  it('C04: reserved bits without an extension for them end in 1002', () => {
    for (let rsv = 1; rsv <= 7; rsv++) {
      expect(outcomeEitherWay([fromClient({ opcode: 1, rsv }), after])).toEqual(['violation reservedBits']);
      if (rsv === 4) continue;
      expect(outcomeEitherWay([fromClient({ opcode: 1, rsv }), after], { compress: true })).toEqual([
        'violation reservedBits',
      ]);
    }
    expect(codeOf('reservedBits')).toBe(1002);
  });

  it('C05: unknown opcodes end in 1002', () => {
    for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
      expect(outcomeEitherWay([fromClient({ opcode, payload: 'x' }), after])).toEqual(['violation reservedOpcode']);
    }
    expect(codeOf('reservedOpcode')).toBe(1002);
  });

  it('C06: control frames of 126 bytes and more end in 1002', () => {
    for (const opcode of [8, 9, 10]) {
      for (const length of [126, 65_536]) {
        expect(outcomeEitherWay([fromClient({ opcode, payload: Buffer.alloc(length) }), after])).toEqual([
          'violation controlTooLong',
        ]);
      }
    }
    expect(codeOf('controlTooLong')).toBe(1002);
  });

  it('C07: fragmented control frames end in 1002', () => {
    for (const opcode of [8, 9, 10]) {
      expect(outcomeEitherWay([fromClient({ opcode, fin: false }), after])).toEqual(['violation fragmentedControl']);
    }
    expect(codeOf('fragmentedControl')).toBe(1002);
  });

  it('C08: RSV1 on a control frame ends in 1002, whatever FIN says, with compression agreed or not', () => {
    for (const opcode of [8, 9, 10]) {
      for (const fin of [true, false]) {
        const frames = [fromClient({ opcode, fin, rsv: 4 }), after];
        expect(outcomeEitherWay(frames, { compress: true })).toEqual(['violation compressedControl']);
        expect(outcomeEitherWay(frames)).toEqual(['violation reservedBits']);
      }
    }
    expect(codeOf('compressedControl')).toBe(1002);
  });

  it('C09: a continuation of nothing and a new message inside a message end in 1002', () => {
    for (const fin of [true, false]) {
      expect(outcomeEitherWay([fromClient({ opcode: 0, fin, payload: 'x' }), after])).toEqual([
        'violation unexpectedContinuation',
      ]);
      for (const opcode of [1, 2]) {
        const frames = [fromClient({ opcode: 1, fin: false }), fromClient({ opcode, fin }), after];
        expect(outcomeEitherWay(frames)).toEqual(['violation expectedContinuation']);
      }
    }
    expect(codeOf('unexpectedContinuation')).toBe(1002);
    expect(codeOf('expectedContinuation')).toBe(1002);
  });

  it('C10: control frames between fragments come out in their order, the message after them', () => {
    const frames = [
      fromClient({ opcode: 1, fin: false, payload: 'a' }),
      fromClient({ opcode: 9, payload: '1' }),
      fromClient({ opcode: 10, payload: '2' }),
      fromClient({ opcode: 0, fin: false, payload: 'b' }),
      fromClient({ opcode: 9, payload: '3' }),
      fromClient({ opcode: 0, payload: 'c' }),
      fromClient({ opcode: 9, payload: '4' }),
    ];
    expect(outcomeEitherWay(frames)).toEqual(['ping 31', 'pong 32', 'ping 33', 'text abc', 'ping 34']);
  });

  it('C11: lengths that are not in their shortest form end in 1002', () => {
    const long = (length: number, lengthBits: 16 | 64): Buffer =>
      fromClient({ opcode: 2, payload: Buffer.alloc(length), lengthBits });
    for (const frame of [long(5, 16), long(125, 16), long(0, 16), long(200, 64), long(5, 64), long(65_535, 64)]) {
      expect(outcomeEitherWay([frame, after])).toEqual(['violation nonMinimalLength']);
    }
    expect(codeOf('nonMinimalLength')).toBe(1002);
  });

  describe('C12: a length that cannot be, or that is over the limit, is refused before anything is allocated', () => {
    const limits = { maxFrame: 2 ** 24, maxMessage: 2 ** 26 };

    it.each<[string, bigint, ViolationCode, number]>([
      ['top bit set', 1n << 63n, 'badLength', 1002],
      ['all bits set', (1n << 64n) - 1n, 'badLength', 1002],
      ['2^63 − 1', (1n << 63n) - 1n, 'frameTooBig', 1009],
      ['2^53 + 1', (1n << 53n) + 1n, 'frameTooBig', 1009],
      ['2^53', 1n << 53n, 'frameTooBig', 1009],
      ['2^32, of which the low half is 0', 1n << 32n, 'frameTooBig', 1009],
      ['2^32 + 5, of which the low half is small', (1n << 32n) + 65_541n, 'frameTooBig', 1009],
      ['one over the limit', (1n << 24n) + 1n, 'frameTooBig', 1009],
    ])('C12: %s', (_, announced, code, closeCode) => {
      const header = fromClient({ opcode: 2, announced, lengthBits: 64 });
      expect(outcomeEitherWay([header], { limits })).toEqual([`violation ${code}`]);
      expect(codeOf(code)).toBe(closeCode);
      expect(mostHeldAndAllocated([header], limits)).toEqual({ held: expect.toSatisfy(isUnder16), allocated: false });
    });

    it('C12: the last fragment that would make the message one byte too large', () => {
      const small = { maxFrame: 2 ** 24, maxMessage: 2 ** 24 };
      const frames = [
        fromClient({ opcode: 2, fin: false, payload: Buffer.alloc(3) }),
        fromClient({ opcode: 0, announced: (1n << 24n) - 2n, lengthBits: 64 }),
      ];
      expect(outcomeEitherWay(frames, { limits: small })).toEqual(['violation messageTooBig']);
      expect(mostHeldAndAllocated(frames, small).allocated).toBe(false);
    });
  });

  it('C13: a header that announces 1 GiB is refused when it is read, whatever of the payload comes with it', () => {
    const limits = { maxFrame: 2 ** 24, maxMessage: 2 ** 26 };
    for (const opcode of [1, 2]) {
      const bytes = fromClient({ opcode, announced: 1n << 30n, payload: Buffer.alloc(10) });
      expect(outcome([bytes], { limits })).toEqual(['violation frameTooBig']);
      expect(outcomeByByte(bytes, { limits })).toEqual([{ after: 14, what: 'violation frameTooBig' }]);
      const { held, allocated } = mostHeldAndAllocated(inPieces(bytes, 1), limits);
      expect(held).toBeLessThan(16);
      expect(allocated).toBe(false);
    }
    expect(codeOf('frameTooBig')).toBe(1009);
  });

  it('C13: a frame within the limits of which ten bytes come costs ten bytes and a block, not what it announced', () => {
    const limits = { maxFrame: 2 ** 24, maxMessage: 2 ** 26 };
    const bytes = fromClient({ opcode: 2, announced: 1n << 24n, payload: Buffer.alloc(10) });
    expect(mostHeldAndAllocated(inPieces(bytes, 1), limits)).toEqual({ held: 13, allocated: false });
  });

  it('C14: every split point of headers and payloads gives the same messages', () => {
    const stream = Buffer.concat([
      fromClient({ opcode: 1, payload: 'κόσμε' }),
      fromClient({ opcode: 1, fin: false, payload: Buffer.from('é'.repeat(63)).subarray(0, 125) }),
      fromClient({ opcode: 9, payload: 'between' }),
      fromClient({ opcode: 0, payload: Buffer.concat([Buffer.of(0xa9), Buffer.alloc(126, 'x')]) }),
      fromClient({ opcode: 8, payload: Buffer.from('\x03\xe8bye', 'latin1') }),
    ]);
    const whole = outcome([stream]);
    expect(whole.map((one) => one.slice(0, 5))).toEqual(['text ', 'ping ', 'text ', 'close']);
    for (let first = 0; first <= stream.length; first++) {
      for (const second of [first, first + 1, first + 2, first + 13, stream.length]) {
        const parts = [stream.subarray(0, first), stream.subarray(first, second), stream.subarray(second)];
        expect(received(decoderOf(), parts).map(plain)).toEqual(whole);
      }
    }
  });

  it('C15: a message at the limit passes, one byte more ends in 1009, whole and in fragments', () => {
    const limits = { maxFrame: 1000, maxMessage: 1000 };
    const whole = (length: number): Buffer[] => [fromClient({ opcode: 2, payload: Buffer.alloc(length) })];
    const halves = (length: number): Buffer[] => [
      fromClient({ opcode: 2, fin: false, payload: Buffer.alloc(500) }),
      fromClient({ opcode: 0, payload: Buffer.alloc(length - 500) }),
    ];
    const message = [`binary ${'00'.repeat(1000)}`];
    expect(outcomeEitherWay(whole(1000), { limits })).toEqual(message);
    expect(outcomeEitherWay(halves(1000), { limits })).toEqual(message);
    expect(outcomeEitherWay(whole(1001), { limits })).toEqual(['violation frameTooBig']);
    expect(outcomeEitherWay(halves(1001), { limits })).toEqual(['violation messageTooBig']);
    expect(outcomeEitherWay(whole(1001), { limits: { maxMessage: 1000 } })).toEqual(['violation messageTooBig']);
    expect([codeOf('frameTooBig'), codeOf('messageTooBig')]).toEqual([1009, 1009]);
  });

  it('C23: an empty text is a message', () => {
    expect(outcomeEitherWay([fromClient({ opcode: 1 }), fromClient({ opcode: 2 })])).toEqual(['text ', 'binary ']);
  });

  it('C23: empty fragments count: a chain of them without end ends in 1008 and holds nothing', () => {
    const maxFragments = 1000;
    const decoder = decoderOf({ limits: { maxFragments } });
    const chain = [fromClient({ opcode: 1, fin: false })];
    for (let i = 0; i < 2000; i++) chain.push(fromClient({ opcode: 0, fin: false }));
    let taken = 0;
    const all: string[] = [];
    for (const frame of chain) {
      all.push(...received(decoder, [frame]).map(plain));
      expect(decoder.held).toBe(0);
      if (all.length === 0) taken++;
    }
    expect(all).toEqual(['violation tooManyFragments']);
    expect(taken).toBe(maxFragments);
    expect(codeOf('tooManyFragments')).toBe(1008);
  });

  it('C23: fragments of one byte without end end in 1008, and cost little more than their bytes', () => {
    const maxFragments = 100_000;
    const decoder = decoderOf({ limits: { maxFragments } });
    decoder.push(fromClient({ opcode: 2, fin: false, payload: 'x' }));
    drain(decoder);
    const before = process.memoryUsage().arrayBuffers;
    const chunk = Buffer.concat(
      Array.from({ length: 1000 }, () => fromClient({ opcode: 0, fin: false, payload: 'x' })),
    );
    const all: string[] = [];
    for (let i = 0; i < 200; i++) {
      all.push(...received(decoder, [chunk]).map(plain));
      if (i === 98) expect(decoder.held).toBe(99_001);
    }
    expect(all).toEqual(['violation tooManyFragments']);
    expect(decoder.held).toBe(0);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5_000_000);
  });
});

const isUnder16 = (held: number): boolean => held < 16;

/** The most bytes held at any time, and whether more memory was allocated than a few small blocks. */
function mostHeldAndAllocated(
  pieces: readonly Uint8Array[],
  limits: { readonly maxFrame: number; readonly maxMessage: number },
): { held: number; allocated: boolean } {
  const decoder = decoderOf({ limits });
  const copies = pieces.map((piece) => Uint8Array.from(piece));
  const before = process.memoryUsage().arrayBuffers;
  let held = 0;
  for (const copy of copies) {
    decoder.push(copy);
    drain(decoder);
    held = Math.max(held, decoder.held);
  }
  return { held, allocated: process.memoryUsage().arrayBuffers - before > 64 * 1024 };
}
