import { describe, expect, it } from 'vitest';
import { judge, type Outcome } from './outcome.ts';
import { doubts, shownValue, tableHead, tableLines } from './table.ts';

const outcome: Outcome = judge(
  {
    name: 'echo 16 B x 1',
    shown: ['perCpuSecond', 'p50'],
    goals: [
      { metric: 'perCpuSecond', over: 'ws', bound: 1.25 },
      { metric: 'perCpuSecond', over: 'raw', bound: 1 },
    ],
  },
  new Map([
    ['genws', [{ perCpuSecond: 90_000, p50: 120, serverShare: 1, generatorShare: 0.8, othersShare: 0 }]],
    ['ws', [{ perCpuSecond: 60_000, p50: 180, serverShare: 0.99, generatorShare: 0.7, othersShare: 0.3 }]],
    ['raw', [{ perCpuSecond: 100_000, p50: 100, serverShare: 1, generatorShare: 0.9, othersShare: 0 }]],
    ['other', [{ perCpuSecond: Number.NaN, p50: 60 }]],
  ]),
);

describe('the table of a comparison', () => {
  it('shows values, ratios, goals and how busy both sides were', () => {
    expect(tableLines(outcome)).toEqual([
      '| echo 16 B x 1 | messages per second of server CPU | 90,000 | 60,000 (**1.5**, 1.5 to 1.5) | 100,000 (**0.9**, 0.9 to 0.9) | other - | ≥ 1.25 × ws: yes; ≥ 1 × raw: **no** | 0.99, 0.90, 0.30 |',
      '|  | µs under way, p50 | 120 | 180 (**0.67**, 0.67 to 0.67) | 100 (**1.2**, 1.2 to 1.2) | other 60 (**2**, 2 to 2) |  |  |',
    ]);
  });

  it('has as many cells in every line as in its head', () => {
    const cells = [...tableHead, ...tableLines(outcome)].map((line) => line.split('|').length);
    expect(new Set(cells).size).toBe(1);
  });

  it('says when other processes have disturbed a workload', () => {
    expect(doubts([outcome])).toEqual([
      'echo 16 B x 1: other processes took 0.30 of a core, so measure again when they do not.',
    ]);
  });

  it('shows three digits of small values, whole numbers above', () => {
    expect([0.1234, 7.891, 99.94, 1234.5, Number.NaN].map(shownValue)).toEqual(['0.123', '7.89', '99.9', '1,235', '-']);
  });
});
