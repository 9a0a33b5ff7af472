import { binary, send, text } from 'genws';
import { describe, expect, it } from 'vitest';
import { openCompressed, sides } from '../support/compressed-peer.ts';
import { RandomBytes } from '../support/random-bytes.ts';
import { createRecording, echo } from '../support/recording.ts';

const allWindowBits = [8, 9, 10, 11, 12, 13, 14, 15] as const;
/** Bytes of output that the peer's zlib sees beside its window. */
const slack = 64;

/** Bytes in which nothing repeats itself. */
const noise = (length: number, seed = 'noise'): Buffer => Buffer.from(new RandomBytes(seed).take(length));
/** The same bytes over and over: each repetition is a reference that goes back `period` bytes, or none at all. */
const periodic = (period: number, total: number): Buffer => Buffer.alloc(total, noise(period));

describe.each(sides)('references back between a $role over $scheme and its peer', ({ role, secure }) => {
  const other = role === 'server' ? 'client' : 'server';
  const open = (sender: 'server' | 'client', bits: number, compressAs: number = bits) => {
    const { handler } = createRecording();
    const limits = `${sender}_max_window_bits=${bits}`;
    // A client's window can be limited by the answer only if its offer has named it.
    const params = role === 'client' || sender === 'client' ? limits : `${limits}; client_max_window_bits`;
    const windowBits = sender === role ? 15 : compressAs;
    const compress = { threshold: 0, level: 9, offload: Number.POSITIVE_INFINITY };
    return openCompressed({
      role,
      secure,
      params,
      compress,
      handler: sender === role ? handler : echo,
      peer: { windowBits },
      strict: sender === role,
    });
  };

  describe.each(allWindowBits)('with a window of %i bits', (bits) => {
    const window = 2 ** bits;

    it('that limits what it sends: none goes further, within a message and across messages (RFC 7692 §7.1.2)', async () => {
      await using peer = await open(role, bits);
      expect(peer.agreed).toContain(`${role}_max_window_bits=${bits}`);
      const far = Math.min(window + slack + 1, 32_768 + slack + 1);
      const messages = [
        periodic(far, 3 * far),
        noise(window, 'filler'),
        noise(100, 'once'),
        noise(far, 'between'),
        noise(100, 'once'),
        Buffer.from('and text of many words, and words of many texts '.repeat(100)),
      ];
      for (const message of messages) {
        send(peer.session, binary(message));
        const { rsv, payload } = await peer.read(); // the peer's zlib refuses a reference beyond the window
        expect(rsv).toBe(4);
        expect(payload.equals(message)).toBe(true);
      }
    });

    it('that limits what it sends: it is made use of', async () => {
      await using peer = await open(role, bits);
      // zlib keeps 262 bytes of its window to look ahead, and its smallest one has 512.
      const near = 2 ** Math.max(bits, 9) - 262 - 10;
      send(peer.session, binary(periodic(near, 4 * near)));
      const within = await peer.connection.frame();
      expect(within.payload.length).toBeLessThan(1.6 * near + 60);
      // A short message looks back 8 KiB at most, which is as far as it is worth.
      const across = noise(Math.min(near / 2, 4000), 'across');
      send(peer.session, [binary(across), binary(across)]);
      const [first, second] = [await peer.connection.frame(), await peer.connection.frame()];
      expect(second.payload.length).toBeLessThan(first.payload.length / 2);
    });

    it('that limits what it receives: all that zlib makes of it is understood', async () => {
      await using peer = await open(other, bits);
      expect(peer.agreed).toContain(`${other}_max_window_bits=${bits}`);
      const near = 2 ** Math.max(bits, 9) - 262;
      const messages = [periodic(near, 3 * near), noise(near / 2, 'a'), noise(near / 2, 'a'), periodic(50, 1000)];
      for (const message of messages) {
        await peer.say(message);
        expect((await peer.read()).payload.equals(message)).toBe(true);
      }
    });
  });

  it.each([8, 9, 10, 11, 12, 13, 14])(
    'D05 beyond a window of %i bits that limits what it receives end in 1007 (RFC 7692 §7.2.2)',
    async (bits) => {
      await using peer = await open(other, bits, 15);
      const window = 2 ** bits;
      const once = noise(40, 'once');
      await peer.say(once, noise(window, 'between'), once);
      expect((await peer.read()).payload.equals(once)).toBe(true);
      expect((await peer.read()).payload.length).toBe(window);
      expect(await peer.ending()).toMatchObject({ code: 1007, exit: { violation: { code: 'badDeflate' } } });
    },
  );

  it('D05 as far as a window reaches are understood', async () => {
    await using peer = await open(other, 9, 15);
    const once = noise(40, 'once');
    await peer.say(once, noise(512 - 40, 'between'), once);
    for (const length of [40, 472, 40]) expect((await peer.read()).payload.length).toBe(length);
  });

  it('both windows may differ', async () => {
    const params = 'server_max_window_bits=8; client_max_window_bits=9';
    await using peer = await openCompressed({ role, secure, params, handler: echo });
    for (const period of [100, 200, 251, 300, 600]) {
      const message = periodic(period, 4 * period).toString('hex');
      await peer.say(message);
      expect(await peer.hear()).toBe(`text ${message}`);
      send(peer.session, text(message));
      expect(await peer.hear()).toBe(`text ${message}`);
    }
  });
});
