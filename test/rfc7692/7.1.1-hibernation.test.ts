import { defineHandler, hibernate } from 'genws';
import { describe, expect, it } from 'vitest';
import { openCompressed, sides } from '../support/compressed-peer.ts';
import { Compressor } from '../support/deflate-stream.ts';
import { MemoryMeter } from '../support/memory-growth.ts';
import { roles, startInMemory } from '../support/memory-session.ts';
import { RandomBytes } from '../support/random-bytes.ts';

/** Echoes everything, and goes to sleep after `sleep`, with a reply or without. */
const sleepy = defineHandler({
  init: () => ['ok', undefined],
  handleIn(frame) {
    if (frame.type !== 'text' && frame.type !== 'binary') return ['ok', undefined];
    if (frame.data === 'sleep') return ['ok', undefined, hibernate];
    return frame.data === 'answer and sleep' ? ['reply', frame, undefined, hibernate] : ['reply', frame, undefined];
  },
});

/** Repeats itself in no place, but for a context that has it. */
const noise = Buffer.from(new RandomBytes('hibernation').take(6000));

describe.each(sides)('a $role over $scheme that hibernates', ({ role, secure }) => {
  it.each(['sleep', 'answer and sleep'])(
    'after "%s" refers to nothing it said before, and understands as ever',
    async (word) => {
      await using peer = await openCompressed({ role, secure, handler: sleepy });
      const echoed = async (): Promise<number> => {
        await peer.say(noise);
        const { payload } = await peer.connection.frame();
        expect((await peer.decompressor.decompress(payload)).equals(noise)).toBe(true);
        return payload.length;
      };
      expect(await echoed()).toBeGreaterThan(noise.length);
      expect(await echoed()).toBeLessThan(200);
      for (let night = 0; night < 3; night++) {
        await peer.say(word);
        if (word !== 'sleep') expect(await peer.hear()).toBe(`text ${word}`);
        expect(await echoed()).toBeGreaterThan(noise.length); // its context is gone
        expect(await echoed()).toBeLessThan(200); // and there is a new one
      }
    },
  );
});

describe.each(roles)('100 sessions of a %s that hibernate', (role) => {
  it('give back the contexts of what they have sent: 32 KiB each', async () => {
    const count = 100;
    const direction = { contextTakeover: true, windowBits: 15 } as const;
    const compression = {
      agreed: { server: direction, client: direction },
      options: { threshold: 0, offload: Number.POSITIVE_INFINITY },
    };
    const members = Array.from({ length: count }, () => startInMemory({ role, handler: sleepy, compression }));
    using compressor = new Compressor();
    const data = Buffer.from(new RandomBytes('32 KiB').take(32 * 1024));
    const tell = async (message: string | Buffer, answered: boolean): Promise<void> => {
      const frame = {
        opcode: typeof message === 'string' ? 1 : 2,
        rsv: 4,
        payload: await compressor.compress(message),
      };
      for (const { peer } of members) {
        peer.send(frame);
        if (answered) expect((await peer.frame()).rsv).toBe(4);
        peer.frames.fill({ opcode: 1, fin: true, rsv: 4, masked: false, payload: Buffer.alloc(0) });
      }
    };
    await tell('hello', true);
    await tell(data, true);
    const meter = await MemoryMeter.start();
    await tell('sleep', false);
    const { external } = await meter.held();
    expect(-external / count).toBeGreaterThan(31 * 1024);
    expect(-external / count).toBeLessThan(36 * 1024); // the other direction's stays: the peer may refer to it
    await tell(data, true);
    for (const { session } of members) expect(session.state).toBe('open');
  });
});
