import { describe, expect, it } from 'vitest';
import { sparkline, sparklinePath, sparklineScale } from './sparkline.ts';

describe('a sparkline', () => {
  it('goes up for what comes in and down for what goes out, to one scale', () => {
    const highest = sparklineScale([0, 10], [5, 0]);
    expect(highest).toBe(10);
    expect(sparklinePath([0, 10], highest, 'up')).toBe('M32 9V0.5H64V9');
    expect(sparklinePath([5, 0], highest, 'down')).toBe('M0 9V13.3H32V9');
  });

  it('is nothing where nothing happens', () => {
    expect(sparklinePath([0, 0, 0], sparklineScale([0, 0, 0]), 'up')).toBe('');
  });

  it('shows the least of messages', () => {
    expect(sparklinePath([0.001], 1000, 'up')).toBe(`M0 9V8.3H${sparkline.width}V9`);
  });
});
