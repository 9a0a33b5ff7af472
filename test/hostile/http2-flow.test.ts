import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { binary, send, setOptions, tell, text } from 'genws';
import { describe, expect, it } from 'vitest';
import { setting } from '../support/http2/frame.ts';
import { expectEcho, type Http2Guest, leave, withBystander } from '../support/http2/served.ts';
import { MemoryMeter } from '../support/memory-growth.ts';
import { fromClient } from '../support/raw-frame.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';

expectNoStrayErrors();

const KiB = 1024;
const limits = { maxBuffered: 512 * KiB, highWater: 128 * KiB, lowWater: 32 * KiB };
const closed = { settings: [[setting.initialWindowSize, 0]], replenishes: false } as const;

/** Send what nobody reads, until the session has had enough. */
async function overfill({ session }: Http2Guest): Promise<void> {
  for (let sent = 0; session.state === 'open'; sent++) {
    expect(sent).toBeLessThan(100);
    send(session, binary(Buffer.alloc(16 * KiB)));
    await setTimeout(0);
  }
}

describe('windows of HTTP/2', () => {
  it('B05: a stream whose window is never opened is evicted when too much waits for it (RFC 9113 §10.5)', async () => {
    await withBystander({ limits, closeTimeout: 20 }, async ({ visit, ledger }) => {
      const meter = await MemoryMeter.start();
      const guest = await visit(closed);
      await overfill(guest);
      expect(await ledger.exits.next()).toMatchObject({ type: 'error', error: 'slowConsumer' });
      expect(await guest.stream.ending).toBe('reset cancel');
      expect(guest.stream.received).toBe(0);
      const held = await meter.held();
      expect(held.heap + held.external).toBeLessThan(2 ** 20);
      guest.connection[Symbol.dispose]();
    });
  });

  it('B05: a window opened byte by byte gets byte by byte, in order, without a busy loop (RFC 9113 §6.9)', async () => {
    await withBystander({ limits }, async ({ visit }) => {
      const guest = await visit(closed);
      const { connection, stream, session, frames } = guest;
      const words = 'slowly '.repeat(100);
      expect(send(session, text(words))).toBe('sent');
      await connection.ping();
      const idle = performance.eventLoopUtilization();
      await setTimeout(100);
      expect(performance.eventLoopUtilization(idle).utilization).toBeLessThan(0.5);
      expect(stream.received).toBe(0);
      for (let bytes = 0; bytes < 704; bytes += 11) {
        for (let index = 0; index < 11; index++) connection.allow(stream.id, 1);
        await connection.ping();
        expect(stream.received).toBe(bytes + 11);
      }
      expect(await frames.next()).toBe(`text ${words}`);
      expect(session.buffered).toBe(0);
      connection.allow(stream.id, 1000);
      await expectEcho(guest);
      await leave(guest);
    });
  });

  it('B05: a stream that is opened wide again gets all that waits, in order, and is not evicted', async () => {
    await withBystander({ limits }, async ({ visit }) => {
      const guest = await visit(closed);
      const { connection, stream, session, frames } = guest;
      for (let number = 0; number < 30; number++) send(session, text(`${number} `.padEnd(10 * KiB)));
      expect(session.state).toBe('open');
      connection.allow(stream.id, 2 ** 20);
      connection.allow(0, 2 ** 20);
      for (let number = 0; number < 30; number++) expect((await frames.next()).trim()).toBe(`text ${number}`);
      await expectEcho(guest);
      await leave(guest);
    });
  });

  it('B05: a stream whose window is never opened meets the deadline of its heartbeat (RFC 9113 §10.5)', async () => {
    await withBystander({ limits, closeTimeout: 20 }, async ({ visit, ledger }) => {
      const { connection, stream, session } = await visit(closed);
      send(session, text('never read'));
      tell(session, setOptions({ heartbeat: 30 }));
      expect(await ledger.exits.next()).toEqual({ type: 'timeout', timeout: 'heartbeat' });
      expect(await stream.ending).toBe('reset cancel');
      connection[Symbol.dispose]();
    });
  });

  it('B09: a stream that uses up the window of the connection holds up its neighbours, until the policy ends them', async () => {
    await withBystander({ limits, closeTimeout: 20 }, async ({ connect, enter, ledger }) => {
      const connection = await connect({ settings: [[setting.initialWindowSize, 2 ** 20]], replenishes: false });
      const greedy = await enter(connection);
      const neighbour = await enter(connection);
      for (let index = 0; index < 8; index++) send(greedy.session, binary(Buffer.alloc(16 * KiB)));
      await connection.ping();
      expect(greedy.stream.received).toBe(65_535);
      await overfill(neighbour);
      expect(await ledger.exits.next()).toMatchObject({ type: 'error', error: 'slowConsumer' });
      expect(await neighbour.stream.ending).toBe('reset cancel');
      expect(neighbour.stream.received).toBe(0);
      connection.allow(0, 2 ** 20);
      for (let index = 0; index < 8; index++) expect((await greedy.frames.frame()).payload).toHaveLength(16 * KiB);
      await expectEcho(greedy);
      await leave(greedy);
    });
  });

  it('a client that is not read because its session is congested may send no more than its window (RFC 9113 §5.2.1)', async () => {
    await withBystander(
      { limits: { ...limits, maxBuffered: 2 ** 24 }, http2: { streamWindow: 65_536 } },
      async ({ visit, ledger }) => {
        const guest = await visit({ settings: [[setting.initialWindowSize, 0]] });
        const { connection, stream, frames } = guest;
        const message = fromClient({ opcode: 2, payload: Buffer.alloc(16 * KiB) });
        const pouring = stream.pour(Buffer.concat(Array.from({ length: 100 }, () => message)));
        await setTimeout(100); // for all that it would take
        await connection.ping();
        const handled = ledger.frames.length;
        expect(stream.sendWindow).toBe(0);
        expect(handled).toBeLessThan(30);
        connection.allow(stream.id, 2 ** 25);
        await pouring;
        for (let index = 0; index < 100; index++) expect((await frames.frame()).payload).toHaveLength(16 * KiB);
        await leave(guest);
      },
    );
  });
});
