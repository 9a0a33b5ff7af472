import { setImmediate } from 'node:timers/promises';
import { tell } from '@genws/actor';
import { binary, type Frame, ping, prepare, text } from '@genws/protocol';
import {
  createMemoryTransports,
  type Session,
  send,
  startSession,
  type Transport,
  type TransportOwner,
} from '@genws/session';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SocketOptions } from '../support/ends.ts';
import { createJournal } from '../support/journal.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryMeter } from '../support/memory-growth.ts';
import { plainRequest, quiet, roles, startInMemory } from '../support/memory-session.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { roundTrip } from '../support/round-trip.ts';
import { startOver } from '../support/wired-session.ts';
import { wiredSides } from '../support/wires.ts';

const kibibyte = 1024;
const mebibyte = kibibyte * kibibyte;
/** What a waiting message counts besides its payload. */
const overhead = 128;

/** A session that has sent as much as the transport takes of a peer that does not read: from here on messages wait. */
async function startStuck(options: Omit<SocketOptions<string, unknown>, 'handler'>) {
  const started = await startOver({ ...options, handler: createJournal().handler });
  const { session, peer } = started;
  peer.pause();
  let stable = false;
  while (!stable) {
    while (session.buffered < 65 * kibibyte) {
      send(session, binary(Buffer.alloc(10 * kibibyte)), { slowConsumer: 'drop-newest' });
      await setImmediate();
    }
    const before = session.buffered;
    await roundTrip();
    stable = session.buffered === before;
  }
  return { ...started, first: session.buffered };
}

/** Resolves when nothing waits for the peer any more. */
async function drained(session: Session<never>): Promise<void> {
  while (session.buffered > 0) await setImmediate();
}

describe.each(wiredSides)('what waits in a $role over $wire', ({ role, wire, network }) => {
  it('is measured with the frame that is about to be sent: exactly maxBuffered fits, and not a byte more', async () => {
    for (const excess of [0, 1]) {
      const maxBuffered = mebibyte;
      const { session, peer, first } = await startStuck({ role, wire, limits: { maxBuffered }, slowConsumer: 'wait' });
      await using _ = peer;
      expect(send(session, binary(Buffer.alloc(mebibyte - first - overhead + excess)))).toBe(
        excess === 0 ? 'sent' : 'congested',
      );
      expect(session.buffered).toBe(excess === 0 ? maxBuffered : first);
    }
  });

  it('may be one frame larger than maxBuffered, if it is alone', async () => {
    const { handler } = createJournal();
    const { session, peer } = await startOver({ role, wire, handler, limits: { maxBuffered: 1000 } });
    await using _ = peer;
    for (let i = 0; i < 3; i++) {
      expect(send(session, binary(Buffer.alloc(mebibyte)))).toBe('sent');
      await drained(session);
      expect((await peer.read()).payload.length).toBe(mebibyte);
    }
    peer.pause();
    while (session.buffered === 0) {
      expect(send(session, binary(Buffer.alloc(mebibyte)))).toBe('sent');
      await setImmediate();
    }
    expect(send(session, text(''))).toBe('congested');
  });

  it('is bytes, not characters', async () => {
    const { session, peer, first } = await startStuck({ role, wire });
    await using _ = peer;
    let before = first;
    for (const [data, bytes] of [
      ['x'.repeat(1000), 1000],
      ['é'.repeat(1000), 2000],
      ['€'.repeat(1000), 3000],
      ['😀'.repeat(1000), 4000],
    ] as const) {
      send(session, text(data));
      expect(session.buffered - before).toBe(bytes + overhead);
      before = session.buffered;
    }
  });

  it('is what leaves, whatever has been dropped or refused: 0 in the end', async () => {
    for (const slowConsumer of ['drop-newest', 'drop-oldest', 'wait'] as const) {
      const options = { role, wire, slowConsumer, limits: { maxBuffered: 128 * kibibyte } };
      const { session, peer } = await startStuck(options);
      await using _ = peer;
      for (let i = 0; i < 50; i++) send(session, [text('x'.repeat(5000)), ping(), prepare(text('y'.repeat(5000)))]);
      expect(session.buffered).toBeGreaterThan(100 * kibibyte);
      expect(session.buffered).toBeLessThanOrEqual(128 * kibibyte);
      peer.resume();
      await drained(session);
    }
  });

  const frames = fc.array(
    fc.record({
      size: fc.oneof(fc.nat(200), fc.nat(20_000), fc.nat(200_000)),
      kind: fc.constantFrom('text', 'binary', 'prepared', 'ping'),
      policy: fc.constantFrom('drop-newest', 'drop-oldest', undefined),
      reads: fc.boolean(),
    }),
    { minLength: 1, maxLength: 40 },
  );
  it('never exceeds maxBuffered unless alone, and every message is received, dropped or refused', async () => {
    await fc.assert(
      fc.asyncProperty(frames, fc.integer({ min: 1, max: 300_000 }), async (sendings, maxBuffered) => {
        const { handler } = createJournal();
        const limits = { maxBuffered };
        const { session, peer } = await startOver({ role, wire, handler, slowConsumer: 'wait', limits });
        await using _ = peer;
        peer.pause();
        let refused = 0;
        for (const { size, kind, policy, reads } of sendings) {
          const before = session.buffered;
          const outcome = send(session, frameOf(kind, size), policy === undefined ? {} : { slowConsumer: policy });
          if (outcome === 'congested') refused++;
          if (session.buffered > maxBuffered) expect([before === 0 || session.buffered === before]).toEqual([true]);
          if (reads) {
            peer.resume();
            await setImmediate();
            peer.pause();
          }
        }
        peer.resume();
        await drained(session);
        const expected = sendings.length - refused - session.dropped;
        expect(await peer.hearAll(expected)).toHaveLength(expected);
        await peer.settled();
        expect(peer.connection.unread).toBe(0);
      }),
      { numRuns: network ? 10 : 40 }, // connections take their time
    );
  });
});

