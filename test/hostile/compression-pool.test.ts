import { setImmediate } from 'node:timers/promises';
import type * as Zlib from 'node:zlib';
import { deflateRawSync, inflateRawSync, constants as zlib } from 'node:zlib';
import {
  binary,
  close,
  defineHandler,
  type Frame,
  type Handler,
  type SessionCompression,
  type SessionExit,
  send,
  stop,
  text,
} from 'genws';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { openCompressed, sides } from '../support/compressed-peer.ts';
import { tail } from '../support/deflate-stream.ts';
import { mebibytesUsed } from '../support/garbage.ts';
import { Inbox } from '../support/inbox.ts';
import { peakDuring } from '../support/memory-growth.ts';
import { type MemorySession, quiet, roles, startInMemory } from '../support/memory-session.ts';
import { RandomBytes } from '../support/random-bytes.ts';
import { createRecording, echo } from '../support/recording.ts';
import { expectNoStrayErrors } from '../support/stray-errors.ts';
import { census, resetCensus } from '../support/zlib-census.ts';

vi.mock('node:zlib', async (original) => {
  const { counting } = await import('../support/zlib-census.ts');
  return counting(await original<typeof Zlib>());
});

expectNoStrayErrors();
beforeEach(resetCensus);

const kibibyte = 1024;
const direction = { contextTakeover: true, windowBits: 15 } as const;
const agreed = { server: direction, client: direction };
const payloadOf = (data: Uint8Array | string, windowBits = 15): Buffer =>
  deflateRawSync(data, { finishFlush: zlib.Z_SYNC_FLUSH, windowBits, level: 1 }).subarray(0, -4);
const dataOf = (payload: Uint8Array): Buffer =>
  inflateRawSync(Buffer.concat([payload, tail]), { finishFlush: zlib.Z_SYNC_FLUSH });

/** Resolves when every stream of zlib has been closed. */
async function allClosed(): Promise<void> {
  while (census.open > 0) await setImmediate();
}

describe('connections that end while their messages are in the thread pool', () => {
  // The smallest window and least memory make zlib quickest to begin with.
  const small = { contextTakeover: true, windowBits: 9 } as const;
  const compression: SessionCompression = {
    agreed: { server: small, client: small },
    options: { threshold: 0, offload: 0, memLevel: 1 },
  };
  const message = Array.from(new RandomBytes('D10').take(400), (byte) => 'abcdefgh'[byte % 8]).join('');
  const payload = payloadOf(message, 9);
  let terminated = 0;
  let late = 0;
  let heard = 0;

  /** Counts what must not be: a second `terminate`, or a callback after the first. */
  const handler: Handler<{ over: boolean }, Frame> = defineHandler<{ over: boolean }, Frame>({
    init: () => ['ok', { over: false }],
    handleIn(frame, state) {
      heard++;
      if (state.over) late++;
      return frame.type === 'text' ? ['reply', frame, state] : ['ok', state];
    },
    terminate(_exit, state) {
      terminated++;
      if (state.over) late++;
      state.over = true;
    },
  });

  const endings: readonly ((memory: MemorySession<Frame>) => void)[] = [
    ({ peer }) => peer.abort(),
    ({ transport }) => transport.fail(new Error('the cable is cut')),
    ({ session }) => stop(session),
    ({ session }) => session.stop(),
    ({ peer }) => peer.close(1000),
    ({ peer }) => peer.send({ opcode: 3 }),
  ];

  const random = new RandomBytes('rounds');

  /** One connection that is at work in one direction or both, and ends a few turns of the event loop later. */
  async function round(): Promise<SessionExit> {
    const memory = startInMemory({ role: roles[random.below(2)] ?? 'server', handler, compression });
    const { session, peer } = memory;
    const work = random.below(3);
    if (work !== 0) peer.send({ opcode: 1, rsv: 4, payload }, { opcode: 9 });
    if (work !== 1) send(session, text(message));
    for (let turn = random.below(4); turn > 0; turn--) await setImmediate();
    endings[random.below(endings.length)]?.(memory);
    peer.end();
    return session.exited();
  }

  it('D10 10,000 times: terminate once, no callback after it, no stream of zlib, no handle and no memory left', async () => {
    const atOnce = 250;
    const exits = new Set<string>();
    let rounds = 0;
    const run = async (count: number): Promise<void> => {
      for (const until = rounds + count; rounds < until; rounds += atOnce) {
        const ended = await Promise.all(Array.from({ length: atOnce }, round));
        for (const { type } of ended) exits.add(type);
      }
      await allClosed();
    };
    await run(1000);
    const before = await mebibytesUsed();
    const resources = process.getActiveResourcesInfo().length;
    await run(9000);
    expect({ terminated, late }).toEqual({ terminated: 10_000, late: 0 });
    expect(heard).toBeGreaterThan(0);
    expect(exits).toEqual(new Set(['error', 'transportError', 'shutdown', 'killed', 'remote']));
    expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(resources);
    expect((await mebibytesUsed()) - before).toBeLessThan(3);
  }, 60_000);

  it('D10 what waits for its turn in the pool is never begun once its connection is over', async () => {
    const doomed = Array.from({ length: 100 }, () => startInMemory({ handler, compression }));
    for (const { peer, session } of doomed) {
      peer.send({ opcode: 1, rsv: 4, payload });
      send(session, text(message));
    }
    await Promise.resolve();
    for (const { session } of doomed) session.stop();
    await Promise.all(doomed.map(({ session }) => session.exited()));
    await allClosed();
    expect(census.deflated + census.inflated).toBeLessThanOrEqual(3);
  });

  it('D10 what is inflated after our close frame is not delivered, and the closing handshake goes on', async () => {
    for (const role of roles) {
      const recording = createRecording();
      const { session, peer } = startInMemory({ role, handler: recording.handler, compression });
      peer.send({ opcode: 1, rsv: 4, payload }, { opcode: 1, rsv: 4, payload });
      await Promise.resolve();
      await Promise.resolve();
      expect(census.open).toBeGreaterThan(0);
      close(session);
      await allClosed();
      await quiet();
      expect([session.state, recording.frames.length]).toEqual(['closing', 0]);
      peer.close(1000);
      peer.end();
      expect(await session.exited()).toEqual({ type: 'normal' });
    }
  });

  it('D10 a message of others that is in the pool meanwhile arrives', async () => {
    const inbox = new Inbox<string>();
    const listening = defineHandler<undefined, Frame>({
      init: () => ['ok', undefined],
      handleIn(frame) {
        if (frame.type === 'text') inbox.push(frame.data);
        return ['ok', undefined];
      },
    });
    const doomed = Array.from({ length: 20 }, () => startInMemory({ handler, compression }));
    const { peer } = startInMemory({ handler: listening, compression });
    for (const each of doomed) each.peer.send({ opcode: 1, rsv: 4, payload });
    peer.send({ opcode: 1, rsv: 4, payload });
    await setImmediate();
    for (const each of doomed) each.peer.abort();
    expect(await inbox.next()).toBe(message);
    await allClosed();
  });
});

