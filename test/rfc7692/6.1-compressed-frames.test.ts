import { ping, pong, send, text } from 'genws';
import { describe, expect, it } from 'vitest';
import { openCompressed, sides } from '../support/compressed-peer.ts';
import { tail } from '../support/deflate-stream.ts';
import type { RawFrame } from '../support/raw-frame.ts';
import { hex } from '../support/raw-frame.ts';
import { createRecording } from '../support/recording.ts';

const hello = hex('f2 48 cd c9 c9 07 00');
const again = hex('f2 00 11 00 00');
const statusNormal = hex('03 e8');
const message = 'Hello, compressed world, hello again, compressed world';

describe.each(sides)('a $role over $scheme that has agreed on permessage-deflate', ({ role, secure }) => {
  const open = async (params = '') => {
    const recording = createRecording({ echoes: true });
    const peer = await openCompressed({ role, secure, params, handler: recording.handler });
    return { ...recording, peer };
  };

  it('takes RSV1 on the first fragment as the mark of the whole message (RFC 7692 §6.1)', async () => {
    await using peer = (await open()).peer;
    for (const cuts of [[3], [1, 2], [0, 7], [1, 2, 3, 4, 5, 6]]) {
      const payload = await peer.compressor.compress(message);
      const bounds = [0, ...cuts, payload.length];
      const frames = bounds.slice(1).map(
        (end, i): RawFrame => ({
          opcode: i === 0 ? 1 : 0,
          rsv: i === 0 ? 4 : 0,
          fin: end === payload.length,
          payload: payload.subarray(bounds[i], end),
        }),
      );
      await peer.send(...frames);
      expect(await peer.hear()).toBe(`text ${message}`);
    }
  });

  it('D12 takes fragments with a flush of their own each, and an empty one at the end (RFC 7692 §6.1)', async () => {
    await using peer = (await open()).peer;
    const pieces = [await peer.compressor.flush('Hello, '), await peer.compressor.flush('compressed ')];
    const [first, second] = pieces;
    const last = await peer.compressor.flush('world');
    await peer.send(
      { opcode: 1, rsv: 4, fin: false, payload: first ?? '' },
      { opcode: 0, fin: false, payload: second ?? '' },
      { opcode: 0, fin: false, payload: last.subarray(0, -tail.length) },
      { opcode: 0 },
    );
    expect(await peer.hear()).toBe('text Hello, compressed world');
  });

  it('takes compressed and uncompressed messages in any order: the latter are no part of the context', async () => {
    await using peer = (await open()).peer;
    for (let turn = 0; turn < 4; turn++) {
      await peer.say(message);
      await peer.send(
        { opcode: 1, payload: `as it is ${turn}` },
        { opcode: 2, fin: false, payload: 'in ' },
        { opcode: 0, payload: 'pieces' },
        { opcode: 1, payload: '' },
      );
      await peer.say(Uint8Array.of(turn), message);
      expect(await peer.hearAll(6)).toEqual([
        `text ${message}`,
        `text as it is ${turn}`,
        `binary ${Buffer.from('in pieces').toString('hex')}`,
        'text',
        `binary 0${turn}`,
        `text ${message}`,
      ]);
    }
  });

  it('marks its messages with RSV1, and no control frame of its own (RFC 7692 §6)', async () => {
    const { peer } = await open();
    await using _ = peer;
    send(peer.session, [text(message), ping('ping'), pong('pong'), text(''), { type: 'close', code: 1000 }]);
    const frames = [];
    while (frames.length < 5) frames.push(await peer.read());
    expect(frames.map(({ opcode, fin, rsv }) => ({ opcode, fin, rsv }))).toEqual([
      { opcode: 1, fin: true, rsv: 4 },
      { opcode: 9, fin: true, rsv: 0 },
      { opcode: 10, fin: true, rsv: 0 },
      { opcode: 1, fin: true, rsv: 4 },
      { opcode: 8, fin: true, rsv: 0 },
    ]);
    expect(frames.map(({ payload }) => payload.toString('latin1'))).toEqual([message, 'ping', 'pong', '', '\x03\xe8']);
  });

  const beginning: RawFrame = { opcode: 1, rsv: 4, fin: false, payload: hello.subarray(0, 4) };
  const uncompressed: RawFrame = { opcode: 1, fin: false, payload: 'as it ' };
  const wrong: readonly { what: string; frames: readonly RawFrame[]; code: string }[] = [
    { what: 'an empty ping', frames: [{ opcode: 9, rsv: 4 }], code: 'compressedControl' },
    { what: 'a ping', frames: [{ opcode: 9, rsv: 4, payload: hello }], code: 'compressedControl' },
    { what: 'an empty pong', frames: [{ opcode: 10, rsv: 4 }], code: 'compressedControl' },
    { what: 'a pong', frames: [{ opcode: 10, rsv: 4, payload: 'abc' }], code: 'compressedControl' },
    { what: 'a bare close frame', frames: [{ opcode: 8, rsv: 4 }], code: 'compressedControl' },
    { what: 'a close frame', frames: [{ opcode: 8, rsv: 4, payload: statusNormal }], code: 'compressedControl' },
    {
      what: 'a ping between the fragments of a compressed message',
      frames: [beginning, { opcode: 9, rsv: 4, payload: 'abc' }],
      code: 'compressedControl',
    },
    {
      what: 'a continuation of an uncompressed message',
      frames: [uncompressed, { opcode: 0, rsv: 4, fin: false, payload: 'is' }],
      code: 'compressedContinuation',
    },
    {
      what: 'the last fragment of an uncompressed message',
      frames: [uncompressed, { opcode: 0, rsv: 4, payload: hello }],
      code: 'compressedContinuation',
    },
    {
      what: 'an empty continuation of an uncompressed message',
      frames: [uncompressed, { opcode: 0, rsv: 4, fin: false }],
      code: 'compressedContinuation',
    },
    {
      what: 'a continuation of a compressed message',
      frames: [beginning, { opcode: 0, rsv: 4, payload: hello.subarray(4) }],
      code: 'compressedContinuation',
    },
  ];

  it.each(wrong)('D06 answers RSV1 on $what with 1002 (RFC 7692 §6.1)', async ({ frames, code }) => {
    const recording = await open();
    await using peer = recording.peer;
    await peer.send(...frames);
    const violation = expect.objectContaining({ code });
    expect(await peer.ending()).toEqual({ code: 1002, exit: { type: 'error', error: 'badFrame', violation } });
    expect(recording.frames.length).toBe(0);
  });

  it('D06 answers RSV2 and RSV3 with 1002 as ever, beside RSV1 or not (RFC 6455 §5.2)', async () => {
    for (const rsv of [2, 1, 6, 5]) {
      await using peer = (await open()).peer;
      await peer.send({ opcode: 1, rsv, payload: hello });
      expect(await peer.ending()).toMatchObject({ code: 1002, exit: { violation: { code: 'reservedBits' } } });
    }
  });

  // `Hello, `, something in between, and the rest: the rest and a later message refer back to what came before.
  describe.each(['', 'client_no_context_takeover; server_no_context_takeover'])(
    'between compressed fragments, with "%s"',
    (params) => {
      const begin = async () => {
        const recording = await open(params);
        const { peer } = recording;
        const payload = await peer.compressor.flush(message.slice(0, 7));
        await peer.send({ opcode: 1, rsv: 4, fin: false, payload });
        return recording;
      };

      it.each([
        ['a ping', 9, Buffer.from('abc')],
        ['an empty ping', 9, Buffer.alloc(0)],
        ['a ping that would inflate', 9, hello],
        ['a ping that would inflate by the context', 9, again],
        ['a ping that looks like a tail', 9, tail],
        ['a pong', 10, Buffer.from('abc')],
      ])('D07 takes %s as it is, and the context with it (RFC 7692 §6)', async (_what, opcode, payload) => {
        const { peer, frames } = await begin();
        await using _ = peer;
        await peer.send({ opcode, payload });
        if (opcode === 9) {
          expect(await peer.read()).toEqual({ opcode: 10, fin: true, rsv: 0, masked: role === 'client', payload });
        }
        expect(await frames.next()).toBe(`${opcode === 9 ? 'ping' : 'pong'} ${payload.toString('hex')}`);
        await peer.send({ opcode: 0, payload: await peer.compressor.compress(message.slice(7)) });
        expect(await peer.hear()).toBe(`text ${message}`);
        await peer.say(message);
        expect(await peer.hear()).toBe(`text ${message}`);
      });

      it.each([
        ['1000', statusNormal, { type: 'remote', code: 1000, reason: '' }],
        [
          'with a reason',
          Buffer.concat([hex('0f a0'), Buffer.from('für immer')]),
          { type: 'remote', code: 4000, reason: 'für immer' },
        ],
        [
          'that would inflate',
          Buffer.concat([statusNormal, Buffer.from('J')]),
          { type: 'remote', code: 1000, reason: 'J' },
        ],
        ['without a code', Buffer.alloc(0), { type: 'remote' }],
      ])('D07 takes a close frame %s as it is, and answers it (RFC 6455 §5.5.1)', async (_what, payload, exit) => {
        const { peer, frames } = await begin();
        await using _ = peer;
        await peer.send({ opcode: 8, payload });
        const answer = await peer.read();
        expect(answer).toMatchObject({ opcode: 8, rsv: 0, payload: payload.subarray(0, 2) });
        peer.connection.end();
        expect(await peer.session.exited()).toEqual(exit);
        expect(await frames.next()).toMatch(/^close/);
        expect(frames.length).toBe(0);
      });
    },
  );
});
