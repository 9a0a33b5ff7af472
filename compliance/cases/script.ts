import type { Case, Chop, Closing, ExpectedEvent, FrameSpec, MessageSpec, Step } from '../case.ts';
import { type Payload, utf8 } from '../payload.ts';

// Words to write cases with.

const second = 1000;

/** What most cases have in common: they end with a closing handshake that we begin, and are quick. */
export const clean: Closing = { by: 'us', codes: [1000] };
const timeLimit: number = 15 * second;

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export const text = (payload: string | Payload): MessageSpec => ({ type: 'text', payload: asPayload(payload) });
export const binary = (payload: Payload): MessageSpec => ({ type: 'binary', payload });

const asPayload = (payload: string | Payload): Payload => (typeof payload === 'string' ? utf8(payload) : payload);

export type FrameDetails = Partial<Omit<FrameSpec, 'opcode' | 'payload'>>;

/** A frame with a text or octets in it. */
export const frame = (opcode: number, payload: string | Payload = '', details: FrameDetails = {}): FrameSpec => ({
  opcode,
  payload: asPayload(payload),
  ...details,
});

export const textFrame = (payload: string | Payload, details?: FrameDetails): FrameSpec =>
  frame(opcodes.text, payload, details);
export const ping = (payload: string | Payload = ''): FrameSpec => frame(opcodes.ping, payload);
export const continuation = (payload: string | Payload, fin: boolean): FrameSpec =>
  frame(opcodes.continuation, payload, { fin });

/** A close frame with a code and a reason, or with neither. */
export function closeFrame(code?: number, reason: string | Uint8Array = ''): FrameSpec {
  if (code === undefined) return frame(opcodes.close);
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return frame(opcodes.close, Buffer.concat([head, Buffer.from(reason)]));
}

/** A message as frames, one for each part. */
export const fragmented = (parts: readonly (string | Uint8Array)[], opcode: number = opcodes.text): FrameSpec[] =>
  parts.map((part, at) => frame(at === 0 ? opcode : opcodes.continuation, part, { fin: at === parts.length - 1 }));

export const send = (frames: readonly FrameSpec[], chop: Chop = 'together'): Step => ({ type: 'frames', frames, chop });

export const echo = (message: MessageSpec): ExpectedEvent => ({ type: 'message', message });
export const pong = (payload: string | Payload = ''): ExpectedEvent => ({ type: 'pong', payload: asPayload(payload) });
export const pause = { type: 'pause' } as const;

/** The peer fails the connection with this code (RFC 6455 §7.1.7). */
export const failure = (code: number): Closing => ({ by: 'peer', codes: [code] });

/** A case whose details are the usual ones, but for those that are given. */
export function scenario(
  id: string,
  details: Pick<Case, 'title' | 'expectation' | 'steps'> &
    Partial<Case> & { readonly trace?: readonly ExpectedEvent[] },
): Case {
  const { trace = [], ...given } = details;
  return { id, outcomes: [{ behavior: 'OK', trace }], closing: clean, timeLimit, ...given };
}

/** The three ways of cutting that many cases try one after the other. */
export const chops: readonly { readonly chop: Chop; readonly words: string }[] = [
  { chop: 'together', words: 'in one write' },
  { chop: 'frameWise', words: 'a write for each frame' },
  { chop: 1, words: 'octet by octet' },
];
