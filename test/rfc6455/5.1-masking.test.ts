import { binary, encodeFrame, type Frame, ping, pong, text, violations } from '@genws/protocol';
import { describe, expect, it } from 'vitest';
import { decoderOf, outcome, outcomeByByte, plain, received } from '../support/decoding.ts';
import { fromClient, hex, rawFrame, someKey } from '../support/raw-frame.ts';

const opcodes = [
  ['text', 1],
  ['binary', 2],
  ['close', 8],
  ['ping', 9],
  ['pong', 10],
] as const;
const every: Frame[] = [
  text('x'),
  binary(new Uint8Array(200)),
  { type: 'close' },
  ping(),
  pong('p'),
  text('y'.repeat(5000)),
];

describe('RFC 6455 §5.1 and §5.3: masking', () => {
  it.each(opcodes)('a server refuses an unmasked %s frame, from its second byte on', (_, opcode) => {
    expect(outcomeByByte(rawFrame({ opcode, payload: '' }))).toEqual([{ after: 2, what: 'violation unmaskedFrame' }]);
    expect(violations.unmaskedFrame.closeCode).toBe(1002);
  });

  it('a server refuses an unmasked continuation frame after masked ones', () => {
    const frames = [fromClient({ opcode: 1, fin: false, payload: 'a' }), rawFrame({ opcode: 0, payload: 'b' })];
    expect(outcome(frames)).toEqual(['violation unmaskedFrame']);
  });

  it.each(opcodes)('a client refuses a masked %s frame, from its second byte on', (_, opcode) => {
    expect(outcomeByByte(fromClient({ opcode }), { role: 'client' })).toEqual([
      { after: 2, what: 'violation maskedFrame' },
    ]);
    expect(violations.maskedFrame.closeCode).toBe(1002);
  });

  it('a client refuses a masked frame even when its key is 0', () => {
    expect(outcome([rawFrame({ opcode: 1, key: new Uint8Array(4) })], { role: 'client' })).toEqual([
      'violation maskedFrame',
    ]);
  });

  it('a client masks every frame it sends', () => {
    for (const frame of every) expect((encodeFrame(frame, 'client')[1] ?? 0) >= 0x80, frame.type).toBe(true);
  });

  it('a server masks no frame it sends', () => {
    for (const frame of every) expect((encodeFrame(frame, 'server')[1] ?? 0) < 0x80, frame.type).toBe(true);
  });

  it('a client takes a new key for each frame, and it cannot be foretold from those before', () => {
    const keys = Array.from({ length: 64 }, () => Buffer.from(encodeFrame(ping(), 'client')).readInt32BE(2));
    expect(new Set(keys).size).toBe(keys.length);
    const steps = new Set(keys.slice(1).map((key, i) => key - (keys[i] ?? 0)));
    expect(steps.size).toBe(keys.length - 1);
  });

  it('the key is no part of the payload length', () => {
    expect(hex('8180 37fa213d')).toEqual(fromClient({ opcode: 1 }));
    expect(outcome([fromClient({ opcode: 1 }), fromClient({ opcode: 1, payload: 'a' })])).toEqual(['text ', 'text a']);
  });

  it('masking does not change the length of the payload, nor does a second frame continue the key of the first', () => {
    const payload = 'abcde';
    const frames = [1, 2, 3].map((length) => fromClient({ opcode: 2, payload: payload.slice(0, length) }));
    expect(outcome(frames)).toEqual(['binary 61', 'binary 6162', 'binary 616263']);
  });

  it('each fragment is unmasked with the key of its own frame', () => {
    const frames = [
      rawFrame({ opcode: 1, fin: false, payload: 'abc', key: Uint8Array.of(1, 2, 3, 4) }),
      rawFrame({ opcode: 9, payload: 'ping', key: Uint8Array.of(0xff, 0xfe, 0xfd, 0xfc) }),
      rawFrame({ opcode: 0, fin: false, payload: 'defgh', key: new Uint8Array(4) }),
      rawFrame({ opcode: 0, payload: 'i', key: someKey }),
    ];
    expect(outcome(frames)).toEqual([`ping ${Buffer.from('ping').toString('hex')}`, 'text abcdefghi']);
    const decoder = decoderOf();
    const single = [...Buffer.concat(frames)].map((byte) => Uint8Array.of(byte));
    expect(received(decoder, single).map(plain).at(-1)).toBe('text abcdefghi');
  });
});
