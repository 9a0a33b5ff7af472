import { describe, expect, it } from 'vitest';
import { text } from './frame.ts';
import { type Decoded, FrameDecoder, type FrameDecoderOptions } from './frame-decoder.ts';
import { encodeFrame } from './frame-encoder.ts';
import { ReceivedMessage } from './received-message.ts';

const hex = (digits: string): Uint8Array => Uint8Array.from(Buffer.from(digits.replaceAll(' ', ''), 'hex'));
const limits = { maxFrame: 2 ** 24, maxMessage: 2 ** 26, maxFragments: 1000 };

const clientDecoder = (options: Partial<FrameDecoderOptions> = {}): FrameDecoder =>
  new FrameDecoder({ role: 'client', limits, ...options });
const serverDecoder = (options: Partial<FrameDecoderOptions> = {}): FrameDecoder =>
  new FrameDecoder({ role: 'server', limits, ...options });

function decoded(decoder: FrameDecoder, ...chunks: readonly Uint8Array[]): Decoded[] {
  const all: Decoded[] = [];
  for (const chunk of chunks) {
    decoder.push(chunk);
    for (let one = decoder.next(); one !== undefined; one = decoder.next()) all.push(one);
  }
  return all;
}

/** What was decoded, with text as text and bytes as hex. */
const shown = (all: readonly Decoded[]): unknown[] =>
  all.map((one) => {
    if (one.type === 'violation') return one.code;
    if (one.type === 'close') return one;
    if (one.type === 'text') return one.data;
    return [one.type, Buffer.from(one.data).toString('hex')];
  });

describe('FrameDecoder', () => {
  it('decodes the examples of the RFC (RFC 6455 §5.7)', () => {
    expect(shown(decoded(clientDecoder(), hex('81 05 48656c6c6f')))).toEqual(['Hello']);
    expect(shown(decoded(serverDecoder(), hex('81 85 37fa213d 7f9f4d5158')))).toEqual(['Hello']);
    expect(shown(decoded(clientDecoder(), hex('01 03 48656c 80 02 6c6f')))).toEqual(['Hello']);
    expect(shown(decoded(serverDecoder(), hex('8a 85 37fa213d 7f9f4d5158')))).toEqual([['pong', '48656c6c6f']]);
  });

  it('yields nothing for nothing', () => {
    expect(clientDecoder().next()).toBeUndefined();
    expect(decoded(clientDecoder(), new Uint8Array(0))).toEqual([]);
  });

  it('decodes frames that came in one chunk in their order', () => {
    const chunk = hex('82 02 00ff 89 01 01 81 01 61 8a 00 88 02 03e8 81 01 62');
    expect(shown(decoded(clientDecoder(), chunk))).toEqual([
      ['binary', '00ff'],
      ['ping', '01'],
      'a',
      ['pong', ''],
      { type: 'close', code: 1000, reason: '' },
      'b',
    ]);
  });

  it('decodes chunks that were handed over before the last was used up', () => {
    const decoder = clientDecoder();
    decoder.push(hex('81 01 61 81 02'));
    expect(decoder.next()).toMatchObject({ type: 'text', data: 'a' });
    decoder.push(hex('62'));
    decoder.push(hex('63 81 01 64 89'));
    expect(decoder.next()).toMatchObject({ data: 'bc' });
    decoder.push(hex('00'));
    expect(decoder.next()).toMatchObject({ data: 'd' });
    expect(decoder.next()).toMatchObject({ type: 'ping' });
    expect(decoder.next()).toBeUndefined();
  });

  it('decodes a masked frame of 130 bytes that comes byte by byte', () => {
    const decoder = serverDecoder();
    const string = 'abcdefghij'.repeat(13);
    const bytes = encodeFrame(text(string), 'client');
    const all = [...bytes].map((byte) => decoded(decoder, Uint8Array.of(byte)));
    expect(all.slice(0, -1).flat()).toEqual([]);
    expect(shown(all.at(-1) ?? [])).toEqual([string]);
  });

  it.each([1, 2, 3, 5, 13, 14, 15, 64, 1000])('carries the key across chunks of %d bytes (RFC 6455 §5.3)', (size) => {
    const string = 'κόσμε '.repeat(200);
    const bytes = Uint8Array.from([...encodeFrame(text(string), 'client'), ...encodeFrame(text('end'), 'client')]);
    const decoder = serverDecoder();
    const all: Decoded[] = [];
    for (let at = 0; at < bytes.length; at += size) all.push(...decoded(decoder, bytes.slice(at, at + size)));
    expect(shown(all)).toEqual([string, 'end']);
  });

  it('accepts masking key 0 (RFC 6455 §5.3)', () => {
    expect(shown(decoded(serverDecoder(), hex('81 82 00000000 6869')))).toEqual(['hi']);
  });

  it('gives a payload as a view on the chunk, not as a copy', () => {
    const chunk = hex('82 03 010203 81 02 6869');
    const [first, second] = decoded(clientDecoder(), chunk);
    expect(first?.type === 'binary' && first.data.buffer).toBe(chunk.buffer);
    expect(second instanceof ReceivedMessage && second.bytes.buffer).toBe(chunk.buffer);
  });

  it('gives a view also when the header came in a chunk of its own', () => {
    const decoder = clientDecoder();
    expect(decoded(decoder, hex('82 03'))).toEqual([]);
    const chunk = hex('010203');
    const [frame] = decoded(decoder, chunk);
    expect(frame?.type === 'binary' && frame.data.buffer).toBe(chunk.buffer);
  });

  it('always gives ping and pong a payload, empty or not', () => {
    const [bare, full] = decoded(clientDecoder(), hex('89 00 8a 02 0102'));
    expect(bare).toEqual({ type: 'ping', data: new Uint8Array(0) });
    expect(full).toEqual({ type: 'pong', data: Uint8Array.of(1, 2) });
  });

  it('copies the beginning of a control frame that a chunk boundary cut, so that the chunk need not be kept', () => {
    const decoder = clientDecoder();
    const chunk = Buffer.from(hex('89 04 0102'));
    expect(decoded(decoder, chunk)).toEqual([]);
    chunk.fill(0xee);
    expect(shown(decoded(decoder, Buffer.from(hex('03'))))).toEqual([]);
    expect(shown(decoded(decoder, Buffer.from(hex('04'))))).toEqual([['ping', '01020304']]);
  });

  it('keeps nothing of one control frame for the next', () => {
    const decoder = clientDecoder();
    const all = decoded(decoder, hex('89 03 01'), hex('0203 8a 02 04'), hex('05 89 00'));
    expect(shown(all)).toEqual([
      ['ping', '010203'],
      ['pong', '0405'],
      ['ping', ''],
    ]);
  });
});

