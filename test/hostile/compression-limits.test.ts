import { setImmediate } from 'node:timers/promises';
import { type SessionLimits, setOptions, text } from 'genws';
import { describe, expect, it } from 'vitest';
import { openCompressed } from '../support/compressed-peer.ts';
import { Compressor } from '../support/deflate-stream.ts';
import { quiet, roles, startInMemory } from '../support/memory-session.ts';
import type { RawFrame } from '../support/raw-frame.ts';
import { createRecording, echo } from '../support/recording.ts';
import { wiredSides } from '../support/wires.ts';

const zeros = (length: number): Buffer => Buffer.alloc(length);

/** A compressed message whose pieces end with a flush each, as frames or as one. */
async function flushed(compressor: Compressor, sizes: readonly number[]): Promise<Buffer[]> {
  const pieces: Buffer[] = [];
  for (const size of sizes) pieces.push(await compressor.flush(zeros(size)));
  return pieces.map((piece, i) => (i === pieces.length - 1 ? piece.subarray(0, -4) : piece));
}

const inFragments = (pieces: readonly Buffer[], last = true): RawFrame[] =>
  pieces.map((payload, i) => ({
    opcode: i === 0 ? 2 : 0,
    rsv: i === 0 ? 4 : 0,
    fin: last && i === pieces.length - 1,
    payload,
  }));

