import { describe, expect, it } from 'vitest';
import { maskingKey } from './masking-key.ts';

describe('maskingKey', () => {
  it('never hands out a key twice, however many are asked for (RFC 6455 §10.3)', () => {
    const count = 5000;
    const keys = new Set(Array.from({ length: count }, maskingKey));
    // Chance alone makes two of 5000 keys equal in one run of 344, and five of them never.
    expect(keys.size).toBeGreaterThan(count - 5);
  });

  it('uses all 32 bits', () => {
    let ones = 0;
    let zeros = 0;
    for (let i = 0; i < 200; i++) {
      const key = maskingKey();
      ones |= key;
      zeros |= ~key;
    }
    expect([ones, zeros]).toEqual([-1, -1]);
  });
});
