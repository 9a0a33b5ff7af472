import { describe, expect, it } from 'vitest';
import { judge } from './report/outcome.ts';
import { catalogue } from './workloads/catalogue.ts';
import type { Effort } from './workloads/workload.ts';

const tiny: Effort = { rounds: 1, seconds: 0.2, warmUp: 0, settling: 0, scale: 0.01 };

async function outcomeOf(name: string) {
  const workload = catalogue.find((candidate) => candidate.name === name);
  if (workload === undefined) throw new Error(`there is no workload ${name}`);
  return judge(workload, await workload.measure(tiny, []));
}

describe.runIf(process.platform === 'linux')('the bench', () => {
  it('has names of its own for all workloads', () => {
    expect(new Set(catalogue.map(({ name }) => name)).size).toBe(catalogue.length);
  });

  it('drives every contender in processes of their own, and counts what comes back', async () => {
    const { rows, readings } = await outcomeOf('echo 16 B x 1');
    expect(Object.keys(readings)).toEqual(['genws', 'ws', 'raw']);
    for (const [round] of Object.values(readings)) {
      expect(round?.perSecond).toBeGreaterThan(100);
      expect(round?.p50).toBeGreaterThan(0);
    }
    expect(rows[0]?.verdicts).toHaveLength(2);
  });

  it('sees that replies of one turn leave in one write, and in order', async () => {
    const { readings } = await outcomeOf('burst of 1,000 messages on one connection');
    expect(readings.genws?.[0]?.writesPerThousand).toBeLessThan(10);
    expect(readings.ws?.[0]?.writesPerThousand).toBe(1000);
  });
});
