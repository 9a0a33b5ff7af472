import type * as Zlib from 'node:zlib';
import { binary, publish, type Session, type SessionCompression, startSession, type Transport } from 'genws';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../support/manual-clock.ts';
import { plainRequest, quiet } from '../support/memory-session.ts';
import { RandomBytes } from '../support/random-bytes.ts';
import { echo } from '../support/recording.ts';
import { census, resetCensus } from '../support/zlib-census.ts';

vi.mock('node:zlib', async (original) => {
  const { counting } = await import('../support/zlib-census.ts');
  return counting(await original<typeof Zlib>());
});
beforeEach(resetCensus);

const kibibyte = 1024;
const count = 10_000;
const stuckCount = count / 100;

/** Takes all that it is sent, or no more than a system would hold for a peer that never reads. */
class Sink implements Transport {
  readonly reads: boolean;
  readonly chunks: Uint8Array[] = [];
  buffered = 0;

  constructor(reads: boolean) {
    this.reads = reads;
  }

  get congested(): boolean {
    return this.buffered > 16 * kibibyte;
  }

  send(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) {
      this.chunks.push(chunk);
      if (!this.reads) this.buffered += chunk.length;
    }
  }

  handOver(): void {}
  activate(): void {}
  close(): void {}
  abort(): void {}
}

const direction = { contextTakeover: false, windowBits: 15 } as const;
const compression: SessionCompression = { agreed: { server: direction, client: direction } };

function startSessions(compressed: boolean, stuck: number) {
  const clock = new ManualClock();
  const sinks = Array.from({ length: count }, (_, i) => new Sink(i >= stuck));
  const sessions = sinks.map((transport): Session => {
    const session = startSession({
      role: 'server',
      transport,
      handler: echo,
      handlerOpts: undefined,
      request: plainRequest,
      slowConsumer: 'drop-newest',
      limits: { maxBuffered: 64 * kibibyte, highWater: 32 * kibibyte },
      clock,
      ...(compressed ? { compression } : {}),
    });
    session.send({ type: 'activate' });
    return session;
  });
  return { sinks, sessions };
}

/** Where bytes lie: the same for two chunks only if nothing was copied. */
const place = ({ buffer, byteOffset, length }: Uint8Array): string => {
  const known = places.get(buffer) ?? places.size;
  places.set(buffer, known);
  return `${known}: ${byteOffset}+${length}`;
};
const places = new Map<ArrayBufferLike, number>();

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

describe.each([
  ['as they are', false],
  ['compressed', true],
])('messages published to 10,000 sessions of which 100 never read, %s', (_how, compressed) => {
  const random = new RandomBytes('published');
  const messages = Array.from({ length: 14 }, () => binary(random.take(8 * kibibyte).map((byte) => byte % 16)));

  /** Publish them one after the other: how long each took, ms, and how many were dropped somewhere. */
  async function publishAll(sessions: readonly Session[]): Promise<{ took: number[]; dropped: number }> {
    await quiet();
    const took: number[] = [];
    let dropped = 0;
    for (const message of messages) {
      const began = performance.now();
      const outcomes = publish(sessions, message);
      await quiet();
      took.push(performance.now() - began);
      dropped += outcomes.dropped;
      const sent = count - outcomes.dropped;
      expect(outcomes).toEqual({ sent, queued: 0, congested: 0, dropped: outcomes.dropped, closed: 0 });
    }
    return { took, dropped };
  }

  it('E09: reach all others at the pace of before, and are encoded and deflated once for all of them', {
    timeout: 60_000,
  }, async () => {
    const unhampered = await publishAll(startSessions(compressed, 0).sessions);
    resetCensus();
    const { sinks, sessions } = startSessions(compressed, stuckCount);
    const { took, dropped } = await publishAll(sessions);
    expect(unhampered.dropped).toBe(0);
    expect(dropped).toBeGreaterThan(stuckCount);
    expect(sessions.map((session) => session.dropped).reduce((sum, own) => sum + own)).toBe(dropped);
    expect(sessions.slice(stuckCount).filter((session) => session.dropped > 0)).toEqual([]);
    expect(census.deflated).toBe(compressed ? messages.length : 0);
    const sent = sinks.at(-1)?.chunks.filter(({ length }) => length > kibibyte) ?? [];
    if (!compressed)
      expect(Buffer.concat(sent.map((wire) => wire.subarray(4)))).toEqual(
        Buffer.concat(messages.map(({ data }) => data)),
      );
    const placesOf = ({ chunks }: Sink): string[] => chunks.filter(({ length }) => length > kibibyte).map(place);
    const [first = [], ...others] = sinks.slice(stuckCount).map(placesOf);
    expect(new Set(first).size).toBe(messages.length);
    for (const other of others) expect(other).toEqual(first);
    expect(median(took)).toBeLessThan(3 * median(unhampered.took));
  });
});