const frameOf = (kind: string, size: number): Frame | ReturnType<typeof prepare> => {
  switch (kind) {
    case 'text':
      return text('x'.repeat(size));
    case 'binary':
      return binary(Buffer.alloc(size));
    case 'prepared':
      return prepare(binary(Buffer.alloc(size)));
    default:
      return ping('x'.repeat(size % 126));
  }
};

describe.each(roles)('what waits in a %s, in memory,', (role) => {
  it('is little however many tiny messages it is: half a million of a byte each cost what 16 MiB may, not more', async () => {
    const { session, peer } = startInMemory({
      role,
      handler: createJournal().handler,
      peerReads: false,
      slowConsumer: 'drop-newest',
      idleTimeout: Number.POSITIVE_INFINITY,
    });
    send(session, binary(Buffer.alloc(65 * kibibyte)));
    await quiet();
    const meter = await MemoryMeter.start();
    const count = 500_000;
    for (let i = 0; i < count; i++) send(session, binary(Uint8Array.of(1)));
    const { heap, external } = await meter.held();
    expect(heap + external).toBeLessThan(64 * mebibyte);
    expect(session.buffered).toBeLessThanOrEqual(16 * mebibyte);
    const kept = count - session.dropped;
    expect(kept).toBe(Math.floor((16 * mebibyte - 65 * kibibyte) / (1 + overhead)));
    peer.abort();
  });
});

/** A transport that takes everything at once, although it looks full until the turn is over: nothing drains. */
class Gulping implements Transport {
  readonly #inner: Transport;
  readonly congested = false;
  buffered = 0;

  constructor(inner: Transport) {
    this.#inner = inner;
  }

  handOver(owner: TransportOwner): void {
    this.#inner.handOver((event) => {
      if (event.type !== 'transport.drained') owner(event);
    });
  }

  activate(batches: number): void {
    this.#inner.activate(batches);
  }

  send(chunks: readonly Uint8Array[]): void {
    this.buffered += chunks.reduce((sum, { length }) => sum + length, 0);
    this.#inner.send(chunks);
    queueMicrotask(() => {
      this.buffered = 0;
    });
  }

  close(): void {
    this.#inner.close();
  }

  abort(): void {
    this.#inner.abort();
  }
}

describe.each(roles)('a burst above highWater of a %s', (role) => {
  it.each([
    ['send', 'wait'],
    ['send', 'close'],
    ['reply', 'wait'],
    ['reply', 'close'],
  ] as const)(
    'that is taken at once (%s, policy %s) keeps nobody waiting: neither peer nor actors',
    async (how, slowConsumer) => {
      const burst = Array.from({ length: 6 }, () => binary(Buffer.alloc(100 * kibibyte)));
      const { handler, lines } = createJournal<string>({
        in: (frame) => (frame.type === 'text' && frame.data === 'burst' ? ['reply', burst, 'state'] : undefined),
      });
      const [near, far] = createMemoryTransports();
      const peer = new RawPeer(far, { role: role === 'server' ? 'client' : 'server' });
      const session = startSession({
        role,
        transport: new Gulping(near),
        handler,
        handlerOpts: undefined,
        request: plainRequest,
        slowConsumer,
        limits: { highWater: 50 * kibibyte, lowWater: 0 },
        clock: new ManualClock(),
      });
      session.send({ type: 'activate' });
      for (let i = 0; i < 3; i++) {
        if (how === 'reply') peer.text('burst');
        else for (const frame of burst) expect(send(session, frame)).toBe('sent');
        if (how === 'send') expect(await send(session, text('awaited'), { slowConsumer: 'wait' })).toBe('sent');
        peer.text(`message ${i}`);
        tell(session, `news ${i}`);
        await quiet();
        expect(lines).toEqual(expect.arrayContaining([`in text message ${i}`, `info news ${i}`]));
      }
      expect(peer.frames.filter(({ opcode }) => opcode === 2)).toHaveLength(18);
    },
  );
});
