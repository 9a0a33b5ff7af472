import type { SessionSettings } from 'genws';
import { describe, expect, it } from 'vitest';
import { openCompressed } from '../support/compressed-peer.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { numbersFrom } from '../support/numbered-messages.ts';
import { createRecording } from '../support/recording.ts';
import { roundTrip } from '../support/round-trip.ts';
import { openSocket } from '../support/socket-peer.ts';
import { wiredSides } from '../support/wires.ts';

const flood = (violation: object) => ({ code: 1008, exit: { type: 'error', error: 'policy', violation } });
const messageFlood = flood({ type: 'violation', code: 'messageFlood' });
const texts = (first: number, end: number): string[] => numbersFrom(first, end).map((number) => `text ${number}`);

describe.each(wiredSides)('a peer of a $role over $wire that sends more than it may', ({ role, wire }) => {
  async function open(settings: SessionSettings) {
    const clock = new ManualClock();
    const { handler, frames } = createRecording({ echoes: true });
    const peer = await openSocket({ role, wire, handler, clock, ...settings });
    /** What the handler gets when so much time has passed, and all that there is to read has been read. */
    const heardIn = async (ms: number): Promise<string[]> => {
      clock.advance(ms);
      await roundTrip();
      return frames.take(frames.length);
    };
    const say = (first: number, end: number): Promise<void> => peer.say(...numbersFrom(first, end).map(String));
    return { peer, heardIn, say, frames };
  }

  it('E12: delay: a second’s worth at once, then one at a time as they become due, in order; nothing is lost', async () => {
    const { peer, heardIn, say } = await open({ limits: { maxMessageRate: 10 } });
    await using _ = peer;
    await say(0, 35);
    expect(await heardIn(0)).toEqual(texts(0, 10));
    expect(await heardIn(99)).toEqual([]);
    expect(await heardIn(1)).toEqual(texts(10, 11));
    expect(await heardIn(500)).toEqual(texts(11, 16));
    expect(await heardIn(10_000)).toEqual(texts(16, 35));
    await say(35, 60);
    expect(await heardIn(0)).toEqual(texts(35, 45));
    expect(await heardIn(1500)).toEqual(texts(45, 60));
    expect(await peer.hearAll(60)).toEqual(texts(0, 60));
    expect(peer.session.state).toBe('open');
  });

  it('E12: delay: neither silence nor a ping without an answer counts against who is not read', async () => {
    const { peer, heardIn, say } = await open({ limits: { maxMessageRate: 0.01 }, idleTimeout: 1000, heartbeat: 300 });
    await using _ = peer;
    await say(0, 2);
    expect(await heardIn(0)).toEqual(texts(0, 1));
    expect(await heardIn(99_999)).toEqual([]);
    expect(peer.session.state).toBe('open');
    expect(await heardIn(1)).toEqual(texts(1, 2));
  });

  it('E12: delay: the peer is not read meanwhile, so that its window fills', async () => {
    const { peer, heardIn, frames } = await open({
      limits: { maxMessageRate: 100, highWater: Number.POSITIVE_INFINITY },
    });
    await using _ = peer;
    const message = peer.encode({ opcode: 1, payload: 'x'.repeat(64 * 1024) });
    const written = Array.from({ length: 300 }, () => peer.connection.write(Buffer.from(message)));
    await frames.take(100);
    expect(await heardIn(0)).toEqual([]);
    expect(peer.connection.unsent).toBeGreaterThan(0);
    for (let second = 1; second <= 2; second++) {
      const soon = await heardIn(1000);
      await frames.take(100 - soon.length);
      expect(frames.length).toBe(0);
    }
    await Promise.all(written);
  });

  it('E12: drop: what is too much, exactly', async () => {
    const { peer, heardIn, say } = await open({ limits: { maxMessageRate: 10 }, overRate: 'drop' });
    await using _ = peer;
    await say(0, 35);
    expect(await heardIn(0)).toEqual(texts(0, 10));
    await say(35, 40);
    expect(await heardIn(0)).toEqual([]);
    expect(await heardIn(300)).toEqual([]);
    await say(40, 50);
    expect(await heardIn(0)).toEqual(texts(40, 43));
    await say(50, 55);
    expect(await heardIn(0)).toEqual([]);
    expect(await heardIn(10_000)).toEqual([]);
    await say(55, 70);
    expect(await heardIn(0)).toEqual(texts(55, 65));
    expect(await peer.hearAll(23)).toEqual([...texts(0, 10), ...texts(40, 43), ...texts(55, 65)]);
  });

  it('E12: close: ends with 1008 at the first that is too much; those before are answered (RFC 6455 §7.4.1)', async () => {
    const { peer, heardIn, say } = await open({ limits: { maxMessageRate: 10 }, overRate: 'close' });
    await using _ = peer;
    await say(0, 10);
    expect(await heardIn(0)).toEqual(texts(0, 10));
    expect(await heardIn(100)).toEqual([]);
    await say(10, 15);
    expect(await peer.hearAll(11)).toEqual(texts(0, 11));
    expect(await peer.ending()).toEqual(messageFlood);
    expect(await heardIn(0)).toEqual(texts(10, 11));
  });

  it('E12: fragments and control frames are no messages', async () => {
    const { peer, heardIn } = await open({ limits: { maxMessageRate: 2 }, overRate: 'close' });
    await using _ = peer;
    const fragments = [1, 0, 0, 0, 0].map((opcode) => ({ opcode, fin: false, payload: 'x' }));
    await peer.send(...fragments, { opcode: 9 }, { opcode: 9 }, { opcode: 10 }, { opcode: 0, payload: 'x' });
    expect(await heardIn(0)).toEqual(['ping ', 'ping ', 'pong ', 'text xxxxxx']);
    await peer.say('second', 'third');
    expect(await heardIn(0)).toEqual(['text second']);
    expect(await peer.hearAll(4)).toEqual(['pong', 'pong', 'text xxxxxx', 'text second']);
    expect(await peer.ending()).toEqual(messageFlood);
  });

  it('E12: bytes: a message of any size while the account is not overdrawn, then as long as it takes to pay', async () => {
    const { peer, heardIn } = await open({ limits: { maxByteRate: 1000 } });
    await using _ = peer;
    const [large, small] = ['x'.repeat(5000), 'y'];
    await peer.say(large, small, small);
    expect(await heardIn(0)).toEqual([`text ${large}`]);
    expect(await heardIn(3999)).toEqual([]);
    expect(await heardIn(1)).toEqual([`text ${small}`]);
    expect(await heardIn(1)).toEqual([`text ${small}`]);
  });

  it.each(['drop', 'close'] as const)('E12: bytes: %s', async (overRate) => {
    const { peer, heardIn } = await open({ limits: { maxByteRate: 1000 }, overRate });
    await using _ = peer;
    const message = 'x'.repeat(400);
    await peer.say(...Array<string>(5).fill(message));
    if (overRate === 'drop') expect(await heardIn(0)).toEqual(Array(3).fill(`text ${message}`));
    expect(await peer.hearAll(3)).toEqual(Array(3).fill(`text ${message}`));
    if (overRate === 'close') expect(await peer.ending()).toEqual(messageFlood);
  });

  it('E12: bytes: counts them as the handler gets them, inflated', async () => {
    const clock = new ManualClock();
    const { handler, frames } = createRecording();
    const settings = { clock, limits: { maxByteRate: 1000 }, overRate: 'close' } as const;
    await using peer = await openCompressed({ role, wire, handler, ...settings });
    await peer.say(Buffer.alloc(1001), 'once more');
    expect(await peer.ending()).toEqual(messageFlood);
    expect(frames.length).toBe(1);
  });
});
