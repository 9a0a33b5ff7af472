import { describe, expect, it } from 'vitest';
import { startRecordedClient } from '../support/test-client.ts';
import { Upstream } from '../support/upstream.ts';

describe('a client of a server that accepts and then closes at once (I09)', () => {
  it('backs off further each time: being accepted alone does not start the delay anew', async () => {
    await using upstream = await Upstream.start(({ socket }) => socket.close(1013));
    const { client, clock, fails } = startRecordedClient(upstream.url);
    const delays: (number | undefined)[] = [];
    for (let round = 0; round < 9; round++) {
      expect(await fails()).toMatchObject({ type: 'remote', code: 1013 });
      const { delay } = client.getSnapshot().context;
      delays.push(delay);
      clock.advance((delay ?? 0) - 1);
      expect(client.attempt).toBe(round + 1);
      clock.advance(1);
      expect(client.attempt).toBe(round + 2);
    }
    expect(delays).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('starts anew once a connection has lasted stableAfter', async () => {
    await using upstream = await Upstream.start();
    const { client, clock, fails } = startRecordedClient(upstream.url, { backoff: { stableAfter: 2000 } });
    const flap = async (lifetime: number): Promise<number | undefined> => {
      await client.connected();
      clock.advance(lifetime);
      (await upstream.peers.next()).socket.close(1012);
      await fails();
      const { delay } = client.getSnapshot().context;
      clock.advance(delay ?? 0);
      return delay;
    };
    expect([await flap(1999), await flap(0), await flap(0), await flap(2000), await flap(0)]).toEqual([
      500, 1000, 2000, 500, 500,
    ]);
  });

  it('has its delays spread evenly below that: as many clients come back in each tenth of the time', async () => {
    await using upstream = await Upstream.start(({ socket }) => socket.close(1013));
    const tenths = new Array<number>(10).fill(0);
    const clients = Array.from({ length: 200 }, () => startRecordedClient(upstream.url, { random: Math.random }));
    await Promise.all(
      clients.map(async ({ client, clock, fails }) => {
        for (let failures = 1; failures <= 5; failures++) {
          await fails();
          const { delay = 0 } = client.getSnapshot().context;
          const tenth = Math.floor((delay / (500 * 2 ** (failures - 1))) * 10);
          tenths[tenth] = (tenths[tenth] ?? 0) + 1;
          clock.advance(delay);
        }
      }),
    );
    // Pearson's χ² of 1000 delays, with 9 degrees of freedom, exceeds 45 once in a million runs.
    expect(tenths).toHaveLength(10);
    expect(tenths.reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0)).toBeLessThan(45);
  });

  it('gives up after as many attempts in a row as it may make', async () => {
    await using upstream = await Upstream.start(({ socket }) => socket.close(1013));
    const { client, clock, fails, reports } = startRecordedClient(upstream.url, { attempts: 3 });
    for (const delay of [500, 1000]) {
      await fails();
      clock.advance(delay);
    }
    expect(await client.exited()).toMatchObject({ type: 'remote', code: 1013 });
    expect([upstream.accepted, reports.at(-1)?.event]).toEqual([3, 'client.gaveUp']);
  });
});
