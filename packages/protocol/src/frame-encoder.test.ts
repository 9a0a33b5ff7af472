import { describe, expect, it } from 'vitest';
import { binary, ping, pong, text } from './frame.ts';
import { describeIllegalFrame, type Encodable, encodeFrame, FrameEncoder, prepare } from './frame-encoder.ts';
import { received } from './received-message.ts';

const wire = (frame: Encodable): string => Buffer.from(encodeFrame(frame, 'server')).toString('hex');

/** What a masked frame carries, undone octet by octet (RFC 6455 §5.3). */
function unmasked(frame: Uint8Array): { key: string; payload: Buffer } {
  const length = (frame[1] ?? 0) & 0x7f;
  const at = length < 126 ? 2 : length === 126 ? 4 : 10;
  const key = frame.subarray(at, at + 4);
  const payload = Buffer.from(frame.subarray(at + 4)).map((byte, i) => byte ^ (key[i % 4] ?? 0));
  return { key: Buffer.from(key).toString('hex'), payload: Buffer.from(payload) };
}

describe('a server encodes', () => {
  it('the frames of the examples (RFC 6455 §5.7)', () => {
    expect(wire(text('Hello'))).toBe('810548656c6c6f');
    expect(wire(ping('Hello'))).toBe('890548656c6c6f');
    expect(wire(pong('Hello'))).toBe('8a0548656c6c6f');
    expect(wire(binary(new Uint8Array(256))).slice(0, 8)).toBe('827e0100');
    expect(wire(binary(new Uint8Array(65536))).slice(0, 20)).toBe('827f0000000000010000');
  });

  it.each([
    [0, '8100'],
    [125, '817d'],
    [126, '817e007e'],
    [65535, '817effff'],
    [65536, '817f0000000000010000'],
  ])('a text of %d bytes with the shortest form of its length (RFC 6455 §5.2)', (length, header) => {
    expect(wire(text('a'.repeat(length)))).toBe(header + '61'.repeat(length));
    expect(wire(binary(new Uint8Array(length).fill(0x61)))).toBe(`82${header.slice(2)}${'61'.repeat(length)}`);
  });

  it.each(['é', '€', '😀', '\ufeff', '\0'])('text with %j by its UTF-8 length, short and long', (character) => {
    for (const count of [1, 20, 41, 42, 43, 60, 3000]) {
      const string = character.repeat(count);
      const bytes = Buffer.from(string);
      const encoded = Buffer.from(encodeFrame(text(string), 'server'));
      expect(encoded.subarray(encoded.length - bytes.length).equals(bytes)).toBe(true);
      expect(encoded.length).toBe(bytes.length + (bytes.length < 126 ? 2 : bytes.length < 65536 ? 4 : 10));
    }
  });

  it('a lone surrogate as U+FFFD, so that what it sends is always UTF-8 (RFC 6455 §8.1)', () => {
    expect(wire(text('a\ud800b'))).toBe('810561efbfbd62');
    expect(wire(text('\udc00'.repeat(50))).slice(8)).toBe('efbfbd'.repeat(50));
  });

  it('ping and pong without data as empty frames', () => {
    expect(wire({ type: 'ping' })).toBe('8900');
    expect(wire(pong())).toBe('8a00');
    expect(wire(ping(Uint8Array.of(0, 0xff)))).toBe('890200ff');
  });

  it('close frames bare, with a code, and with a code and a reason (RFC 6455 §5.5.1)', () => {
    expect(wire({ type: 'close' })).toBe('8800');
    expect(wire({ type: 'close', code: 1000 })).toBe('880203e8');
    expect(wire({ type: 'close', code: 4001, reason: 'bye' })).toBe('88050fa1627965');
    expect(wire({ type: 'close', reason: 'bye' })).toBe('880503e8627965');
  });

  it.each([0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 70_000, -1, Number.NaN])(
    'close code %d, which may not be sent, as 1002 (RFC 6455 §7.4.1)',
    (code) => {
      expect(wire({ type: 'close', code })).toBe('880203ea');
    },
  );

  it.each([1012, 1013, 1014, 3000, 4999])('close code %d as it is', (code) => {
    expect(wire({ type: 'close', code })).toBe(`8802${code.toString(16).padStart(4, '0')}`);
  });

  it('a close reason cut to 123 bytes, never inside a character (RFC 6455 §5.5)', () => {
    expect(wire({ type: 'close', code: 1000, reason: 'x'.repeat(300) })).toBe(`887d03e8${'78'.repeat(123)}`);
    const cut = Buffer.from(encodeFrame({ type: 'close', code: 1000, reason: `x${'é'.repeat(100)}` }, 'server'));
    expect(cut.subarray(4).toString()).toBe(`x${'é'.repeat(61)}`);
    expect(wire({ type: 'close', code: 1000, reason: 'é'.repeat(100) }).slice(0, 4)).toBe('887c');
    expect(wire({ type: 'close', code: 1000, reason: '😀'.repeat(100) }).slice(0, 4)).toBe('887a');
  });

  it('an already deflated message with RSV1 (RFC 7692 §6)', () => {
    expect(wire({ type: 'compressed', kind: 'text', data: Uint8Array.of(0xf2, 0x48) })).toBe('c102f248');
    expect(wire({ type: 'compressed', kind: 'binary', data: new Uint8Array(0) })).toBe('c200');
  });

  it('a received text with the bytes it came with', () => {
    expect(wire(received('text', Buffer.from('κόσμε')))).toBe(`810a${Buffer.from('κόσμε').toString('hex')}`);
  });
});