describe.each(sides)('D10 a $role over $scheme whose socket is destroyed while it is at work', ({ role, secure }) => {
  it('is told once that it is over, and leaves no stream of zlib behind', async () => {
    const noise = Buffer.from(new RandomBytes('noise').take(300 * kibibyte));
    const payload = payloadOf(noise);
    for (let i = 0; i < 10; i++) {
      const { handler, exits } = createRecording({ echoes: true });
      await using peer = await openCompressed({ role, secure, handler });
      const pong = peer.connection.frame();
      await peer.send({ opcode: 2, rsv: 4, payload }, { opcode: 9 });
      send(peer.session, binary(noise));
      if (i % 2 === 0) expect((await pong).opcode).toBe(10);
      else pong.catch(() => {}); // the pong may come or not
      for (let turn = i; turn > 0; turn--) await setImmediate();
      if (i % 3 === 0 || secure) peer.connection.hangUp();
      else peer.connection.reset();
      const exit = await peer.session.exited();
      expect(['error', 'transportError']).toContain(exit.type);
      expect(await exits.next()).toEqual(exit);
      await setImmediate();
      expect(exits.length).toBe(0);
    }
    await allClosed();
  });
});

describe('1,000 connections that have large messages (de)compressed at once', () => {
  const count = 1000;
  const size = 16 * kibibyte;
  const random = new RandomBytes('D11');
  /** Bytes that compress to about half, of each connection its own. */
  const large = (i: number): Buffer =>
    Buffer.from(`${i} `.padEnd(16) + Buffer.from(random.take(size / 2 - 8)).toString('hex'));
  const compression: SessionCompression = { agreed, options: { offload: 4 * kibibyte, level: 1 } };
  const open = () => startInMemory({ handler: echo, compression });

  it('D11 are served in their order, by no more than three at once, and each gets its own', async () => {
    const connections = Array.from({ length: count }, open);
    const messages = connections.map((_, i) => large(i));
    const served: number[] = [];
    const hear = async ({ peer }: (typeof connections)[number], i: number): Promise<boolean> => {
      const { rsv, payload } = await peer.frame();
      served.push(i);
      return rsv === 4 && dataOf(payload).equals(messages[i] ?? Buffer.alloc(0));
    };
    const { external } = await peakDuring(async () => {
      const heard = connections.map(hear);
      for (const [i, { session }] of connections.entries()) send(session, binary(messages[i] ?? Buffer.alloc(0)));
      expect((await Promise.all(heard)).every(Boolean)).toBe(true);
    });
    // They are counted in the order in which the pool has finished them: a neighbour may be first, nobody starves.
    expect(Math.max(...served.map((i, place) => Math.abs(i - place)))).toBeLessThanOrEqual(3);
    expect(census.most).toBeLessThanOrEqual(3);
    expect(census.deflated).toBe(count);
    // At once they would hold 256 MiB in zlib alone. Here each peer keeps what it has heard, in a block of Node's.
    expect(external).toBeLessThan(count * 200 * kibibyte);
    for (const { peer } of connections) peer.abort();
    await allClosed();
  }, 60_000);

  it('D11 come back right when echoed, while a small message of another is answered before most of them', async () => {
    const connections = Array.from({ length: count }, open);
    const small = open();
    let done = 0;
    const right = connections.map(async ({ peer }, i) => {
      const message = large(i);
      peer.send({ opcode: 2, rsv: 4, payload: payloadOf(message) });
      const { payload } = await peer.frame();
      done++;
      return dataOf(payload).equals(message);
    });
    await setImmediate();
    small.peer.text('small');
    expect(await small.peer.next()).toBe('text small');
    expect(done).toBeLessThan(count / 10);
    expect((await Promise.all(right)).every(Boolean)).toBe(true);
    expect(census.most).toBeLessThanOrEqual(3);
    for (const { peer } of connections) peer.abort();
    await allClosed();
  }, 60_000);
});
