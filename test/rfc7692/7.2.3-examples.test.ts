import { deflateRawSync, constants as zlib } from 'node:zlib';
import { binary, type DeflateOptions, type DeflateStrategy, send, text } from 'genws';
import { describe, expect, it } from 'vitest';
import { openCompressed, sides } from '../support/compressed-peer.ts';
import { hex } from '../support/raw-frame.ts';
import { echo } from '../support/recording.ts';

const hello = 'f2 48 cd c9 c9 07 00';
const stored = '00 05 00 fa ff 48 65 6c 6c 6f 00';
const again = hex('f2 00 11 00 00');

describe.each(sides)('the examples of RFC 7692 §7.2.3 at a $role over $scheme', ({ role, secure }) => {
  const open = (compress: DeflateOptions = {}) =>
    openCompressed({ role, secure, compress: { threshold: 0, ...compress }, handler: echo });

  /** Frames of the RFC, as a server sends them. */
  const examples: readonly (readonly [what: string, ...frames: string[]])[] = [
    ['one frame (§7.2.3.1)', `c1 07 ${hello}`],
    ['two fragments (§7.2.3.1)', '41 03 f2 48 cd', '80 04 c9 c9 07 00'],
    ['no compression (§7.2.3.3)', `c1 0b ${stored}`],
    ['a final block (§7.2.3.4)', 'c1 08 f3 48 cd c9 c9 07 00 00'],
    ['a final block without the empty one after it (§7.2.3.4)', 'c1 07 f3 48 cd c9 c9 07 00'],
    ['two blocks (§7.2.3.5)', 'c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00'],
    [
      'two blocks in fragments, cut inside the tail between them',
      '41 05 f2 48 05 00 00',
      '00 01 00',
      '80 07 ff ff ca c9 c9 07 00',
    ],
  ];

  it.each(examples)('reads "Hello" in %s, and then a reference to it (§7.2.3.2)', async (_what, ...frames) => {
    await using peer = await open();
    for (const frame of frames) {
      const [first = 0, , ...payload] = hex(frame);
      const [fin, rsv, opcode] = [first >= 0x80, (first >> 4) & 7, first & 15];
      await peer.send({ fin, rsv, opcode, payload: Uint8Array.from(payload) });
    }
    expect(await peer.hear()).toBe('text Hello');
    await peer.sendCompressed(again);
    expect(await peer.hear()).toBe('text Hello');
  });

  it.each([
    ['00, as §7.2.3.6 has it', '00'],
    ['an empty stored block', '00 00 00 ff ff 00'],
    ['02 00, an empty block of fixed codes', '02 00'],
    ['03 00 00, a final block', '03 00 00'],
    ['no byte at all, as a flush after a flush gives', ''],
  ])('D12 reads an empty message in %s', async (_what, payload) => {
    await using peer = await open();
    await peer.sendCompressed(hex(hello));
    await peer.sendCompressed(hex(payload));
    await peer.sendCompressed(hex(payload), 2);
    await peer.sendCompressed(again);
    expect(await peer.hearAll(4)).toEqual(['text Hello', 'text', 'binary', 'text Hello']);
  });

  it('D12 sends an empty message as 00 (§7.2.3.6)', async () => {
    await using peer = await open();
    send(peer.session, [text(''), text('Hello'), binary(new Uint8Array(0)), text('')]);
    for (const payload of ['00', hello, '00', '00']) {
      expect(await peer.connection.frame()).toMatchObject({ fin: true, rsv: 4, payload: hex(payload) });
    }
  });

  it('D12 reads and sends every message of one byte', async () => {
    await using peer = await open();
    const bytes = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
    await peer.say(...bytes);
    for (const byte of bytes) expect(await peer.read()).toMatchObject({ rsv: 4, payload: Buffer.from(byte) });
  });

  it('D12 refuses a message that still has the tail of its flush with 1007 (§7.2.1)', async () => {
    await using peer = await open();
    await peer.sendCompressed(hex(`${hello} 00 ff ff`.replace('07 00 00', '07 00 00 00')));
    const { code, exit } = await peer.ending();
    expect([code, exit]).toMatchObject([1007, { type: 'error', violation: { code: 'badDeflate' } }]);
  });

  const levels = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((level): DeflateOptions => ({ level }));
  const memLevels = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((memLevel): DeflateOptions => ({ memLevel }));
  const strategies = (['default', 'filtered', 'huffmanOnly', 'rle', 'fixed'] as const satisfies DeflateStrategy[]).map(
    (strategy): DeflateOptions => ({ strategy }),
  );

  it.each([...levels, ...memLevels, ...strategies])('sends "Hello" as §7.2.3.1 has it under %o', async (compress) => {
    await using peer = await open(compress);
    send(peer.session, text('Hello'));
    expect((await peer.connection.frame()).payload).toEqual(hex(hello));
    await peer.sendCompressed(hex(hello));
    expect((await peer.connection.frame()).rsv).toBe(4);
  });

  it('sends "Hello" as §7.2.3.3 has it under level 0', async () => {
    await using peer = await open({ level: 0 });
    send(peer.session, text('Hello'));
    expect((await peer.connection.frame()).payload).toEqual(hex(stored));
  });

  it('spends what zlib calls its default, unless told otherwise: not the last percent at any price', async () => {
    const message = Array.from({ length: 8000 }, (_, i) => ((i * i * 7919) % 613) % 3).join('');
    const flushed = (level: number): Buffer =>
      deflateRawSync(message, { level, flush: zlib.Z_SYNC_FLUSH, finishFlush: zlib.Z_SYNC_FLUSH }).subarray(0, -4);
    expect(flushed(6).equals(flushed(9))).toBe(false);
    await using peer = await openCompressed({ role, secure, compress: {}, handler: echo });
    send(peer.session, text(message));
    expect((await peer.connection.frame()).payload.equals(flushed(6))).toBe(true);
  });

  it('sends as it is what is below the threshold in bytes, 1024 unless told otherwise', async () => {
    const forms = async (compress: DeflateOptions, length: number): Promise<number[]> => {
      await using peer = await openCompressed({ role, secure, compress, handler: echo });
      const message = 'ä'.repeat(length / 2);
      send(peer.session, [text(message.slice(1)), text(message), binary(Buffer.alloc(length - 1))]);
      const rsv: number[] = [];
      while (rsv.length < 3) rsv.push((await peer.read()).rsv);
      return rsv;
    };
    expect(await forms({}, 1024)).toEqual([0, 4, 0]);
    expect(await forms({ threshold: 10 }, 10)).toEqual([0, 4, 0]);
    expect(await forms({ threshold: Number.POSITIVE_INFINITY }, 100_000)).toEqual([0, 0, 0]);
    expect(await forms({ threshold: 0 }, 2)).toEqual([4, 4, 4]);
  });
});
