import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openCompressed, sides } from '../support/compressed-peer.ts';
import { Compressor } from '../support/deflate-stream.ts';
import { quiet, roles, startInMemory } from '../support/memory-session.ts';
import { hex, inPieces, type RawFrame } from '../support/raw-frame.ts';
import { plainFrame } from '../support/raw-peer.ts';
import { createRecording, echo } from '../support/recording.ts';

const hello = hex('f2 48 cd c9 c9 07 00');
const text = 'κόσμε, für 100 € – 漢字 👋';
const euro = Buffer.from('€');

describe.each(sides)('compressed text at a $role over $scheme', ({ role, secure }) => {
  const open = async (validateUtf8 = true) => {
    const recording = createRecording({ echoes: true });
    const peer = await openCompressed({ role, secure, validateUtf8, handler: recording.handler });
    return { ...recording, peer };
  };

  it('may come byte by byte', async () => {
    const { peer } = await open();
    await using _ = peer;
    for (const message of ['Hello', text]) {
      const frame = peer.encode({ opcode: 1, rsv: 4, payload: await peer.compressor.compress(message) });
      for (const byte of frame) {
        await peer.connection.write(Uint8Array.of(byte));
        await setImmediate();
      }
      expect(await peer.hear()).toBe(`text ${message}`);
    }
  });

  it('may come in fragments of 4 and 3 bytes (RFC 7692 §7.2.3.1)', async () => {
    const { peer } = await open();
    await using _ = peer;
    const beginning: RawFrame = { opcode: 1, rsv: 4, fin: false, payload: hello.subarray(0, 4) };
    await peer.send(beginning, { opcode: 0, payload: hello.subarray(4) });
    expect(await peer.hear()).toBe('text Hello');
  });

  it('may be cut inside its characters, in data and in frames (RFC 6455 §8.1)', async () => {
    const { peer } = await open();
    await using _ = peer;
    const bytes = Buffer.from(text);
    for (let cut = 1; cut < bytes.length; cut++) {
      const head = await peer.compressor.flush(bytes.subarray(0, cut));
      const rest = await peer.compressor.compress(bytes.subarray(cut));
      await peer.send({ opcode: 1, rsv: 4, fin: false, payload: head }, { opcode: 0, payload: rest });
      expect(await peer.hear()).toBe(`text ${text}`);
    }
  });

  const bad: readonly { what: string; pieces: readonly Buffer[] }[] = [
    { what: 'a wrong continuation byte', pieces: [Buffer.from('c328', 'hex')] },
    { what: 'one that comes late', pieces: [Buffer.concat([Buffer.from('x'.repeat(5000)), Buffer.of(0xff)])] },
    { what: 'a character cut short by the end', pieces: [euro.subarray(0, 2)] },
    { what: 'a surrogate', pieces: [Buffer.from('eda080', 'hex')] },
    { what: 'a fragment that does not continue the character', pieces: [euro.subarray(0, 2), Buffer.from('x')] },
    { what: 'a character cut short by the end of the fragments', pieces: [Buffer.from('x'), euro.subarray(0, 1)] },
  ];

  it.each(bad)('that is not UTF-8 for $what ends in 1007 (RFC 6455 §8.1)', async ({ pieces }) => {
    const { peer, frames } = await open();
    await using _ = peer;
    const compressed: RawFrame[] = [];
    for (const [i, piece] of pieces.entries()) {
      const last = i === pieces.length - 1;
      const payload = last ? await peer.compressor.compress(piece) : await peer.compressor.flush(piece);
      compressed.push({ opcode: i === 0 ? 1 : 0, rsv: i === 0 ? 4 : 0, fin: last, payload });
    }
    await peer.send(...compressed);
    const violation = { type: 'violation', code: 'invalidUtf8' };
    expect(await peer.ending()).toEqual({ code: 1007, exit: { type: 'error', error: 'badEncoding', violation } });
    expect(frames.length).toBe(0);
  });

  it('is not checked where that is turned off, and binary never is', async () => {
    const payload = await new Compressor().compress(Buffer.from('c328', 'hex'));
    const unchecked = await open(false);
    await using _ = unchecked.peer;
    await unchecked.peer.sendCompressed(payload);
    expect((await unchecked.peer.read()).payload.toString('hex')).toBe('c328');
    const checked = await open();
    await using __ = checked.peer;
    await checked.peer.sendCompressed(payload, 2);
    expect(await checked.peer.hear()).toBe('binary c328');
  });

  // What a message has left unfinished must not be held against the close frame, whose reason is text of its own.
  describe.each([
    ['compressed', 4],
    ['uncompressed', 0],
  ])('cut inside a character, %s', (_how, rsv) => {
    it.each([
      ['a bare close frame', '', { type: 'remote' }],
      ['a close frame 1000', '03e8', { type: 'remote', code: 1000, reason: '' }],
      ['a close frame with a reason', '0bb8e282ac', { type: 'remote', code: 3000, reason: '€' }],
    ])('and then %s is answered, not refused', async (_what, close, exit) => {
      const { peer } = await open();
      await using _ = peer;
      const payload = rsv === 4 ? await peer.compressor.flush(euro.subarray(0, 2)) : euro.subarray(0, 2);
      await peer.send({ opcode: 1, rsv, fin: false, payload }, { opcode: 8, payload: hex(close) });
      expect(await peer.hear()).toBe(`close ${'code' in exit ? exit.code : ''}`.trimEnd());
      peer.connection.end();
      expect(await peer.session.exited()).toEqual(exit);
    });

    it('and then a close reason that would complete it is refused with 1007 (RFC 6455 §8.1)', async () => {
      const { peer } = await open();
      await using _ = peer;
      const payload = rsv === 4 ? await peer.compressor.flush(euro.subarray(0, 2)) : euro.subarray(0, 2);
      await peer.send({ opcode: 1, rsv, fin: false, payload }, { opcode: 8, payload: hex('03e8ac') });
      expect((await peer.ending()).code).toBe(1007);
    });
  });
});

describe.each(roles)('a %s whose transport delivers byte by byte', (role) => {
  it('is given the message with its last byte, and nothing before', async () => {
    const direction = { contextTakeover: true, windowBits: 15 } as const;
    const compression = { agreed: { server: direction, client: direction }, options: { threshold: 1e6 } };
    const { peer, session } = startInMemory({ role, handler: echo, compression });
    using compressor = new Compressor();
    for (const [turn, message] of ['Hello', text, 'Hello', text].entries()) {
      const frame = peer.encode({ opcode: 1, rsv: 4, payload: await compressor.compress(message) });
      for (const byte of inPieces(frame, 1)) {
        expect(peer.frames.length).toBe(turn);
        peer.write(byte);
        await quiet();
      }
      expect(peer.frames.slice(turn).map(plainFrame)).toEqual([`text ${message}`]);
    }
    expect(session.state).toBe('open');
  });
});
