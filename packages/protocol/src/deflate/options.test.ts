import { describe, expect, it } from 'vitest';
import { deflateDefaults, resolveDeflateOptions, resolveDeflateTuning } from './options.ts';

describe('deflate options', () => {
  it('fills in the documented defaults', () => {
    expect(resolveDeflateOptions()).toEqual({
      level: 6,
      memLevel: 8,
      strategy: 'default',
      serverNoContextTakeover: false,
      clientNoContextTakeover: false,
      serverMaxWindowBits: 15,
      clientMaxWindowBits: 15,
      threshold: 1024,
    });
    expect(resolveDeflateOptions({ level: undefined, threshold: undefined })).toEqual(deflateDefaults);
  });

  it('keeps what the caller chose', () => {
    const chosen = { ...deflateDefaults, level: 0, memLevel: 1, strategy: 'fixed', threshold: 0 } as const;
    expect(resolveDeflateOptions(chosen)).toEqual(chosen);
  });

  it.each([
    ['level', { level: 10 }],
    ['level', { level: -1 }],
    ['level', { level: 1.5 }],
    ['memLevel', { memLevel: 0 }],
    ['memLevel', { memLevel: 10 }],
  ])('throws a RangeError that names a %s out of range: %o', (name, tuning) => {
    expect(() => resolveDeflateTuning(tuning)).toThrow(RangeError);
    expect(() => resolveDeflateTuning(tuning)).toThrow(name);
  });

  it('throws a RangeError for a negative or missing threshold', () => {
    expect(() => resolveDeflateOptions({ threshold: -1 })).toThrow(RangeError);
    expect(() => resolveDeflateOptions({ threshold: Number.NaN })).toThrow('threshold');
  });

  it('throws a RangeError for what only an untyped caller can pass', () => {
    const untyped = JSON.parse('{"windows":{"serverMaxWindowBits":7},"strategy":{"strategy":"best"}}');
    expect(() => resolveDeflateOptions(untyped.windows)).toThrow('serverMaxWindowBits');
    expect(() => resolveDeflateOptions(untyped.strategy)).toThrow('strategy');
  });
});
