import { describe, expect, it } from 'vitest';
import { barGroups, drawChart } from './chart.ts';
import { judge } from './outcome.ts';

const echo = judge(
  { name: 'echo 16 B x 64', shown: ['perCpuSecond'], goals: [] },
  new Map([
    ['genws', [{ perCpuSecond: 1600 }]],
    ['ws', [{ perCpuSecond: 100 }]],
    ['raw', [{ perCpuSecond: 6400 }]],
    ['unknown', [{ perCpuSecond: Number.NaN }]],
  ]),
);
const idle = judge(
  { name: 'idle <connections>', shown: ['held'], goals: [] },
  new Map([
    ['genws', [{ held: 8000 }]],
    ['ws', [{ held: 4000 }]],
  ]),
);
const alone = judge({ name: 'sessions', shown: ['held'], goals: [] }, new Map([['genws', [{ held: 8000 }]]]));

describe('the chart of a comparison', () => {
  it('compares all who can be compared with the base, and takes the inverse where less is better', () => {
    expect(barGroups([echo, idle, alone], 'ws')).toEqual([
      {
        name: 'echo 16 B x 64',
        bars: [
          { name: 'genws', ratio: 16 },
          { name: 'raw', ratio: 64 },
        ],
      },
      { name: 'idle <connections>', bars: [{ name: 'genws', ratio: 0.5 }] },
    ]);
  });

  it('is drawn as it was', async () => {
    await expect(drawChart('Work & CPU', 'ws', barGroups([echo, idle], 'ws'))).toMatchFileSnapshot('chart.golden.svg');
  });

  it('lets each bar begin at the base, and go left where the base is better', () => {
    const svg = drawChart('', 'ws', [
      {
        name: 'a',
        bars: [
          { name: 'x', ratio: 4 },
          { name: 'y', ratio: 0.5 },
        ],
      },
    ]);
    const [, base = ''] = /class="base" x1="([\d.]+)"/.exec(svg) ?? [];
    const bars = [...svg.matchAll(/class="c\d" x="([\d.]+)" y="\d+" width="([\d.]+)" height="14"/g)];
    const [right, left] = bars.map(([, x, width]) => ({ from: Number(x), to: Number(x) + Number(width) }));
    expect(right?.from).toBe(Number(base));
    expect(left?.to).toBeCloseTo(Number(base), 0);
  });

  it('can be drawn of nothing', () => {
    expect(drawChart('', 'ws', [])).not.toContain('NaN');
  });
});