describe.each(wiredSides)('limits of a $role over $wire that inflates', ({ role, wire }) => {
  const open = async (limits: Partial<SessionLimits>, params = '') => {
    const recording = createRecording({ echoes: true });
    const peer = await openCompressed({ role, wire, params, limits, handler: recording.handler });
    return { ...recording, peer };
  };
  const tooBig = { code: 1009, exit: { type: 'error', error: 'tooBig' } };

  it('D02: a limit of 8 bytes refuses 100 that are fewer than 8 on the wire, with 1009', async () => {
    const { peer, frames } = await open({ maxFrame: 8, maxMessage: 8 });
    await using _ = peer;
    const payload = await peer.compressor.compress(zeros(100));
    expect(payload.length).toBeLessThan(8);
    await peer.sendCompressed(payload, 2);
    const violation = { type: 'violation', code: 'messageTooBig', detail: '> 8' };
    expect(await peer.ending()).toEqual({ code: 1009, exit: { ...tooBig.exit, violation } });
    expect(frames.length).toBe(0);
  });

  it('D02: a limit of 100 refuses 3 × 50 in fragments with the last, and nothing before (RFC 6455 §10.4)', async () => {
    const { peer, frames } = await open({ maxMessage: 100 });
    await using _ = peer;
    const [first, second, third] = inFragments(await flushed(peer.compressor, [50, 50, 50]));
    if (first === undefined || second === undefined || third === undefined) throw new Error('three fragments');
    for (const frame of [first, second]) {
      await peer.send(frame, { opcode: 9, payload: 'open?' });
      expect(await peer.hear()).toBe('pong open?');
      expect(await frames.next()).toMatch(/^ping/);
    }
    await peer.send(third);
    expect(await peer.ending()).toMatchObject(tooBig);
    expect(frames.length).toBe(0);
  });

  it('takes 2 × 50 in fragments, and 3 × 50 in three messages', async () => {
    const { peer } = await open({ maxMessage: 100 });
    await using _ = peer;
    await peer.send(...inFragments(await flushed(peer.compressor, [50, 50])));
    await peer.say(zeros(50), zeros(50), zeros(50));
    expect((await peer.hearAll(4)).map((heard) => heard.length)).toEqual([207, 107, 107, 107]);
  });

  const maxFrame = 8;
  const x = (length: number): string => 'x'.repeat(length);
  const frameLimits: readonly { what: string; legal: readonly RawFrame[]; over: readonly RawFrame[] }[] = [
    { what: 'a frame', legal: [{ opcode: 1, payload: x(8) }], over: [{ opcode: 1, payload: x(9) }] },
    {
      what: 'the first of several',
      legal: [
        { opcode: 1, fin: false, payload: x(8) },
        { opcode: 0, payload: '' },
      ],
      over: [{ opcode: 1, fin: false, payload: x(9) }],
    },
    {
      what: 'one in the middle',
      legal: [
        { opcode: 1, fin: false, payload: x(1) },
        { opcode: 0, fin: false, payload: x(8) },
        { opcode: 0, payload: '' },
      ],
      over: [
        { opcode: 1, fin: false, payload: x(1) },
        { opcode: 0, fin: false, payload: x(9) },
      ],
    },
    {
      what: 'the last one',
      legal: [
        { opcode: 1, fin: false, payload: x(1) },
        { opcode: 0, payload: x(8) },
      ],
      over: [
        { opcode: 1, fin: false, payload: x(1) },
        { opcode: 0, payload: x(9) },
      ],
    },
  ];

  it.each(frameLimits)('maxFrame holds for $what as it stands on the wire', async ({ legal, over }) => {
    for (const rsv of [0, 4]) {
      const { peer, frames } = await open({ maxFrame });
      await using _ = peer;
      if (rsv === 0) {
        await peer.send(...legal);
        expect(await peer.hear()).toMatch(/^text x+$/);
        expect(await frames.next()).toMatch(/^text x+$/);
      }
      await peer.send(...over.map((frame, i) => (i === 0 ? { ...frame, rsv } : frame)));
      expect(await peer.ending()).toMatchObject({ ...tooBig, exit: { violation: { code: 'frameTooBig' } } });
      expect(frames.length).toBe(0);
    }
  });

  it.each([
    ['in one frame', [101]],
    ['that the last fragment makes too long', [100, 1]],
    ['that a fragment in the middle makes too long', [60, 41, 0]],
    ['that the first fragment makes too long', [101, 0]],
  ])('maxMessage holds for inflated data %s, exact to the byte', async (_what, sizes) => {
    for (const excess of [0, 1]) {
      const { peer, frames } = await open({ maxMessage: 101 - excess });
      await using _ = peer;
      await peer.send(...inFragments(await flushed(peer.compressor, sizes)));
      if (excess === 0) expect((await peer.read()).payload.length).toBe(101);
      else expect(await peer.ending()).toMatchObject(tooBig);
      expect(frames.length).toBe(1 - excess);
    }
  });

  it('maxMessage holds for what is compressed too, before it is inflated, in one frame and in several', async () => {
    for (const sizes of [[101], [60, 41]]) {
      const { peer } = await open({ maxMessage: 100 });
      await using _ = peer;
      const pieces = sizes.map((size) => Buffer.alloc(size, 1)); // nothing that would inflate
      await peer.send(...inFragments(pieces, false));
      expect(await peer.ending()).toMatchObject({ ...tooBig, exit: { violation: { code: 'messageTooBig' } } });
    }
  });

  it('C23: a compressed message without end, of empty fragments, ends in 1008', async () => {
    const { peer, frames } = await open({});
    await using _ = peer;
    const beginning = { opcode: 1, rsv: 4, fin: false, payload: await peer.compressor.flush('Hello') };
    const empty = peer.encode({ opcode: 0, fin: false });
    await peer.connection.write(
      Buffer.concat([peer.encode(beginning), Buffer.alloc(128 * 1024 * empty.length, empty)]),
    );
    const violation = expect.objectContaining({ code: 'tooManyFragments' });
    expect(await peer.ending()).toEqual({ code: 1008, exit: { type: 'error', error: 'policy', violation } });
    expect(frames.length).toBe(0);
  });

  it('C23: as many fragments as the limit has are a message', async () => {
    const { peer } = await open({ maxFragments: 1000 });
    await using _ = peer;
    const pieces = [await peer.compressor.compress('Hello'), ...Array.from({ length: 999 }, () => zeros(0))];
    await peer.send(...inFragments(pieces));
    expect((await peer.read()).payload.toString()).toBe('Hello');
    await peer.send(...inFragments([...pieces, zeros(0)]));
    expect((await peer.ending()).code).toBe(1008);
  });

  it('a limit that is lowered holds for the next message, and not for the one that lowered it', async () => {
    const limits = { maxMessage: 100 };
    const handler = {
      ...echo,
      handleIn: (): ['reply', [ReturnType<typeof setOptions>, ReturnType<typeof text>], undefined] => [
        'reply',
        [setOptions({ limits }), text('lowered')],
        undefined,
      ],
    };
    await using peer = await openCompressed({ role, wire, handler });
    await peer.say(zeros(1000));
    expect(await peer.hear()).toBe('text lowered');
    await peer.say(zeros(100), zeros(101));
    expect(await peer.hear()).toBe('text lowered');
    expect(await peer.ending()).toMatchObject(tooBig);
  });
});

describe.each(roles)('a %s that gets a frame in three chunks, each with 50 bytes when inflated', (role) => {
  it('D02: under a limit of 100 it is open after two and answers the third with 1009', async () => {
    const direction = { contextTakeover: true, windowBits: 15 } as const;
    const { handler, frames } = createRecording();
    const { peer, session } = startInMemory({
      role,
      handler,
      limits: { maxMessage: 100 },
      compression: { agreed: { server: direction, client: direction } },
    });
    using compressor = new Compressor();
    const pieces = await flushed(compressor, [50, 50, 50]);
    const frame = peer.encode({ opcode: 2, rsv: 4, payload: Buffer.concat(pieces) });
    let at = frame.length - pieces.reduce((total, { length }) => total + length, 0);
    const cuts = pieces.map((piece) => {
      at += piece.length;
      return at;
    });
    for (const [i, cut] of cuts.entries()) {
      expect([session.state, peer.seen]).toEqual(['open', []]);
      peer.write(frame.subarray(i === 0 ? 0 : cuts[i - 1], cut));
      await quiet();
      await setImmediate();
    }
    expect(await peer.next()).toMatch(/^close 1009/);
    expect(frames.length).toBe(0);
    peer.end();
    expect(await session.exited()).toMatchObject({ type: 'error', error: 'tooBig' });
  });
});
