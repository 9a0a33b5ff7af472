import type { ReceivedFrame } from '@genws/protocol';

// What a handler was given last, for crash reports: kinds and a size, never a payload. It is kept in one number, so that
// a message costs next to nothing more for what is hardly ever asked for.

const kinds = ['text', 'binary', 'ping', 'pong', 'close', 'info', 'call'] as const;

/** A kind takes three bits, beginning with 1; there is room for ten. */
const width = 3;
const mask = 0x3fff_ffff;

const add = (recent: number, code: number): number => ((recent << width) | code) & mask;

/** Written out for what comes most: to look for it in {@link kinds} is a call. */
function codeOf(type: ReceivedFrame['type']): number {
  if (type === 'text') return 1;
  return type === 'binary' ? 2 : 1 + kinds.indexOf(type);
}

/** What was given last, after what had been given before: a frame. */
export const afterFrame = (recent: number, { type }: ReceivedFrame): number => add(recent, codeOf(type));

/** The same for a message of an actor, one that it wants an answer to or not. */
export const afterMessage = (recent: number, asks: boolean): number => add(recent, asks ? 7 : 6);

/** In words, the latest last; `undefined` where there was nothing. */
export function describeInputs(recent: number): string | undefined {
  const words: string[] = [];
  for (let rest = recent; rest > 0; rest >>>= width) words.unshift(kinds[(rest & 7) - 1] ?? '');
  return words.length > 0 ? words.join(' ') : undefined;
}

/** Bytes of a frame's payload. */
export function sizeOf(frame: ReceivedFrame): number {
  switch (frame.type) {
    case 'text':
    case 'binary':
      return frame.length;
    case 'close':
      return 0;
    default:
      return frame.data.length;
  }
}
