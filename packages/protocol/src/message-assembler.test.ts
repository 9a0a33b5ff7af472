import { describe, expect, it } from 'vitest';
import { type Decoded, FrameDecoder } from './frame-decoder.ts';
import type { MessageLimits } from './message-assembler.ts';

const hex = (digits: string): Uint8Array => Uint8Array.from(Buffer.from(digits.replaceAll(' ', ''), 'hex'));
const generous: MessageLimits = { maxFrame: 2 ** 24, maxMessage: 2 ** 26, maxFragments: 1000 };

const decoderOf = (limits: Partial<MessageLimits> = {}): FrameDecoder =>
  new FrameDecoder({ role: 'client', limits: { ...generous, ...limits } });

function decoded(decoder: FrameDecoder, ...chunks: readonly string[]): string[] {
  const all: Decoded[] = [];
  for (const chunk of chunks) {
    decoder.push(hex(chunk));
    for (let one = decoder.next(); one !== undefined; one = decoder.next()) all.push(one);
  }
  return all.map((one) => {
    if (one.type === 'violation') return one.detail === undefined ? one.code : `${one.code}: ${one.detail}`;
    if (one.type === 'text') return `text ${one.data}`;
    return one.type === 'close' ? 'close' : `${one.type} ${Buffer.from(one.data).toString('hex')}`;
  });
}

describe('fragments', () => {
  it('become one message of the type of the first (RFC 6455 §5.4)', () => {
    expect(decoded(decoderOf(), '01 01 61 00 01 62 80 01 63')).toEqual(['text abc']);
    expect(decoded(decoderOf(), '02 01 61 00 01 62 80 01 63')).toEqual(['binary 616263']);
  });

  it('may be empty, all of them or some (RFC 6455 §5.4)', () => {
    expect(decoded(decoderOf(), '01 00 00 00 80 00')).toEqual(['text ']);
    expect(decoded(decoderOf(), '02 00 80 01 07')).toEqual(['binary 07']);
    expect(decoded(decoderOf(), '02 01 07 80 00')).toEqual(['binary 07']);
    expect(decoded(decoderOf(), '02 00 00 01 07 00 00 80 00')).toEqual(['binary 07']);
  });

  it('of one message leave nothing behind for the next', () => {
    expect(
      decoded(decoderOf(), '01 01 61 80 01 62', '02 01 ff 80 00', '81 01 63', '01 00 80 01 64', '82 00', '81 00'),
    ).toEqual(['text ab', 'binary ff', 'text c', 'text d', 'binary ', 'text ']);
  });

  it('let control frames pass between them (RFC 6455 §5.4)', () => {
    expect(decoded(decoderOf(), '01 01 61 89 01 01 00 01 62 8a 00 80 01 63')).toEqual(['ping 01', 'pong ', 'text abc']);
    expect(decoded(decoderOf(), '01 01 61 88 00 80 01 63')).toEqual(['close', 'text ac']);
  });

  it('may cut a character, with a control frame in the cut (RFC 6455 §8.1)', () => {
    expect(decoded(decoderOf(), '01 01 e2 89 01 82 00 01 82 80 01 ac')).toEqual(['ping 82', 'text €']);
    expect(decoded(decoderOf(), '01 02 f09f 80 02 9880')).toEqual(['text 😀']);
  });

  it.each([['01 01 c2 80 01 41'], ['01 01 e0 80 01 41'], ['01 01 f0 80 01 41']])(
    'are refused when a cut character goes on with ASCII: %s',
    (chunk) => {
      expect(decoded(decoderOf(), chunk)).toEqual(['invalidUtf8']);
    },
  );

  it('are refused when the message ends inside a character', () => {
    expect(decoded(decoderOf(), '01 01 61 80 01 c2')).toEqual(['invalidUtf8: at the end of the message']);
    expect(decoded(decoderOf(), '01 02 61c2 80 00')).toEqual(['invalidUtf8: at the end of the message']);
    expect(decoded(decoderOf(), '81 02 61c2')).toEqual(['invalidUtf8']);
    expect(decoded(decoderOf(), '81 02 61', 'c2')).toEqual(['invalidUtf8: at the end of the message']);
  });

  it('of a binary message are not validated', () => {
    expect(decoded(decoderOf(), '02 01 ff 80 01 c2', '82 02 c2', 'ff')).toEqual(['binary ffc2', 'binary c2ff']);
  });

  it('are validated in every text, after binary ones and others', () => {
    expect(decoded(decoderOf(), '81 02 61', '62 02 01 ff 80 00 01 01 61 80 01 ff')).toEqual([
      'text ab',
      'binary ff',
      'invalidUtf8',
    ]);
  });
});