describe('a client encodes', () => {
  it.each<[string, Encodable, string]>([
    ['a short text', text('héllo'), Buffer.from('héllo').toString('hex')],
    ['a longer text', text('y'.repeat(300)), '79'.repeat(300)],
    ['a large text', text('z'.repeat(70_000)), '7a'.repeat(70_000)],
    ['a received text', received('text', Buffer.from('hi')), '6869'],
    ['a binary', binary(Uint8Array.of(1, 2, 3, 4, 5)), '0102030405'],
    ['a large binary', binary(new Uint8Array(5000).fill(7)), '07'.repeat(5000)],
    ['a compressed message', { type: 'compressed', kind: 'text', data: Uint8Array.of(1) }, '01'],
    ['a ping', ping('p'), '70'],
    ['an empty pong', pong(), ''],
    ['a bare close', { type: 'close' }, ''],
    ['a close with a code', { type: 'close', code: 1001, reason: 'x' }, '03e978'],
    ['a prepared message', prepare(text('news')), Buffer.from('news').toString('hex')],
  ])('%s masked (RFC 6455 §5.3)', (_, frame, payload) => {
    const encoded = encodeFrame(frame, 'client');
    expect((encoded[1] ?? 0) & 0x80).toBe(0x80);
    expect(unmasked(encoded).payload.toString('hex')).toBe(payload);
  });

  it('every frame with a key of its own, an empty one and a prepared one too (RFC 6455 §10.3)', () => {
    const news = prepare(text('news'));
    const keys = Array.from({ length: 300 }, (_, i) => {
      const frame = [text('a'), binary(new Uint8Array(9)), ping(), news][i % 4] ?? text('');
      return unmasked(encodeFrame(frame, 'client')).key;
    });
    expect(new Set(keys).size).toBe(300);
    expect(keys.filter((key) => key === '00000000')).toEqual([]);
  });

  it('a copy: the bytes of the caller stay as they are', () => {
    for (const size of [10, 5000]) {
      const data = new Uint8Array(size).fill(7);
      encodeFrame(binary(data), 'client');
      expect(data.every((byte) => byte === 7)).toBe(true);
    }
  });
});

describe('describeIllegalFrame', () => {
  it.each<[unknown, string]>([
    [undefined, 'object with a type'],
    [null, 'object with a type'],
    ['text', 'object with a type'],
    [{ data: 'x' }, 'object with a type'],
    [{ type: 'text' }, 'text frame is a string'],
    [{ type: 'text', data: Buffer.from('x') }, 'text frame is a string'],
    [{ type: 'binary', data: 'x' }, 'binary frame is a Uint8Array'],
    [{ type: 'binary', data: new ArrayBuffer(1) }, 'binary frame is a Uint8Array'],
    [{ type: 'compressed', kind: 'text' }, 'compressed frame is a Uint8Array'],
    [{ type: 'ping', data: 5 }, 'ping frame is a string or a Uint8Array'],
    [{ type: 'pong', data: new Uint16Array(1) }, 'pong frame is a string or a Uint8Array'],
    [{ type: 'pong', data: new Uint8Array(126) }, 'at most 125 bytes'],
    [{ type: 'close', code: '1000' }, 'code of a close frame is a number'],
    [{ type: 'close', code: 1000, reason: new Uint8Array(5) }, 'reason of a close frame is a string'],
    [{ type: 'close', code: 1000, reason: 5 }, 'reason of a close frame is a string'],
    [{ type: 'nonsense' }, '"nonsense" is no frame type'],
    [{ type: 'continuation 125' }, '"continuation 125" is no frame type'],
    [{ type: 5 }, 'type of a frame is a string'],
    [{ type: Symbol('s') }, 'type of a frame is a string'],
    [{ type: Object.create(null) }, 'type of a frame is a string'],
  ])('says why %j is no frame, and an encoder throws those words', (value, words) => {
    expect(describeIllegalFrame(value)).toContain(words);
    const encoder = new FrameEncoder('client');
    const append = () => Reflect.apply(encoder.append, encoder, [value]);
    expect(append).toThrow(words);
    expect(append).toThrow(words.includes('125 bytes') ? RangeError : TypeError);
    expect(encoder.take()).toEqual([]);
  });

  it.each<Encodable>([
    text(''),
    binary(Buffer.alloc(1)),
    { type: 'ping' },
    pong('x'.repeat(125)),
    { type: 'close' },
    { type: 'close', code: 70_000 },
    { type: 'close', reason: 'x'.repeat(1000) },
    { type: 'compressed', kind: 'binary', data: new Uint8Array(1) },
    received('text', Buffer.from('x')),
    prepare(text('x')),
  ])('has nothing to say against %j', (frame) => {
    expect(describeIllegalFrame(frame)).toBeUndefined();
  });
});
