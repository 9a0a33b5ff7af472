import { describe, expect, it } from 'vitest';
import { resolveHttp2Options } from './http2-options.ts';

describe('options of HTTP/2', () => {
  it('have defaults', () => {
    expect(resolveHttp2Options({})).toEqual({
      streamWindow: 131_072,
      connectionWindow: 1_048_576,
      maxStreams: 256,
      maxControlRate: 100,
    });
    expect(resolveHttp2Options({ maxStreams: 1 }).maxStreams).toBe(1);
  });

  it.each([
    { streamWindow: 0 },
    { streamWindow: 2 ** 31 },
    { streamWindow: 1.5 },
    { connectionWindow: 65_534 },
    { connectionWindow: Number.POSITIVE_INFINITY },
    { maxStreams: 0 },
    { maxStreams: 2 ** 31 },
    { maxControlRate: 0 },
    { maxControlRate: Number.NaN },
  ])('refuse %o, which HTTP/2 cannot have (RFC 9113 §6.5.2, §6.9.1)', (options) => {
    expect(() => resolveHttp2Options(options)).toThrow(RangeError);
  });

  it('may leave the rate without a bound', () => {
    expect(resolveHttp2Options({ maxControlRate: Number.POSITIVE_INFINITY }).maxControlRate).toBe(
      Number.POSITIVE_INFINITY,
    );
  });
});
