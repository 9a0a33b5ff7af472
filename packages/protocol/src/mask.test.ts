import { afterEach, describe, expect, it, vi } from 'vitest';
import { mask } from './mask.ts';

/** The key 37 fa 21 3d, first octet lowest. */
const key = 0x3d21fa37;
const octets = [0x37, 0xfa, 0x21, 0x3d];

const counting = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i * 7 + 3);

/** The algorithm of RFC 6455 §5.3 as it stands there, one octet at a time. */
const maskedByTheBook = (bytes: Uint8Array, phase = 0): Uint8Array =>
  bytes.map((byte, i) => byte ^ (octets[(i + phase) % 4] ?? 0));

describe('mask', () => {
  it('reproduces the masked "Hello" of the RFC (RFC 6455 §5.7)', () => {
    const bytes = Buffer.from('Hello');
    mask(bytes, 0, bytes.length, key);
    expect(bytes.toString('hex')).toBe('7f9f4d5158');
  });

  it.each([0, 1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 63, 64, 65, 255, 1024, 4095, 4096, 4111, 65_537, 200_000])(
    'XORs octet i with octet i mod 4 of the key and is its own inverse, over %d bytes (RFC 6455 §5.3)',
    (length) => {
      const bytes = counting(length);
      mask(bytes, 0, length, key);
      expect(bytes).toEqual(maskedByTheBook(counting(length)));
      mask(bytes, 0, length, key);
      expect(bytes).toEqual(counting(length));
    },
  );

  it.each([0, 1, 2, 3, 4, 5, 1_000_003])('starts in the key where %d bytes before it left off', (phase) => {
    for (const length of [1, 5, 63, 64, 67, 130, 5000, 70_001]) {
      const bytes = counting(length);
      mask(bytes, 0, length, key, phase);
      expect(bytes).toEqual(maskedByTheBook(counting(length), phase % 4));
    }
  });

  it.each([0, 1, 2, 3])('does not depend on how memory is aligned: views %d bytes off', (offset) => {
    for (const start of [0, 1, 2, 3]) {
      const view = new Uint8Array(new ArrayBuffer(256), offset, 200);
      view.set(counting(200));
      mask(view, start, 200, key);
      expect(view.subarray(start)).toEqual(maskedByTheBook(counting(200).subarray(start)));
    }
  });

  it('takes payload after payload of one chunk, wherever they begin', () => {
    const chunk = counting(2000);
    const expected = counting(2000);
    for (const [start, end] of [
      [3, 200],
      [206, 900],
      [901, 905],
      [905, 1999],
    ] as const) {
      mask(chunk, start, end, key);
      expected.set(maskedByTheBook(expected.subarray(start, end)), start);
    }
    expect(chunk).toEqual(expected);
  });

  it.each([10, 100, 5000, 65_535])('touches nothing outside of its range of %d bytes', (length) => {
    for (const start of [0, 1, 2, 3]) {
      const bytes = new Uint8Array(length + 16);
      mask(bytes, start + 4, start + 4 + length, key);
      expect(bytes.subarray(0, start + 4).every((byte) => byte === 0)).toBe(true);
      expect(bytes.subarray(start + 4 + length).every((byte) => byte === 0)).toBe(true);
      expect(bytes.subarray(start + 4, start + 4 + length)).toEqual(maskedByTheBook(new Uint8Array(length)));
    }
  });

  it('leaves bytes as they are with key 0, which is a legal key', () => {
    const bytes = counting(100);
    mask(bytes, 0, 100, 0, 3);
    expect(bytes).toEqual(counting(100));
  });

  it('takes a key whose highest bit is set, as signed or unsigned number', () => {
    const signed = counting(100);
    const unsigned = counting(100);
    mask(signed, 0, 100, 0x8000_0000 | 0, 1);
    mask(unsigned, 0, 100, 0x8000_0000, 1);
    expect(signed).toEqual(counting(100).map((byte, i) => (i % 4 === 2 ? byte ^ 0x80 : byte)));
    expect(unsigned).toEqual(signed);
  });
});

describe('mask of long payloads, without the memory where they are masked in blocks', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  const maskWithout = async (webAssembly: unknown) => {
    vi.resetModules();
    vi.stubGlobal('WebAssembly', webAssembly);
    return (await import('./mask.ts')).mask;
  };

  it.each([
    ['the runtime has no WebAssembly', undefined],
    [
      'there is no address space left for it',
      {
        Module: class {},
        Instance: class {
          constructor() {
            throw new RangeError('WebAssembly.Instance(): Out of memory');
          }
        },
      },
    ],
  ])('is the same where %s', async (_, webAssembly) => {
    const maskAsBefore = await maskWithout(webAssembly);
    for (const length of [4096, 70_001]) {
      const bytes = counting(length);
      maskAsBefore(bytes, 1, length, key, 3);
      expect(bytes.subarray(1)).toEqual(maskedByTheBook(counting(length).subarray(1), 3));
      expect(bytes[0]).toBe(counting(1)[0]);
    }
  });
});
