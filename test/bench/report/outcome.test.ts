import { describe, expect, it } from 'vitest';
import type { Findings, Goal } from '../workloads/workload.ts';
import { judge } from './outcome.ts';

const findings: Findings = new Map([
  [
    'genws',
    [
      { perCpuSecond: 300, held: 50 },
      { perCpuSecond: 200, held: 50 },
      { perCpuSecond: 100, held: 50 },
    ],
  ],
  [
    'ws',
    [
      { perCpuSecond: 150, held: 100 },
      { perCpuSecond: 100, held: 100 },
      { perCpuSecond: 50, held: 100 },
    ],
  ],
]);

const judged = (goal: Goal) =>
  judge({ name: 'echo', shown: [goal.metric], goals: [goal] }, findings).rows[0]?.verdicts[0]?.reached;

describe('the judgement of a workload', () => {
  it('compares the first contender with each other one, round by round', () => {
    const { rows } = judge({ name: 'echo', shown: ['perCpuSecond'], goals: [] }, findings);
    expect(rows[0]?.standings).toEqual([
      { name: 'genws', value: { median: 200, least: 100, most: 300 }, ratio: undefined },
      { name: 'ws', value: { median: 100, least: 50, most: 150 }, ratio: { median: 2, least: 2, most: 2 } },
    ]);
  });

  it('holds a ratio against its goal, up where more is better, down where less is', () => {
    expect(judged({ metric: 'perCpuSecond', over: 'ws', bound: 2 })).toBe(true);
    expect(judged({ metric: 'perCpuSecond', over: 'ws', bound: 2.1 })).toBe(false);
    expect(judged({ metric: 'held', over: 'ws', bound: 0.5 })).toBe(true);
    expect(judged({ metric: 'held', over: 'ws', bound: 0.4 })).toBe(false);
  });

  it('holds a value against its goal where nobody is compared', () => {
    expect(judged({ metric: 'held', bound: 50 })).toBe(true);
    expect(judged({ metric: 'held', bound: 49 })).toBe(false);
  });

  it('does not count as reached what was not measured', () => {
    expect(judged({ metric: 'perCpuSecond', over: 'raw', bound: 1 })).toBe(false);
    expect(judged({ metric: 'p99', bound: 1 })).toBe(false);
  });

  it('tells the least busy server, the busiest generator, and what disturbed', () => {
    const busy = (serverShare: number, generatorShare: number, othersShare: number) => [
      { serverShare, generatorShare, othersShare },
    ];
    const both: Findings = new Map([
      ['genws', busy(1, 0.5, 0.2)],
      ['ws', busy(0.9, 0.7, 0)],
    ]);
    const { occupation } = judge({ name: 'echo', shown: [], goals: [] }, both);
    expect(occupation).toEqual({ server: 0.9, generator: 0.7, others: 0.2 });
  });
});
