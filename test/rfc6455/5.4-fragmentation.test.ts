import { binary, encodeFrame, text, violations } from '@genws/protocol';
import { describe, expect, it } from 'vitest';
import { decoderOf, outcome, outcomeByByte, plain, received } from '../support/decoding.ts';
import { fromClient } from '../support/raw-frame.ts';

const first = (payload: string | Uint8Array, opcode = 1): Buffer => fromClient({ opcode, fin: false, payload });
const middle = (payload: string | Uint8Array): Buffer => fromClient({ opcode: 0, fin: false, payload });
const last = (payload: string | Uint8Array): Buffer => fromClient({ opcode: 0, payload });
const ping = (payload = ''): Buffer => fromClient({ opcode: 9, payload });

describe('RFC 6455 §5.4: fragmentation', () => {
  it('a message is the payloads of its fragments, put together in the order sent', () => {
    expect(outcome([first('one '), middle('two '), middle(''), last('three')])).toEqual(['text one two three']);
    expect(outcome([first(Buffer.of(1), 2), last(Buffer.of(2))])).toEqual(['binary 0102']);
  });

  it('a message that consists of fragments equals the same message in one frame', () => {
    const payload = 'κόσμε'.repeat(50);
    const bytes = Buffer.from(payload);
    for (const size of [1, 2, 3, 7, 100, bytes.length]) {
      const frames = [first('')];
      for (let at = 0; at < bytes.length; at += size) frames.push(middle(bytes.subarray(at, at + size)));
      expect(outcome([...frames, last('')])).toEqual([`text ${payload}`]);
    }
  });

  it('fragments may be empty, the first, the last or all', () => {
    expect(outcome([first(''), middle(''), last('')])).toEqual(['text ']);
    expect(outcome([first(''), middle('middle'), last('')])).toEqual(['text middle']);
    expect(outcome([first('', 2), last('')])).toEqual(['binary ']);
  });

  it('nothing of a message is yielded before its last fragment is there', () => {
    const frames = [first('one'), middle('two'), last('end')];
    const length = Buffer.concat(frames).length;
    expect(outcomeByByte(Buffer.concat(frames))).toEqual([{ after: length, what: 'text onetwoend' }]);
  });

  it('control frames may stand inside a fragmented message and are yielded at once', () => {
    const decoder = decoderOf();
    expect(received(decoder, [first('a'), ping('1')]).map(plain)).toEqual(['ping 31']);
    expect(received(decoder, [middle('b'), fromClient({ opcode: 10 })]).map(plain)).toEqual(['pong ']);
    expect(received(decoder, [ping('2'), last('c')]).map(plain)).toEqual(['ping 32', 'text abc']);
  });

  it('a close inside a fragmented message is yielded, the message is not', () => {
    const close = fromClient({ opcode: 8, payload: Buffer.of(0x03, 0xe8) });
    expect(outcome([first('a'), close])).toEqual(['close 1000 ""']);
  });

  it('many control frames between fragments keep their order among themselves', () => {
    const frames = [first('fragment1'), middle('fragment2'), ping('1'), middle('3'), middle('4'), ping('2'), last('5')];
    expect(outcome(frames)).toEqual(['ping 31', 'ping 32', 'text fragment1fragment2345']);
    expect(outcomeByByte(Buffer.concat(frames)).map(({ what }) => what)).toEqual(outcome(frames));
  });

  it.each([
    ['final', last('x')],
    ['not final', middle('x')],
    ['empty', last('')],
  ])('a continuation of nothing fails the connection: %s', (_, frame) => {
    expect(outcome([frame, fromClient({ opcode: 1, payload: 'after' })])).toEqual(['violation unexpectedContinuation']);
    expect(outcomeByByte(frame)).toEqual([{ after: 2, what: 'violation unexpectedContinuation' }]);
    expect(violations.unexpectedContinuation.closeCode).toBe(1002);
  });

  it('a continuation after a whole message, or after the end of a fragmented one, continues nothing', () => {
    expect(outcome([fromClient({ opcode: 1, payload: 'a' }), last('x')])).toEqual([
      'text a',
      'violation unexpectedContinuation',
    ]);
    expect(outcome([first('a'), last('b'), middle('x'), fromClient({ opcode: 1 })])).toEqual([
      'text ab',
      'violation unexpectedContinuation',
    ]);
    expect(outcome([ping(), last('x')])).toEqual(['ping ', 'violation unexpectedContinuation']);
  });

  it.each([
    ['a whole text', fromClient({ opcode: 1, payload: 'x' })],
    ['a whole binary', fromClient({ opcode: 2 })],
    ['the start of a text', first('x')],
    ['the start of a binary', first('x', 2)],
  ])('fragments of two messages are not interleaved: %s inside one fails the connection', (_, frame) => {
    expect(outcome([first('a'), frame])).toEqual(['violation expectedContinuation']);
    expect(outcome([first('a'), middle('b'), ping(), frame])).toEqual(['ping ', 'violation expectedContinuation']);
    expect(violations.expectedContinuation.closeCode).toBe(1002);
  });

  it('a fragmented message is followed by the next, fragmented or not', () => {
    expect(outcome([first('a'), last('b'), fromClient({ opcode: 1, payload: 'c' }), first('d'), last('e')])).toEqual([
      'text ab',
      'text c',
      'text de',
    ]);
  });

  it('this implementation sends whole messages only: FIN and an opcode on every frame', () => {
    for (const length of [0, 200, 70_000]) {
      expect(encodeFrame(text('x'.repeat(length)), 'client')[0]).toBe(0x81);
      expect(encodeFrame(binary(new Uint8Array(length)), 'server')[0]).toBe(0x82);
    }
  });
});
