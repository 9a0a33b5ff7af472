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
      offload: 16_384,
      maxRatio: Number.POSITIVE_INFINITY,
    });
    expect(resolveDeflateOptions({ level: undefined, threshold: undefined })).toEqual(deflateDefaults);
  });

  it('keeps what the caller chose', () => {
    const chosen = {
      ...deflateDefaults,
      level: 0,
      memLevel: 1,
      strategy: 'fixed',
      threshold: 0,
      offload: 1,
      maxRatio: 20.5,
    } as const;
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

  it.each([
    ['offload', { offload: -1 }],
    ['offload', { offload: Number.NaN }],
    ['maxRatio', { maxRatio: 0.9 }],
    ['maxRatio', { maxRatio: Number.NaN }],
  ])('throws a RangeError that names %s out of range: %o', (name, options) => {
    expect(() => resolveDeflateOptions(options)).toThrow(RangeError);
    expect(() => resolveDeflateOptions(options)).toThrow(name);
  });

  it('throws a RangeError for what only an untyped caller can pass', () => {
    const untyped = JSON.parse('{"windows":{"serverMaxWindowBits":7},"strategy":{"strategy":"best"}}');
    expect(() => resolveDeflateOptions(untyped.windows)).toThrow('serverMaxWindowBits');
    expect(() => resolveDeflateOptions(untyped.strategy)).toThrow('strategy');
  });
});