describe('limits', () => {
  it('refuse a frame by its header, with nothing of the payload there (RFC 6455 §10.4)', () => {
    expect(decoded(decoderOf({ maxFrame: 4 }), '82 04 00000000 82 05')).toEqual([
      'binary 00000000',
      'frameTooBig: 5 > 4',
    ]);
    expect(decoded(decoderOf({ maxFrame: 4 }), '02 04 00000000 80 05')).toEqual(['frameTooBig: 5 > 4']);
  });

  it('refuse a message of one frame by its header', () => {
    expect(decoded(decoderOf({ maxMessage: 4 }), '82 04 00000000 82 05')).toEqual([
      'binary 00000000',
      'messageTooBig: 5 > 4',
    ]);
  });

  it('refuse the fragment with which a message grows too large, in the middle or last, by its header', () => {
    const maxMessage = 4;
    expect(decoded(decoderOf({ maxMessage }), '02 03 000000 80 01 00')).toEqual(['binary 00000000']);
    expect(decoded(decoderOf({ maxMessage }), '02 03 000000 00 02')).toEqual(['messageTooBig: 5 > 4']);
    expect(decoded(decoderOf({ maxMessage }), '02 03 000000 80 02')).toEqual(['messageTooBig: 5 > 4']);
    expect(decoded(decoderOf({ maxMessage }), '02 05')).toEqual(['messageTooBig: 5 > 4']);
  });

  it('refuse the fragment after the last allowed one, empty ones counted', () => {
    const maxFragments = 3;
    expect(decoded(decoderOf({ maxFragments }), '02 00 00 01 01 80 00')).toEqual(['binary 01']);
    expect(decoded(decoderOf({ maxFragments }), '02 00 00 00 00 00 80 00')).toEqual(['tooManyFragments: > 3']);
    expect(decoded(decoderOf({ maxFragments: 1 }), '02 00 80 00')).toEqual(['tooManyFragments: > 1']);
  });

  it('hold for each message anew', () => {
    const limits = { maxMessage: 2, maxFragments: 2 };
    expect(decoded(decoderOf(limits), '02 01 01 80 01 02 '.repeat(5))).toEqual(Array(5).fill('binary 0102'));
    expect(decoded(decoderOf(limits), '82 02 0102 '.repeat(5))).toEqual(Array(5).fill('binary 0102'));
  });

  it('do not count control frames', () => {
    const limits = { maxFrame: 1, maxMessage: 1, maxFragments: 1 };
    expect(decoded(decoderOf(limits), '89 03 010203 8a 02 0102 82 01 07')).toHaveLength(3);
    expect(decoded(decoderOf({ ...limits, maxFragments: 2 }), '02 00 89 00 89 00 89 00 80 00')).toHaveLength(4);
  });

  it('can be changed while in use', () => {
    const limits = { maxFrame: 4, maxMessage: 100, maxFragments: 10 };
    const decoder = new FrameDecoder({ role: 'client', limits });
    expect(decoded(decoder, '82 04 00000000')).toHaveLength(1);
    limits.maxFrame = 5;
    expect(decoded(decoder, '82 05 0000000000')).toEqual(['binary 0000000000']);
    limits.maxFrame = 1;
    expect(decoded(decoder, '82 02')).toEqual(['frameTooBig: 2 > 1']);
  });

  it('may be infinite', () => {
    const decoder = decoderOf({ maxFrame: Infinity, maxMessage: Infinity, maxFragments: Infinity });
    expect(decoded(decoder, '82 7f 7fffffffffffffff 010203')).toEqual([]);
    expect(decoder.held).toBe(3);
  });
});
