import { type Decoded, FrameDecoder, type FrameDecoderOptions, type MessageLimits } from '@genws/protocol';
import { expect } from 'vitest';

/** Limits that a test does not run into unless it means to. */
const generous: MessageLimits = { maxFrame: 2 ** 24, maxMessage: 2 ** 26, maxFragments: 2 ** 20 };

export interface DecodingOptions extends Partial<Omit<FrameDecoderOptions, 'limits'>> {
  readonly limits?: Partial<MessageLimits>;
}

/** A server's decoder unless told otherwise. */
export const decoderOf = ({ limits, ...options }: DecodingOptions = {}): FrameDecoder =>
  new FrameDecoder({ role: 'server', limits: { ...generous, ...limits }, ...options });

/** Everything the decoder has to say by now. */
export function drain(decoder: FrameDecoder): Decoded[] {
  const all: Decoded[] = [];
  for (let one = decoder.next(); one !== undefined; one = decoder.next()) all.push(one);
  return all;
}

/** What becomes of chunks that arrive one after the other. Each is copied first: a decoder unmasks in place. */
export function received(decoder: FrameDecoder, chunks: Iterable<Uint8Array>): Decoded[] {
  const all: Decoded[] = [];
  for (const chunk of chunks) {
    decoder.push(Uint8Array.from(chunk));
    all.push(...drain(decoder));
  }
  return all;
}

/** A decoded value in a form that two of can be compared and read in a report: text as text, bytes as hex. */
export function plain(decoded: Decoded): string {
  switch (decoded.type) {
    case 'violation':
      return `violation ${decoded.code}`;
    case 'close':
      return decoded.code === undefined ? 'close' : `close ${decoded.code} ${JSON.stringify(decoded.reason)}`;
    case 'text':
      return `text ${decoded.data}`;
    case 'compressed':
      return `compressed ${decoded.kind} ${Buffer.from(decoded.data).toString('hex')}`;
    default:
      return `${decoded.type} ${Buffer.from(decoded.data).toString('hex')}`;
  }
}

/** What a fresh decoder makes of these frames, delivered in one chunk, in plain form. */
export const outcome = (frames: readonly Uint8Array[], options: DecodingOptions = {}): string[] =>
  received(decoderOf(options), [Buffer.concat([...frames])]).map(plain);

/** The same delivered byte by byte: each outcome with the number of bytes it took. */
export function outcomeByByte(bytes: Uint8Array, options: DecodingOptions = {}): { after: number; what: string }[] {
  const decoder = decoderOf(options);
  return [...bytes].flatMap((byte, i) =>
    received(decoder, [Uint8Array.of(byte)]).map((one) => ({ after: i + 1, what: plain(one) })),
  );
}

/** What a fresh decoder makes of these frames, having seen to it that it makes the same of them byte by byte. */
export function outcomeEitherWay(frames: readonly Uint8Array[], options: DecodingOptions = {}): string[] {
  const whole = outcome(frames, options);
  expect(outcomeByByte(Buffer.concat([...frames]), options).map(({ what }) => what)).toEqual(whole);
  return whole;
}
