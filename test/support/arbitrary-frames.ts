import { type Decoded, type Encodable, encodeFrame, type Frame, type Role, validOnWire } from '@genws/protocol';
import fc from 'fast-check';
import { type RawFrame, rawFrame } from './raw-frame.ts';

const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
const string = (maxLength: number) => fc.string({ unit: 'binary', maxLength });
/** Lengths on both sides of each form of the length field, and of the encoder's and the decoder's thresholds. */
const telling = fc.constantFrom(0, 1, 41, 42, 63, 64, 125, 126, 127, 4096, 4097, 16_384, 65_535, 65_536, 70_001);
const filled = telling.chain((length) => fc.nat(255).map((byte) => new Uint8Array(length).fill(byte)));

/** Any frame that can be sent; of close frames those whose code and reason arrive as they are. */
export const anyFrame: fc.Arbitrary<Frame> = fc.oneof(
  { weight: 4, arbitrary: string(1000).map((data): Frame => ({ type: 'text', data })) },
  { weight: 1, arbitrary: telling.map((length): Frame => ({ type: 'text', data: 'é'.repeat(length) })) },
  { weight: 4, arbitrary: bytes(4096).map((data): Frame => ({ type: 'binary', data })) },
  { weight: 1, arbitrary: filled.map((data): Frame => ({ type: 'binary', data })) },
  { weight: 1, arbitrary: bytes(125).map((data): Frame => ({ type: 'ping', data })) },
  { weight: 1, arbitrary: bytes(125).map((data): Frame => ({ type: 'pong', data })) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.integer({ min: 1000, max: 4999 }).filter(validOnWire), string(30))
      .map(([code, reason]): Frame => ({ type: 'close', code, reason })),
  },
  { weight: 1, arbitrary: fc.constant<Frame>({ type: 'close' }) },
);

export const anyRole: fc.Arbitrary<Role> = fc.constantFrom('server', 'client');

export const peerOf = (role: Role): Role => (role === 'server' ? 'client' : 'server');

/** Where to cut a stream, as lengths of pieces that are used over and over. */
export const anyCuts = fc.oneof(
  fc.constant([1]),
  fc.array(fc.integer({ min: 1, max: 64 }), { minLength: 1, maxLength: 10 }),
  fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 4 }),
);

/** The stream in pieces of these lengths, over and over, each a copy: a decoder unmasks in place. */
export function cut(stream: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, i = 0; at < stream.length; i++) {
    const length = lengths[i % lengths.length] ?? 1;
    pieces.push(Uint8Array.from(stream.subarray(at, at + length)));
    at += length;
  }
  return pieces;
}

/** What goes over the wire when an endpoint sends these frames. */
export const streamOf = (frames: readonly Encodable[], sender: Role): Uint8Array =>
  Uint8Array.from(Buffer.concat(frames.map((frame) => encodeFrame(frame, sender))));

/** A frame in which anything can be wrong: its flags, opcode, length, place or content. */
const anyRawFrame: fc.Arbitrary<RawFrame> = fc
  .record({
    opcode: fc.nat(15),
    fin: fc.boolean(),
    rsv: fc.oneof(fc.constant(0), fc.nat(7)),
    payload: bytes(300),
    announced: fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, fc.bigInt({ min: 0n, max: 125n })),
  })
  .map(({ announced, ...frame }) => (announced === undefined ? frame : { ...frame, announced }));

const controlFrame: fc.Arbitrary<RawFrame> = fc.oneof(
  fc.record({ opcode: fc.constantFrom(9, 10), payload: bytes(125) }),
  fc.constant({ opcode: 8, payload: Uint8Array.of(0x0f, 0xa0, 0x21) }), // 4000, "!"
);

/** A message in one to four fragments, with control frames between them. */
const message = (compress: boolean): fc.Arbitrary<RawFrame[]> =>
  fc
    .record({
      opcode: fc.constantFrom(1, 2),
      compressed: compress ? fc.boolean() : fc.constant(false),
      parts: fc.array(fc.uint8Array({ max: 0x7f, maxLength: 130 }), { minLength: 1, maxLength: 4 }),
      between: fc.option(controlFrame),
    })
    .map(({ opcode, compressed, parts, between }) =>
      parts.flatMap((payload, i) => [
        { opcode: i === 0 ? opcode : 0, rsv: i === 0 && compressed ? 4 : 0, fin: i === parts.length - 1, payload },
        ...(between === null || i === parts.length - 1 ? [] : [between]),
      ]),
    );

/** What a peer can write that has mostly the shape of messages, and is sooner or later illegal in most cases. */
export const almostFrames = (sender: Role, compress: boolean): fc.Arbitrary<Buffer[]> =>
  fc
    .tuple(
      fc.array(
        fc.oneof(
          { weight: 6, arbitrary: message(compress) },
          { weight: 2, arbitrary: controlFrame.map((frame) => [frame]) },
          { weight: 1, arbitrary: anyRawFrame.map((frame) => [frame]) },
        ),
        { maxLength: 10 },
      ),
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
    )
    .map(([groups, key]) => groups.flat().map((frame) => rawFrame(sender === 'client' ? { ...frame, key } : frame)));

/** Everything of a decoded value, for comparison with another. */
export function content(decoded: Decoded | Frame): unknown {
  if (decoded.type === 'violation' || decoded.type === 'close') return { ...decoded };
  if (decoded.type === 'text') return { type: 'text', data: decoded.data };
  const { data = '' } = decoded;
  const kind = decoded.type === 'compressed' ? decoded.kind : undefined;
  return { type: decoded.type, kind, data: Buffer.from(data).toString('base64') };
}
