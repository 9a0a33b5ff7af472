import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binary, ping, pong, text } from './frame.ts';
import { type Encodable, encodeFrame, FrameEncoder, prepare, recycle } from './frame-encoder.ts';

const encodedBy = (encoder: FrameEncoder): Buffer => Buffer.concat(encoder.take());

/** The header of an unmasked binary message of so many bytes, up to 64 KiB (RFC 6455 §5.2). */
function headerFor(size: number): Buffer {
  return size < 126 ? Buffer.of(0x82, size) : Buffer.of(0x82, 126, size >> 8, size & 0xff);
}

/** Bytes left in the block behind the frame that the encoder writes for this. */
function roomBehind(frame: Encodable, encoder: FrameEncoder): number {
  encoder.append(frame);
  const [chunk = new Uint8Array(0)] = encoder.take();
  return chunk.buffer.byteLength - chunk.byteOffset - chunk.length;
}

/** Writes frames until the block that all encoders share has room for exactly so many bytes. */
function fillUpTo(room: number, encoder: FrameEncoder): void {
  let left = roomBehind(ping(), encoder);
  while (left < room + 4) left = roomBehind(ping(), encoder);
  while (left > room + 5000) left = roomBehind(binary(new Uint8Array(4096)), encoder);
  if ((left - room) % 2 === 1) left = roomBehind(ping('x'), encoder);
  while (left > room) left = roomBehind(ping(), encoder);
}

