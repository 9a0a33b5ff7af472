import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatExactTime,
  formatMilliseconds,
  formatPercent,
  formatRate,
  formatTime,
} from './format.ts';

describe('a number on the page', () => {
  it.each([
    [0, '0'],
    [1234, '1,234'],
    [99_999, '99,999'],
    [123_456, '123k'],
    [999_700, '1M'],
    [1_234_567, '1.23M'],
  ])('is a count: %d is %s', (value, text) => expect(formatCount(value)).toBe(text));

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [1234, '1.23 kB'],
    [45_600_000, '45.6 MB'],
    [999_999, '1 MB'],
    [2e15, '2000 TB'],
  ])('is a size: %d is %s', (value, text) => expect(formatBytes(value)).toBe(text));

  it.each([
    [0, '0'],
    [0.001, '<0.01'],
    [0.4, '0.4'],
    [12, '12'],
    [1234, '1.23k'],
  ])('is a rate: %d is %s', (value, text) => expect(formatRate(value)).toBe(text));

  it.each([
    [0, '0 ms'],
    [0.354, '0.35 ms'],
    [12.34, '12.3 ms'],
    [1234, '1.23 s'],
  ])('is a time it took: %d is %s', (value, text) => expect(formatMilliseconds(value)).toBe(text));

  it('is a share of a core', () => {
    expect(formatPercent(0.254)).toBe('25.4 %');
    expect(formatPercent(0)).toBe('0 %');
  });

  it.each([
    [-5, '0s'],
    [4000, '4s'],
    [184_000, '3m 04s'],
    [7_500_000, '2h 05m'],
    [273_600_000, '3d 04h'],
  ])('is an age: %d is %s', (value, text) => expect(formatDuration(value)).toBe(text));

  it('is a time of day, to the second or the millisecond', () => {
    const at = new Date(2026, 0, 2, 3, 4, 5, 67).getTime();
    expect(formatTime(at)).toBe('03:04:05');
    expect(formatExactTime(at)).toBe('03:04:05.067');
  });
});