describe('FrameDecoder reads close frames', () => {
  const close = (digits: string): unknown => shown(decoded(clientDecoder(), hex(digits)))[0];

  it('bare, with a code, with a reason (RFC 6455 §5.5.1)', () => {
    expect(close('88 00')).toEqual({ type: 'close' });
    expect(close('88 02 03e9')).toEqual({ type: 'close', code: 1001, reason: '' });
    expect(close('88 05 1387 c3a921')).toEqual({ type: 'close', code: 4999, reason: 'é!' });
    expect(close(`88 7d 0fa0 ${'78'.repeat(123)}`)).toEqual({ type: 'close', code: 4000, reason: 'x'.repeat(123) });
    expect(close('88 06 03e8 efbbbf 61')).toEqual({ type: 'close', code: 1000, reason: '\ufeffa' });
  });

  it('also when chunk boundaries cut them', () => {
    expect(shown(decoded(clientDecoder(), hex('88'), hex('05 13'), hex('87 c3'), hex('a921')))).toEqual([
      { type: 'close', code: 4999, reason: 'é!' },
    ]);
  });

  it('and refuses one byte, forbidden codes and reasons that are not UTF-8', () => {
    expect(close('88 01 03')).toBe('shortClosePayload');
    expect(close('88 02 03ec')).toBe('badCloseCode');
    expect(close('88 02 0000')).toBe('badCloseCode');
    expect(close('88 02 ffff')).toBe('badCloseCode');
    expect(close('88 03 03e8 ff')).toBe('invalidUtf8');
    expect(close('88 04 03e8 c3 41')).toBe('invalidUtf8');
    expect(close('88 03 03e8 c3')).toBe('invalidUtf8');
  });

  it('and tells which code was refused', () => {
    expect(decoded(clientDecoder(), hex('88 02 03ed'))).toEqual([
      { type: 'violation', code: 'badCloseCode', detail: '1005' },
    ]);
  });
});

