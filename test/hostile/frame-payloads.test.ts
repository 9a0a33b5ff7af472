import { encodeFrame, type FrameDecoder, type Role, type ViolationCode, violations } from '@genws/protocol';
import { describe, expect, it } from 'vitest';
import { decoderOf, outcome, outcomeByByte, outcomeEitherWay, plain, received } from '../support/decoding.ts';
import { RandomBytes } from '../support/random-bytes.ts';
import { fromClient, hex, inPieces, rawFrame, someKey } from '../support/raw-frame.ts';

const codeOf = (code: ViolationCode): number => violations[code].closeCode;

const after = fromClient({ opcode: 1, payload: 'after' });

describe('hostile payloads', () => {
  it.each([
    ['a code point above U+10FFFF', 'f490', 2],
    ['a surrogate', 'eda080', 2],
    ['overlong', 'c0af', 1],
    ['overlong in three bytes', 'e09fbf', 2],
    ['a lone continuation byte', 'bf', 1],
  ])('C16: text that is not UTF-8 ends in 1007 at its first bad byte, inside the frame: %s', (_, digits, bad) => {
    const good = Buffer.from('κόσμε');
    const payload = Buffer.concat([good, hex(digits), Buffer.alloc(1000, 'x')]);
    expect(outcomeByByte(fromClient({ opcode: 1, payload }))).toEqual([
      { after: 8 + good.length + bad, what: 'violation invalidUtf8' },
    ]);
    expect(outcome([fromClient({ opcode: 1, payload })])).toEqual(['violation invalidUtf8']);
    expect(codeOf('invalidUtf8')).toBe(1007);
  });

  it('C16: a character cut by fragments is whole again, or bad with the byte that spoils it', () => {
    const cutAt = (second: number): Buffer[] => [
      fromClient({ opcode: 1, fin: false, payload: Buffer.of(0xe2, 0x82) }),
      fromClient({ opcode: 0, payload: Buffer.of(second, 0x21) }),
    ];
    expect(outcomeEitherWay(cutAt(0xac))).toEqual(['text €!']);
    expect(outcomeByByte(Buffer.concat(cutAt(0x41)))).toEqual([{ after: 8 + 7, what: 'violation invalidUtf8' }]);
  });

  it('C17: a close reason that is not UTF-8 ends in 1007', () => {
    for (const reason of ['ff', 'c3', 'eda080', '6f6bc0']) {
      expect(outcomeEitherWay([fromClient({ opcode: 8, payload: hex(`03e8${reason}`) }), after])).toEqual([
        'violation invalidUtf8',
      ]);
    }
  });

  it('C18: a close with a payload of one byte ends in 1002', () => {
    expect(outcomeEitherWay([fromClient({ opcode: 8, payload: 'x' }), after])).toEqual(['violation shortClosePayload']);
    expect(codeOf('shortClosePayload')).toBe(1002);
  });

  it.each([0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535])('C19: close code %d ends in 1002', (code) => {
    const payload = Buffer.of(code >> 8, code & 0xff);
    expect(outcomeEitherWay([fromClient({ opcode: 8, payload }), after])).toEqual(['violation badCloseCode']);
    expect(codeOf('badCloseCode')).toBe(1002);
  });

  it.each([1000, 1012, 1013, 1014, 3000, 4999])('C19: close code %d is taken', (code) => {
    const payload = Buffer.of(code >> 8, code & 0xff);
    expect(outcomeEitherWay([fromClient({ opcode: 8, payload })])).toEqual([`close ${code} ""`]);
  });

  it.each([0, 1, 124, 125])(
    'C20: a ping of %d bytes is answered with exactly its bytes, and no foreign memory',
    (size) => {
      const payload = new RandomBytes('ping').take(size);
      for (const sender of ['client', 'server'] as const) {
        const frame = rawFrame({ opcode: 9, payload, key: sender === 'client' ? someKey : undefined });
        const role: Role = sender === 'client' ? 'server' : 'client';
        for (const pieces of [[frame], inPieces(frame, 1), inPieces(frame, 7)]) {
          const [ping, ...more] = receivedPings(decoderOf({ role }), pieces);
          expect(more).toEqual([]);
          const answer = encodeFrame({ type: 'pong', data: ping ?? new Uint8Array(1) }, role);
          const back = decoderOf({ role: sender });
          expect(received(back, [answer]).map(plain)).toEqual([`pong ${Buffer.from(payload).toString('hex')}`]);
          expect(answer).toHaveLength(2 + (role === 'client' ? 4 : 0) + size);
        }
      }
    },
  );
});

function receivedPings(decoder: FrameDecoder, pieces: readonly Uint8Array[]): Uint8Array[] {
  return received(decoder, pieces).flatMap((one) => (one.type === 'ping' ? [one.data] : []));
}
