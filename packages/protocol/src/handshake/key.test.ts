import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptKey, generateKey, isValidKey } from './key.ts';

describe('acceptKey', () => {
  it('answers the key of the example (RFC 6455 §1.3)', () => {
    expect(acceptKey('dGhlIHNhbXBsZSBub25jZQ==')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  });
});

describe('generateKey', () => {
  it('makes 16 bytes in base64, others every time (RFC 6455 §4.1)', () => {
    const keys = Array.from({ length: 100 }, generateKey);
    expect(keys.every((key) => isValidKey(key) && Buffer.from(key, 'base64').length === 16)).toBe(true);
    expect(new Set(keys).size).toBe(100);
  });
});

describe('isValidKey', () => {
  it('takes both examples of RFC 6455 (§1.3, §4.1)', () => {
    expect(isValidKey('dGhlIHNhbXBsZSBub25jZQ==')).toBe(true);
    expect(isValidKey('AQIDBAUGBwgJCgsMDQ4PEC==')).toBe(true);
  });

  it('takes base64 of 16 bytes and of no other number (RFC 6455 §4.2.1)', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(isValidKey(Buffer.from(bytes).toString('base64'))).toBe(bytes.length === 16);
      }),
    );
  });

  it.each([
    '',
    'dGhlIHNhbXBsZSBub25jZQ',
    'dGhlIHNhbXBsZSBub25jZQ=',
    'dGhlIHNhbXBsZSBub25jZQ==\n',
    ' dGhlIHNhbXBsZSBub25jZQ==',
    'dGhlIHNhbXBsZSBub25_ZQ==',
    'dGhlIHNhbXBsZSB*b25jZQ==',
    'dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==',
  ])('refuses %j', (key) => {
    expect(isValidKey(key)).toBe(false);
  });
});
