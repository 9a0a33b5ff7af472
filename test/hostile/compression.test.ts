import { deflateRawSync, constants as zlib } from 'node:zlib';
import type { DeflateOptions } from 'genws';
import { describe, expect, it } from 'vitest';
import { openCompressed, sides } from '../support/compressed-peer.ts';
import { peakDuring } from '../support/memory-growth.ts';
import { RandomBytes } from '../support/random-bytes.ts';
import { hex } from '../support/raw-frame.ts';
import { createRecording } from '../support/recording.ts';

const kibibyte = 1024;
const mebibyte = kibibyte * kibibyte;
const hello = hex('f2 48 cd c9 c9 07 00');
const message = (data: Uint8Array | string, dictionary?: Buffer): Buffer =>
  deflateRawSync(data, {
    finishFlush: zlib.Z_SYNC_FLUSH,
    ...(dictionary === undefined ? {} : { dictionary }),
  }).subarray(0, -4);

/** 1 GiB of zeros: 1 MiB of them compressed, over and over. */
const block = deflateRawSync(Buffer.alloc(mebibyte), { finishFlush: zlib.Z_SYNC_FLUSH });
const bomb = Buffer.alloc(1024 * block.length - 4, block);

/** Most memory that this process has ever had, bytes: also what was held for a moment, within a call. */
const mostResident = (): number => process.resourceUsage().maxRSS * kibibyte;

/** Where (de)compression happens. */
const ways: readonly [how: string, compress: DeflateOptions][] = [
  ['on the thread', { offload: Number.POSITIVE_INFINITY }],
  ['in the thread pool', { offload: 0 }],
];

describe.each(sides)('a $role over $scheme that inflates what its peer sends', ({ role, secure }) => {
  const open = async (compress: DeflateOptions, maxMessage = 64 * mebibyte) => {
    const recording = createRecording();
    const peer = await openCompressed({ role, secure, compress, limits: { maxMessage }, handler: recording.handler });
    return { ...recording, peer };
  };

  describe.each(ways)('%s', (_how, compress) => {
    it('D02 spends maxMessage on 1 MiB that inflates to 1 GiB, and answers with 1009 (RFC 6455 §10.4)', async () => {
      expect(bomb.length).toBeLessThan(1.1 * mebibyte);
      const maxMessage = 8 * mebibyte;
      const { peer, frames } = await open(compress, maxMessage);
      await using _ = peer;
      const frame = peer.encode({ opcode: 1, rsv: 4, payload: bomb });
      const before = mostResident();
      const { external } = await peakDuring(async () => {
        await peer.connection.write(frame);
        const violation = { type: 'violation', code: 'messageTooBig', detail: `> ${maxMessage}` };
        expect(await peer.ending()).toEqual({ code: 1009, exit: { type: 'error', error: 'tooBig', violation } });
      });
      expect(external).toBeLessThan(maxMessage + 5 * bomb.length);
      expect(mostResident() - before).toBeLessThan(maxMessage + 40 * mebibyte);
      expect(frames.length).toBe(0);
    });

    it('D02 refuses the bomb in fragments too', async () => {
      const { peer, frames } = await open(compress, mebibyte + 1);
      await using _ = peer;
      const [first, last] = [bomb.subarray(0, 2000), bomb.subarray(2000, 4000)];
      await peer.send({ opcode: 2, rsv: 4, fin: false, payload: first }, { opcode: 0, payload: last });
      expect((await peer.ending()).code).toBe(1009);
      expect(frames.length).toBe(0);
    });

    it('D03 refuses what exceeds maxRatio below maxMessage with 1009', async () => {
      const { peer, frames } = await open({ ...compress, maxRatio: 25 });
      await using _ = peer;
      const quarters = ['north', 'south', 'east', 'west'];
      const words = Array.from(new RandomBytes('fair').take(40_000), (byte) => quarters[byte % 4]).join(' ');
      const fair = message(words);
      expect(words.length / fair.length).toBeGreaterThan(5);
      expect(words.length / fair.length).toBeLessThan(25);
      await peer.sendCompressed(message(Buffer.alloc(64 * kibibyte))); // as much may be as it likes
      await peer.sendCompressed(fair);
      expect([(await frames.next()).length, await frames.next()]).toEqual([5 + 64 * kibibyte, `text ${words}`]);
      await peer.sendCompressed(message(Buffer.alloc(64 * kibibyte + 1)));
      const violation = { type: 'violation', code: 'inflateRatio', detail: '> 25:1' };
      expect(await peer.ending()).toEqual({ code: 1009, exit: { type: 'error', error: 'tooBig', violation } });
      expect(frames.length).toBe(0);
    });

    const dictionary = Buffer.from('a dictionary that was never agreed on, full of words');
    const bad: readonly [what: string, payload: Buffer][] = [
      ['D04 a block of the reserved kind', hex('06')],
      ['D04 a final block of the reserved kind', hex('07')],
      ['D04 bytes that are no DEFLATE', hex('ff fe fd fc fb fa')],
      ['D04 a stored block whose length does not match its complement', hex('00 05 00 fa fe 48 65 6c 6c 6f 00')],
      ['D04 a stored block cut short', hex('00 05 00 fa ff 48 65')],
      ['D04 a block cut short', hello.subarray(0, 4)],
      ['D04 a long message cut short', message('words and more words, and words again '.repeat(50)).subarray(0, 30)],
      ['D04 bytes after the last block', Buffer.concat([hello, hex('de ad be ef')])],
      ['D04 a message with the tail that belongs off', Buffer.concat([hello.subarray(0, -1), hex('00 00 00 ff ff')])],
      ['D04 data after a final block', hex('f3 48 cd c9 c9 07 00 de ad be ef')],
      ['D04 text after a final block', Buffer.concat([hex('f3 48 cd c9 c9 07 00'), Buffer.from('more text')])],
      ['D04 thousands of final blocks', Buffer.alloc(4000, hex('03 00'))],
      ['D05 a reference to what was never sent', hex('f2 00 11 00 00')],
      ['D05 a preset dictionary', message('full of words: a dictionary that was agreed on', dictionary)],
      ['D05 a stream with the header of zlib', hex('78 9c f2 48 cd c9 c9 07 00')],
      ['D05 a stream with the header of zlib and a dictionary', hex('78 bb 05 8c 01 f5 f2 48 cd c9 c9 07 00')],
      ['D05 a stream with the header of gzip', hex('1f 8b 08 00 00 00 00 00 00 03 f2 48 cd c9 c9 07 00')],
    ];

    it.each(bad)('%s ends in 1007 (RFC 7692 §7.2.2)', async (_what, payload) => {
      const exit = { type: 'error', error: 'badEncoding', violation: { type: 'violation', code: 'badDeflate' } };
      const half = Math.floor(payload.length / 2);
      const sendings = [
        [{ opcode: 2, rsv: 4, payload }],
        [
          { opcode: 2, rsv: 4, fin: false, payload: payload.subarray(0, half) },
          { opcode: 0, payload: payload.subarray(half) },
        ],
      ];
      for (const sending of sendings) {
        const { peer, frames } = await open(compress);
        await using _ = peer;
        await peer.send(...sending, { opcode: 1, payload: 'never heard' });
        expect(await peer.ending()).toEqual({ code: 1007, exit });
        expect(frames.length).toBe(0);
      }
    });
  });
});