describe('FrameEncoder', () => {
  it('keeps frames in order, packs small ones together and passes large payloads on by reference', () => {
    const encoder = new FrameEncoder('server');
    const large = new Uint8Array(5000).fill(1);
    encoder.append(text('a'));
    encoder.append(ping());
    encoder.append(binary(large));
    encoder.append(text('b'));
    const chunks = encoder.take();
    expect(chunks.map((chunk) => chunk.length)).toEqual([3 + 2 + 4, 5000, 3]);
    expect(chunks[1]).toBe(large);
    expect(Buffer.concat(chunks).toString('hex')).toBe(`8101618900827e1388${'01'.repeat(5000)}810162`);
  });

  it('counts the bytes that wait to be taken', () => {
    const encoder = new FrameEncoder('client');
    expect(encoder.size).toBe(0);
    encoder.append(text('abc'));
    expect(encoder.size).toBe(9);
    encoder.append(binary(new Uint8Array(5000)));
    encoder.append(prepare(text('abc')));
    expect(encoder.size).toBe(9 + 5008 + 9);
    expect(encodedBy(encoder)).toHaveLength(9 + 5008 + 9);
    expect(encoder.size).toBe(0);
    expect(encoder.take()).toEqual([]);
  });

  it('keeps the output of several encoders apart, in whatever turns they write and are taken', () => {
    const encoders = Array.from({ length: 5 }, () => new FrameEncoder('server'));
    const expected = encoders.map(() => '');
    const taken = encoders.map(() => [] as Buffer[]);
    for (let round = 0; round < 2000; round++) {
      const i = (round * 7 + (round >> 3)) % encoders.length;
      const encoder = encoders[i];
      const string = `${round}`.repeat(1 + (round % 60));
      encoder?.append(round % 3 === 0 ? prepare(text(string)) : round % 3 === 1 ? text(string) : ping(`${round}`));
      expected[i] += `${round % 3 === 2 ? round : string}|`;
      if (round % 11 === 0 && encoder)
        taken[i]?.push(...encoder.take().map((chunk) => Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)));
    }
    encoders.forEach((encoder, i) => {
      const bytes = Buffer.concat([...(taken[i] ?? []), ...encoder.take()]);
      let at = 0;
      let seen = '';
      while (at < bytes.length) {
        const short = bytes[at + 1] ?? 0;
        const start = at + (short === 126 ? 4 : 2);
        at = start + (short === 126 ? bytes.readUInt16BE(at + 2) : short);
        seen += `${bytes.toString('utf8', start, at)}|`;
      }
      expect(seen).toBe(expected[i]);
    });
  });

  it('fills its block to the last byte, and starts a new one for a frame that is one byte too long', () => {
    const frames: [Encodable, string][] = [
      [ping(), '8900'],
      [text('abc'), '8103616263'],
      [binary(Uint8Array.of(1, 2, 3)), '8203010203'],
      [prepare(text('news')), '81046e657773'],
    ];
    const encoder = new FrameEncoder('server');
    for (const [frame, expected] of frames) {
      for (let room = 0; room <= 16; room++) {
        fillUpTo(room, encoder);
        encoder.append(frame);
        expect(encodedBy(encoder).toString('hex'), `${frame.type} with room for ${room} bytes`).toBe(expected);
      }
    }
  });

  it('does not change what was taken when it goes on', () => {
    const encoder = new FrameEncoder('server');
    encoder.append(text('first'));
    const [first = new Uint8Array(0)] = encoder.take();
    const before = Buffer.from(first).toString('hex');
    for (let i = 0; i < 100; i++) {
      encoder.append(prepare(binary(new Uint8Array(2000).fill(0xee))));
      encoder.take();
    }
    expect(Buffer.from(first).toString('hex')).toBe(before);
  });

  it('writes over what is given back, and nothing else, in whatever turns its neighbours write, keep and give back', () => {
    const act = fc.record({
      who: fc.nat(2),
      size: fc.oneof({ weight: 4, arbitrary: fc.nat(300) }, fc.integer({ min: 300, max: 6000 })),
      what: fc.constantFrom('write', 'write', 'prepare', 'keep', 'give back'),
    });
    let reused = 0;
    const play = (acts: readonly { who: number; size: number; what: string }[]): void => {
      const encoders = Array.from({ length: 3 }, () => ({ encoder: new FrameEncoder('server'), expected: '' }));
      const kept: { chunks: readonly Uint8Array[]; expected: string }[] = [];
      const givenBack = new Set<number>();
      for (const [turn, { who, size, what }] of acts.entries()) {
        const one = encoders[who];
        if (one === undefined) continue;
        if (what === 'write' || what === 'prepare') {
          const message = binary(new Uint8Array(size).fill(turn));
          one.encoder.append(what === 'write' ? message : prepare(message));
          one.expected += Buffer.concat([headerFor(size), message.data]).toString('hex');
          continue;
        }
        const chunks = one.encoder.take();
        if (chunks.some(({ byteOffset }) => givenBack.has(byteOffset))) reused++;
        const taken = { chunks, expected: one.expected };
        one.expected = '';
        if (what === 'keep') {
          kept.push(taken);
          continue;
        }
        expect(Buffer.concat(chunks).toString('hex')).toBe(taken.expected);
        recycle(chunks);
        for (const { byteOffset } of chunks) givenBack.add(byteOffset);
      }
      for (const { encoder, expected } of encoders) kept.push({ chunks: encoder.take(), expected });
      for (const { chunks, expected } of kept) expect(Buffer.concat(chunks).toString('hex')).toBe(expected);
    };
    fc.assert(fc.property(fc.array(act, { minLength: 50, maxLength: 200 }), play));
    expect(reused).toBeGreaterThan(100);
  });

  it('stays in the same memory while all that it writes is given back', () => {
    const encoder = new FrameEncoder('server');
    const places = new Set<string>();
    for (let i = 0; i < 1000; i++) {
      encoder.append(binary(new Uint8Array(1000)));
      encoder.append(binary(new Uint8Array(5000))); // goes out by reference
      encoder.append(text(`${i}`.padStart(4)));
      const chunks = encoder.take();
      places.add(`${chunks.at(0)?.byteOffset}, ${chunks.at(-1)?.byteOffset}`);
      recycle(chunks);
    }
    expect(places.size).toBeLessThanOrEqual(2); // the first turn may have found the end of a block
  });

  it('holds no memory for a connection that has not sent anything', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage: () => void = runInNewContext('gc');
    const blocks: WeakRef<ArrayBufferLike>[] = [];
    const speaker = new FrameEncoder('server');
    const silent = Array.from({ length: 100 }, () => {
      for (let i = 0; i < 16; i++) speaker.append(binary(new Uint8Array(4096)));
      for (const chunk of speaker.take()) blocks.push(new WeakRef(chunk.buffer));
      return new FrameEncoder('server');
    });
    await turn(); // within one turn weak references are strong
    collectGarbage();
    expect(blocks.filter((block) => block.deref() !== undefined).length).toBeLessThan(10);
    expect(silent.every((encoder) => encoder.size === 0)).toBe(true);
  });

  it.each([
    ['ping of 126 characters', ping('x'.repeat(126))],
    ['pong of 126 bytes', pong(new Uint8Array(126))],
    ['ping of 63 characters of two bytes', ping('é'.repeat(63))],
  ])('throws a RangeError for a %s, and sends nothing (RFC 6455 §5.5)', (_, frame) => {
    const encoder = new FrameEncoder('server');
    expect(() => encoder.append(frame)).toThrow(RangeError);
    expect(() => encoder.append(frame)).toThrow('at most 125 bytes');
    expect(encoder.size).toBe(0);
    encoder.append(ping('x'.repeat(125)));
    expect(encoder.size).toBe(127);
  });
});

describe('prepare', () => {
  it.each([3, 1000, 5000])('encodes %d bytes once, the same for every session of a server', (size) => {
    const message = text('x'.repeat(size));
    const prepared = prepare(message);
    expect(prepared.type).toBe('text');
    expect(prepared.data).toBe(message.data);
    const rounds = 200;
    const encoders = Array.from({ length: 3 }, () => new FrameEncoder('server'));
    for (let i = 0; i < rounds; i++) for (const encoder of encoders) encoder.append(prepared);
    for (const encoder of encoders) {
      expect(encoder.size).toBe(rounds * prepared.wire.length);
      expect(encodedBy(encoder).equals(Buffer.concat(Array(rounds).fill(prepared.wire)))).toBe(true);
    }
  });

  it('keeps what it encoded when the bytes of a binary message are used again', () => {
    const data = new Uint8Array(5000).fill(1);
    const prepared = prepare(binary(data));
    data.fill(2);
    expect(Buffer.from(encodeFrame(prepared, 'server')).toString('hex')).toBe(`827e1388${'01'.repeat(5000)}`);
  });
});
