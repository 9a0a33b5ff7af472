import type { Duplex } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import {
  binary,
  type Flow,
  type OutboundFrame,
  ping,
  prepare,
  publish,
  type SendOutcome,
  type SessionLimits,
  type SessionSettings,
  send,
  text,
} from 'genws';
import { describe, expect, it } from 'vitest';
import { openCompressed } from '../support/compressed-peer.ts';
import type { Inbox } from '../support/inbox.ts';
import { MemoryMeter } from '../support/memory-growth.ts';
import { roles } from '../support/memory-session.ts';
import { createFlowObserver, numbered, numberedSize, numbersFrom, readNumbers } from '../support/numbered-messages.ts';
import type { RawConnection } from '../support/raw-connection.ts';
import { openSocket, type SocketPeer } from '../support/socket-peer.ts';
import { serveOver } from '../support/wire-server.ts';
import { wiredSides, wires } from '../support/wires.ts';

const kibibyte = 1024;
const mebibyte = kibibyte * kibibyte;
const maxBuffered = mebibyte;
const limits: Partial<SessionLimits> = { maxBuffered, highWater: 512 * kibibyte, lowWater: 128 * kibibyte };
const policies = ['drop-newest', 'drop-oldest', 'wait', 'close'] as const;
const nothing: Readonly<Record<SendOutcome, number>> = { sent: 0, queued: 0, congested: 0, dropped: 0, closed: 0 };

const cases = [
  ...wiredSides.map((side) => ({ ...side, how: 'as they are', compressed: false })),
  { role: 'server', wire: 'tcp', how: 'compressed', compressed: true } as const,
  { role: 'client', wire: 'tls', how: 'compressed', compressed: true } as const,
];

describe.each(cases)('messages without end from a $role over $wire, $how, to a peer that never reads', (side) => {
  const published = 160;

  /** Publish as fast as the event loop turns: what became of it. */
  async function flood(settings: SessionSettings) {
    const { handler, flows, exits } = createFlowObserver();
    const { role, wire, compressed } = side;
    const options = { role, wire, handler, limits, ...settings };
    const peer = await (compressed
      ? openCompressed({ ...options, compress: { offload: Number.POSITIVE_INFINITY } })
      : openSocket(options));
    const { session } = peer;
    peer.pause();
    const outcomes = { ...nothing };
    const held: number[] = [];
    let most = 0;
    const meter = await MemoryMeter.start();
    for (let number = 0; number < published; number++) {
      outcomes[send(session, numbered(number))]++;
      most = Math.max(most, session.buffered);
      await setImmediate();
      if (number === 120 || number === published - 1) held.push((await meter.held()).external);
    }
    const [soon = Number.NaN, late = Number.NaN] = held;
    expect(most).toBeLessThanOrEqual(maxBuffered);
    expect(soon).toBeLessThan(maxBuffered + 256 * kibibyte);
    expect(Math.abs(late - soon)).toBeLessThan(128 * kibibyte);
    return { peer, session, flows, exits, outcomes };
  }

  /** The peer reads at last: the numbers of what arrives. */
  async function recover({ peer, flows }: { peer: SocketPeer<Flow>; flows: Inbox<Flow> }): Promise<number[]> {
    const reading = readNumbers(peer);
    peer.resume();
    while ((await flows.next()).type === 'congested');
    expect(send(peer.session, text('last'))).toBe('sent');
    const { numbers, end } = await reading;
    expect([end, peer.session.state]).toEqual(['last', 'open']);
    return numbers;
  }

  it('E06: drop-newest: the oldest are kept, up to maxBuffered, and each that is dropped is counted', async () => {
    const { peer, session, flows, outcomes } = await flood({ slowConsumer: 'drop-newest' });
    await using _ = peer;
    const { dropped, buffered } = session;
    expect(outcomes).toEqual({ ...nothing, sent: published - dropped, dropped });
    expect(dropped).toBeGreaterThan(published / 4);
    expect(buffered).toBeGreaterThan(maxBuffered - numberedSize - 256);
    expect(await recover({ peer, flows })).toEqual(numbersFrom(0, outcomes.sent));
    expect(session.dropped).toBe(dropped);
  });

  it('E06: drop-oldest: the newest are kept, up to maxBuffered, and each that is dropped is counted', async () => {
    const { peer, session, flows, outcomes } = await flood({ slowConsumer: 'drop-oldest' });
    await using _ = peer;
    const { dropped, buffered } = session;
    expect(outcomes).toEqual({ ...nothing, sent: published });
    expect(dropped).toBeGreaterThan(published / 4);
    expect(buffered).toBeGreaterThan(maxBuffered - numberedSize - 256);
    const numbers = await recover({ peer, flows });
    const gap = numbers.findIndex((number, i) => number !== i);
    expect(numbers).toEqual([...numbersFrom(0, gap), ...numbersFrom(gap + dropped, published)]);
    expect(session.dropped).toBe(dropped);
  });

  it('E06: wait: the newest are refused, and the sender is told each time', async () => {
    const { peer, session, flows, outcomes } = await flood({ slowConsumer: 'wait' });
    await using _ = peer;
    const { sent } = outcomes;
    expect(outcomes).toEqual({ ...nothing, sent, congested: published - sent });
    expect(outcomes.congested).toBeGreaterThan(published / 4);
    expect(await recover({ peer, flows })).toEqual(numbersFrom(0, sent));
    expect(session.dropped).toBe(0);
  });

  it('E06: close: ends with 1013, error slowConsumer, and what waits is let go of at once', async () => {
    const { peer, session, exits, outcomes } = await flood({ slowConsumer: 'close', closeTimeout: 60_000 });
    await using _ = peer;
    const { sent } = outcomes;
    expect(outcomes).toEqual({ ...nothing, sent, congested: 1, closed: published - sent - 1 });
    expect(session.buffered).toBeLessThan(4 * numberedSize);
    const reading = readNumbers(peer);
    peer.resume();
    const { numbers, end } = await reading;
    expect(end).toBe('1013 slow consumer');
    expect(numbers).toEqual(numbersFrom(0, numbers.length));
    expect(numbers.length).toBeLessThan(sent);
    peer.connection.end();
    const exit = { type: 'error', error: 'slowConsumer' };
    expect([await exits.next(), await session.exited()]).toEqual([exit, exit]);
    expect(session.buffered).toBe(0);
  });
});

