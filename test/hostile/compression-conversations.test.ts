import { binary, send, text } from 'genws';
import { describe, expect, it } from 'vitest';
import { type CompressedPeer, openCompressed } from '../support/compressed-peer.ts';
import { roles } from '../support/memory-session.ts';
import { RandomBytes } from '../support/random-bytes.ts';
import type { RawFrame } from '../support/raw-frame.ts';
import { echo } from '../support/recording.ts';

/** Around everything that treats lengths differently, up to 128 KiB. */
const sizes = [
  0, 1, 7, 41, 64, 125, 126, 127, 1000, 1023, 1024, 4096, 8191, 8192, 16_384, 32_767, 32_768, 32_769, 65_535, 65_536,
  65_537, 100_000, 131_072,
];
const vocabulary = ['{"id":', '"user":"', 'alice', 'bob', '"},', 'grüße ', '漢字 ', '👋 ', '0.25,', '\n'];

/** Text whose words recur, in which little is lost or gained by a window, or nothing but noise. */
function messageOf(random: RandomBytes, size: number): string | Uint8Array {
  switch (random.below(4)) {
    case 0:
      return random.take(size);
    case 1:
      return new Uint8Array(size).fill(random.below(256));
    default: {
      const words = Array.from(random.take(Math.ceil(size / 4)), (byte) => vocabulary[byte % vocabulary.length]);
      return words.join('').slice(0, size);
    }
  }
}

/** Whether what was heard is what was said, and in the same form: without a diff of 128 KiB when it is not. */
const same = (message: string | Uint8Array, opcode: number, payload: Buffer): boolean =>
  opcode === (typeof message === 'string' ? 1 : 2) && payload.equals(Buffer.from(message));

/** A message as the peer sends it: compressed or not, whole or in up to five fragments, which may be empty. */
async function framesOf(
  random: RandomBytes,
  peer: CompressedPeer<unknown>,
  message: string | Uint8Array,
): Promise<RawFrame[]> {
  const compressed = random.below(5) > 0;
  const payload = compressed ? await peer.compressor.compress(message) : Buffer.from(message);
  const opcode = typeof message === 'string' ? 1 : 2;
  const cuts = Array.from({ length: random.below(5) }, () => random.below(payload.length + 1)).sort((a, b) => a - b);
  const bounds = [0, ...cuts, payload.length];
  return bounds.slice(1).flatMap((end, i): RawFrame[] => [
    {
      opcode: i === 0 ? opcode : 0,
      rsv: i === 0 && compressed ? 4 : 0,
      fin: i === bounds.length - 2,
      payload: payload.subarray(bounds[i], end),
    },
    ...(random.below(4) === 0 ? [{ opcode: 9, payload: random.take(random.below(126)) }] : []),
  ]);
}

const takeovers = [
  '',
  'server_no_context_takeover; ',
  'client_no_context_takeover; ',
  'server_no_context_takeover; client_no_context_takeover; ',
];
const windows = [
  [15, 15],
  [8, 15],
  [15, 8],
  [9, 9],
  [11, 13],
  [8, 8],
];
const sets = takeovers.flatMap((takeover) =>
  windows.map(([server, client]) => `${takeover}server_max_window_bits=${server}; client_max_window_bits=${client}`),
);

describe.each(roles)('a %s in a conversation at random', (role) => {
  it.each(sets)('D01 hears and says everything unchanged and in order, with %s', async (params) => {
    const random = new RandomBytes(`${role} ${sets.indexOf(params)}`);
    const threshold = random.below(2) * 1024;
    await using peer = await openCompressed({ role, params, handler: echo, compress: { threshold } });
    // Large ones are rare: there are 48 of these conversations, and each has every size sooner or later.
    const sizeOf = (): number => sizes[random.below(4) === 0 ? random.below(sizes.length) : random.below(12)] ?? 0;
    const said = Array.from({ length: 12 }, () => messageOf(random, sizeOf()));
    const sent = Array.from({ length: 12 }, () => messageOf(random, sizeOf()));
    const frames: RawFrame[] = [];
    for (const message of said) frames.push(...(await framesOf(random, peer, message)));
    const pings = frames.filter(({ opcode }) => opcode === 9).map(({ payload = '' }) => Buffer.from(payload));
    const speaking = peer.send(...frames);
    for (const message of sent) send(peer.session, typeof message === 'string' ? text(message) : binary(message));
    // The echoes and what is sent unasked come in two orders of their own, mixed anyhow; pongs anywhere. Two messages
    // may be alike, and then either may have come: `echoes` are the numbers of echoes that are possible by now.
    let echoes = new Set([0]);
    for (let heard = 0; heard < said.length + sent.length || pings.length > 0; ) {
      const { opcode, rsv, payload } = await peer.read();
      if (opcode === 10) {
        expect(pings.shift()?.equals(payload)).toBe(true);
        continue;
      }
      expect(rsv).toBe(payload.length < threshold ? 0 : 4);
      const is = (message: string | Uint8Array | undefined): boolean =>
        message !== undefined && same(message, opcode, payload);
      const before = [...echoes];
      echoes = new Set([
        ...before.filter((i) => is(said[i])).map((i) => i + 1),
        ...before.filter((i) => is(sent[heard - i])),
      ]);
      expect(echoes.size).toBeGreaterThan(0);
      heard++;
    }
    await speaking;
    await peer.send({ opcode: 8, payload: Uint8Array.of(3, 232) });
    expect(await peer.hear()).toBe('close 1000');
  });
});

describe.each(roles)('a %s that is sent every size', (role) => {
  it.each(['', 'server_no_context_takeover; client_no_context_takeover'])(
    'D01 echoes it, with "%s"',
    async (params) => {
      const random = new RandomBytes(`every size ${params}`);
      await using peer = await openCompressed({ role, params, handler: echo });
      for (const size of [...sizes, ...Array.from({ length: 60 }, (_, i) => i * 3)]) {
        const message = messageOf(random, size);
        await peer.say(message);
        const { opcode, payload } = await peer.read();
        expect(same(message, opcode, payload)).toBe(true);
      }
    },
  );
});
