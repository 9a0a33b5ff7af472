import { describe, expect, it } from 'vitest';
import { arrowHead, cutEnd, cutStart, edgePath } from './edge-path.ts';

const box = { x: 0, y: 0, width: 20, height: 10 };

describe('the line of a transition', () => {
  it('begins and ends at the border of a state, and not inside of it', () => {
    const down = [
      { x: 0, y: 0 },
      { x: 0, y: 3 },
      { x: 0, y: 25 },
    ];
    expect(cutStart(down, box)).toEqual([
      { x: 0, y: 5 },
      { x: 0, y: 25 },
    ]);
    expect(cutEnd(down.toReversed(), box)).toEqual([
      { x: 0, y: 25 },
      { x: 0, y: 5 },
    ]);
    expect(
      cutStart(
        [
          { x: 0, y: 0 },
          { x: 40, y: 4 },
        ],
        box,
      )[0],
    ).toEqual({ x: 10, y: 1 });
  });

  it('is left alone where it touches the state already', () => {
    const line = [
      { x: 0, y: 5 },
      { x: 0, y: 25 },
    ];
    expect(cutStart(line, box)).toBe(line);
  });

  it('is round at its corners, with the head of an arrow in its direction', () => {
    const line = [
      { x: 0, y: 0 },
      { x: 0, y: 10 },
      { x: 10, y: 10 },
      { x: 30, y: 10 },
    ];
    expect(edgePath(line)).toBe('M0 0L0 5Q0 10 5 10Q10 10 20 10L30 10');
    expect(arrowHead(line)).toBe('M30 10L23 12.8L23 7.3Z');
    expect(edgePath([])).toBe('');
    expect(arrowHead([{ x: 1, y: 1 }])).toBe('');
  });
});