describe('FrameDecoder with compress', () => {
  const compress = true;

  it('yields compressed messages as they came, not validated (RFC 7692 §6)', () => {
    const chunk = hex('c1 03 f248ff 42 01 01 80 01 02 81 01 61');
    const all = decoded(clientDecoder({ compress }), chunk);
    expect(all.slice(0, 2)).toEqual([
      { type: 'compressed', kind: 'text', data: hex('f248ff') },
      { type: 'compressed', kind: 'binary', data: Buffer.of(1, 2) },
    ]);
    expect(shown(all.slice(2))).toEqual(['a']);
  });

  it('does not validate the fragments of a compressed text either', () => {
    const all = decoded(clientDecoder({ compress }), hex('41 01 ff 00 01 fe'), hex('80 02 80'), hex('80'));
    expect(all).toEqual([{ type: 'compressed', kind: 'text', data: Buffer.from(hex('fffe8080')) }]);
  });

  it('still validates a text that is not compressed, after one that was', () => {
    expect(shown(decoded(clientDecoder({ compress }), hex('c1 01 ff 81 01 ff')))).toEqual([
      ['compressed', 'ff'],
      'invalidUtf8',
    ]);
  });

  it('is off by default', () => {
    expect(shown(decoded(clientDecoder(), hex('c1 00')))).toEqual(['reservedBits']);
  });
});

describe('FrameDecoder after a violation', () => {
  it('has yielded every message before it (in the same chunk)', () => {
    expect(shown(decoded(clientDecoder(), hex('81 01 61 89 00 82 01 62 83 00 81 01 63')))).toEqual([
      'a',
      ['ping', ''],
      ['binary', '62'],
      'reservedOpcode',
    ]);
  });

  it.each([
    ['in a header', '83 00'],
    ['in a cut header', '82'],
    ['in a payload', '81 02 ff'],
    ['in a continuation', '01 01 61 80 01 ff'],
    ['in a control frame', '88 02 0000'],
    ['against a limit', '02 0a 00112233445566778899 80 7e ffff'],
  ])('yields nothing more, takes nothing more and holds nothing: %s', (_, digits) => {
    const decoder = clientDecoder({ limits: { maxFrame: 20, maxMessage: 20, maxFragments: 2 } });
    const all = [
      ...decoded(decoder, hex(digits)),
      ...decoded(decoder, hex('7e 0001')),
      ...decoded(decoder, hex('81 01 61')),
    ];
    expect(all.map(({ type }) => type)).toEqual(['violation']);
    decoder.push(new Uint8Array(1000));
    expect(decoder.next()).toBeUndefined();
    expect(decoder.held).toBe(0);
  });
});

describe('FrameDecoder holds', () => {
  it('what is not complete, and says how many bytes that is', () => {
    const decoder = clientDecoder();
    expect(decoder.held).toBe(0);
    const arrivals: [string, number][] = [
      ['01', 1],
      ['05', 0],
      ['61', 1],
      ['6263', 3],
      ['6465', 5],
      ['89', 6],
      ['03', 5],
      ['0102', 7],
      ['03', 5],
      ['00', 6],
      ['02 66', 6],
      ['67', 7],
      ['80 7e', 9],
      ['01', 10],
      ['00', 7],
    ];
    for (const [digits, held] of arrivals) {
      decoded(decoder, hex(digits));
      expect(decoder.held, digits).toBe(held);
    }
    expect(shown(decoded(decoder, new Uint8Array(256).fill(0x68)))).toEqual([`abcdefg${'h'.repeat(256)}`]);
    expect(decoder.held).toBe(0);
  });

  it('what was handed over and not asked for yet', () => {
    const decoder = clientDecoder();
    decoder.push(hex('81 01 61 81 01 62'));
    expect(decoder.held).toBe(6);
    decoder.next();
    expect(decoder.held).toBe(3);
  });
});

describe('a decoder is at rest', () => {
  it.each(['', '81 02 6869', '01 01 61 80 01 62', '89 01 61', '88 02 03e8'])('when %j has been read', (digits) => {
    const decoder = clientDecoder();
    decoded(decoder, hex(digits));
    expect(decoder.atRest).toBe(true);
    expect(shown(decoded(decoder, hex('81 01 63')))).toEqual(['c']);
  });

  it.each([
    ['a header is cut', '81'],
    ['a payload is cut', '81 02 68'],
    ['a control frame is cut', '89 02 61'],
    ['a message has another fragment to come', '01 01 61'],
    ['a message whose only fragment is empty has another to come', '01 00'],
    ['the peer has broken the protocol', '83 00'],
  ])('not while %s', (_, digits) => {
    const decoder = clientDecoder();
    decoded(decoder, hex(digits));
    expect(decoder.atRest).toBe(false);
  });

  it('not before all has been read, and not after its end', () => {
    const decoder = clientDecoder();
    decoder.push(hex('81 01 61 81 01 62'));
    decoder.next();
    expect(decoder.atRest).toBe(false);
    decoder.next();
    expect(decoder.atRest).toBe(true);
    decoder.end();
    expect(decoder.atRest).toBe(false);
  });
});
