import type * as Zlib from 'node:zlib';
import {
  binary,
  type DeflateOptions,
  type Frame,
  prepare,
  publish,
  type Session,
  send,
  text,
  type WindowBits,
} from 'genws';
import { describe, expect, it, vi } from 'vitest';
import { Decompressor } from '../support/deflate-stream.ts';
import { roles, startInMemory } from '../support/memory-session.ts';
import { RandomBytes } from '../support/random-bytes.ts';
import { plainFrame, type RawPeer } from '../support/raw-peer.ts';
import { createRecording } from '../support/recording.ts';
import { census, resetCensus } from '../support/zlib-census.ts';

vi.mock('node:zlib', async (original) => {
  const { counting } = await import('../support/zlib-census.ts');
  return counting(await original<typeof Zlib>());
});

const news = Array.from({ length: 300 }, (_, i) => `${i * i} is the news of the day ${i % 7}.`).join(' ');
const large = Buffer.from(new RandomBytes('large').take(100_000)).toString('base64');
const { handler } = createRecording();

interface Member {
  readonly session: Session<Frame>;
  readonly peer: RawPeer;
  /** The next message, inflated with the context of all before. */
  hear(): Promise<string>;
}

/** A session whose peer inflates what it hears, or has agreed on no compression. */
function join(
  role: (typeof roles)[number],
  { windowBits = 15, contextTakeover = true }: { windowBits?: WindowBits; contextTakeover?: boolean } = {},
  options: DeflateOptions | undefined = { threshold: 0 },
): Member {
  const direction = { windowBits, contextTakeover };
  const compression = { agreed: { server: direction, client: direction }, options };
  const { session, peer } = startInMemory({ role, handler, compression });
  const decompressor = new Decompressor(direction);
  return {
    session,
    peer,
    async hear() {
      const frame = await peer.frame();
      return plainFrame(frame.rsv === 4 ? { ...frame, payload: await decompressor.decompress(frame.payload) } : frame);
    },
  };
}

describe.each(roles)('a message published to the peers of many a %s', (role) => {
  const sessionsOf = (members: readonly Member[]) => members.map(({ session }) => session);
  const hearAll = (members: readonly Member[]) => Promise.all(members.map((member) => member.hear()));

  it.each([
    ['at once', news],
    ['in the thread pool', large],
  ])('is deflated once, %s, and read by all', async (_how, message) => {
    const members = Array.from({ length: 20 }, () => join(role));
    resetCensus();
    expect(publish(sessionsOf(members), text(message))).toMatchObject({ sent: 20 });
    const heard = await hearAll(members);
    expect(heard.every((each) => each === `text ${message}`)).toBe(true);
    expect(census.deflated).toBe(1);
    const frame = prepare(binary(Buffer.from(message)));
    for (const { session } of members) send(session, frame);
    expect(new Set((await hearAll(members)).map((each) => each.length)).size).toBe(1);
    expect(census.deflated).toBe(2);
  });

  it.each([
    ['at once', news],
    ['in the thread pool', large],
  ])(
    'is part of every context, deflated %s: what is said to one alone refers to it and is read',
    async (_how, message) => {
      const members = Array.from({ length: 5 }, () => join(role));
      for (const [i, { session }] of members.entries()) send(session, text(`welcome ${i} ${news.slice(0, 50 * i)}`));
      publish(sessionsOf(members), text(message));
      const secret = message.slice(-1000);
      for (const [i, { session }] of members.entries()) send(session, text(`${i} ${secret}`));
      publish(sessionsOf(members), text('over'));
      for (const [i, member] of members.entries()) {
        expect(await member.hear()).toBe(`text welcome ${i} ${news.slice(0, 50 * i)}`);
        expect((await member.hear()) === `text ${message}`).toBe(true);
        expect(await member.hear()).toBe(`text ${i} ${secret}`);
        expect(await member.hear()).toBe('text over');
        const said = member.peer.frames.at(2);
        expect(said?.rsv).toBe(4);
        expect(said?.payload.length).toBeLessThan(100); // of a thousand bytes: a reference to what all have heard
      }
    },
  );

  it('is deflated once for each set of parameters, and not at all where there is no compression', async () => {
    const groups = [
      () => join(role),
      () => join(role, { windowBits: 9 }),
      () => join(role, {}, { threshold: 0, level: 1 }),
      () => join(role, { contextTakeover: false }), // as those of the first group
      () => join(role, {}, { threshold: 1e9 }),
    ];
    const members = groups.flatMap((make) => [make(), make(), make()]);
    const { session, peer } = startInMemory({ role, handler });
    resetCensus();
    publish([...sessionsOf(members), session], text(news));
    expect(await hearAll(members)).toEqual(members.map(() => `text ${news}`));
    expect(await peer.next()).toBe(`text ${news}`);
    expect(census.deflated).toBe(3);
    expect(members.map((member) => member.peer.frames.at(0)?.rsv)).toEqual([...Array(12).fill(4), 0, 0, 0]);
    publish(sessionsOf(members), text(news));
    expect(await hearAll(members)).toEqual(members.map(() => `text ${news}`));
    expect(census.deflated).toBe(6);
  });
});