describe.each(wires)('a group over $wire of whom one never reads', ({ wire }) => {
  /** Reads messages in their order, and knows how many have come. */
  function readerOf(connection: RawConnection<Duplex>) {
    const reader = { read: 0, inOrder: true };
    const reading = async (): Promise<void> => {
      for (;;) {
        const { payload } = await connection.frame();
        reader.inOrder &&= payload.readUInt32BE() === reader.read;
        reader.read++;
      }
    };
    reading().catch(() => {});
    return reader;
  }

  it.each(policies)('E06: %s: the others get all that is published, at its pace', async (slowConsumer) => {
    const { handler } = createFlowObserver();
    await using served = await serveOver(wire, { handler, limits, slowConsumer, logger: () => {} });
    using stuck = await served.open();
    stuck.pause();
    const others: ReturnType<typeof readerOf>[] = [];
    for (let i = 0; i < 4; i++) others.push(readerOf(await served.open()));
    const sessions = [...served.server.sessions.children()];
    const [stuckSession] = sessions;
    const published = 160;
    const outcomes = { ...nothing };
    let behind = 0;
    for (let number = 0; number < published; number++) {
      const now = publish(sessions, numbered(number));
      for (const [outcome, count] of Object.entries(now)) if (isOutcome(outcome)) outcomes[outcome] += count;
      await setImmediate();
      for (const { read } of others) behind = Math.max(behind, number + 1 - read);
    }
    while (others.some(({ read }) => read < published)) await setImmediate();
    expect(others).toEqual(Array(4).fill({ read: published, inOrder: true }));
    expect(behind).toBeLessThan(16);
    expect(sessions.map(({ dropped }) => dropped).slice(1)).toEqual([0, 0, 0, 0]);
    expect(Object.values(outcomes).reduce((sum, count) => sum + count)).toBe(5 * published);
    const { congested, dropped, closed } = outcomes;
    if (slowConsumer === 'drop-newest') expect([congested, dropped, closed]).toEqual([0, stuckSession?.dropped, 0]);
    if (slowConsumer === 'drop-oldest') expect(outcomes).toEqual({ ...nothing, sent: 5 * published });
    if (slowConsumer === 'wait') expect([dropped, closed, stuckSession?.state]).toEqual([0, 0, 'open']);
    if (slowConsumer === 'close') expect([congested, dropped, stuckSession?.state]).toEqual([1, 0, 'closing']);
    expect(outcomes.sent).toBeGreaterThan(4 * published);
  });
});

const isOutcome = (name: string): name is SendOutcome => name in nothing;

/** Messages, and how many there are each time. */
const carelessness: readonly (readonly [what: string, frames: readonly OutboundFrame[], times: number])[] = [
  ['1 KiB of text', [text('x'.repeat(kibibyte))], 1000],
  ['text of three bytes a character', [text('€'.repeat(400))], 1000],
  ['single bytes', [binary(Buffer.of(1))], 10_000],
  ['empty messages', [text('')], 10_000],
  ['what is larger than maxBuffered', [binary(Buffer.alloc(3 * mebibyte))], 10],
  ['lists of 100', Array(100).fill(binary(Buffer.alloc(kibibyte))), 30],
  ['a prepared frame', [prepare(text('x'.repeat(5 * kibibyte)))], 600],
  ['pings', [ping('x'.repeat(125))], 10_000],
];

describe.each(roles)('a producer that does not look at what a %s makes of its messages', (role) => {
  it.each(policies)('E08: %s: no more than maxBuffered waits, whatever it sends, and however long', async (policy) => {
    for (const [what, frames, times] of carelessness) {
      const { handler } = createFlowObserver();
      await using peer = await openSocket({ role, handler, limits, slowConsumer: policy, closeTimeout: 60_000 });
      peer.pause();
      const { session } = peer;
      while (session.buffered < 100 * kibibyte) {
        send(session, numbered(0));
        await setImmediate();
      }
      const largest = Math.max(...frames.map((frame) => ('data' in frame ? (frame.data?.length ?? 0) : 0)));
      const outcomes = new Set<string>();
      let most = 0;
      for (let round = 0; round < 4; round++) {
        for (let i = 0; i < times; i++) {
          outcomes.add(send(session, frames));
          most = Math.max(most, session.buffered);
        }
        await setImmediate();
      }
      expect([what, most > Math.max(maxBuffered, largest + 256)]).toEqual([what, false]);
      const refused = { 'drop-newest': 'dropped', 'drop-oldest': undefined, wait: 'congested', close: 'closed' }[
        policy
      ];
      if (refused !== undefined) expect([what, outcomes.has(refused)]).toEqual([what, true]);
      expect([what, session.state]).toEqual([what, policy === 'close' ? 'closing' : 'open']);
      expect([what, session.dropped > 0]).toEqual([what, policy.startsWith('drop')]);
    }
  });
});
