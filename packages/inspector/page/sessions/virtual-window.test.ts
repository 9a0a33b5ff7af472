import { describe, expect, it } from 'vitest';
import { scrollToRow, virtualWindow } from './virtual-window.ts';

describe('a long list', () => {
  it('is in the document where it is to be seen, with a margin', () => {
    expect(virtualWindow(10_000, 30, 3000, 600, 8)).toEqual({ first: 92, end: 128, offset: 2760, total: 300_000 });
  });

  it('ends where its rows end', () => {
    expect(virtualWindow(10, 30, 0, 600)).toEqual({ first: 0, end: 10, offset: 0, total: 300 });
    expect(virtualWindow(0, 30, 0, 600)).toEqual({ first: 0, end: 0, offset: 0, total: 0 });
  });

  it('shows its end when it has become shorter than where one was', () => {
    const { first, end } = virtualWindow(5, 30, 9000, 600);
    expect([first, end]).toEqual([0, 5]);
  });

  it('moves no further than to bring a row into sight', () => {
    expect(scrollToRow(0, 30, 90, 300)).toBe(0);
    expect(scrollToRow(20, 30, 0, 300)).toBe(330);
    expect(scrollToRow(5, 30, 90, 300)).toBe(90);
  });
});
