import type { ReceivedFrame } from '@genws/protocol';
import {
  defineHandler,
  type Handler,
  type Result,
  type Returned,
  type SessionExit,
  type SessionRef,
} from '@genws/session';

/** A received frame in a form that reads well: `text hello`, `close 1000 bye`. */
export function plainReceived(frame: ReceivedFrame): string {
  switch (frame.type) {
    case 'text':
      return `text ${frame.data}`;
    case 'close':
      return ['close', frame.code, frame.reason].filter((part) => part !== undefined && part !== '').join(' ');
    case 'binary':
      return `binary ${Buffer.from(frame.data).toString('hex')}`;
    default:
      return `${frame.type} ${Buffer.from(frame.data).toString()}`.trimEnd();
  }
}

/** What a callback of a journalling handler does besides writing it down. */
export interface Reactions<Info> {
  init?(self: SessionRef<Info>): Returned<string>;
  in?(frame: ReceivedFrame, self: SessionRef<Info>): Returned<string> | undefined;
  info?(message: Info, self: SessionRef<Info>): Returned<string> | undefined;
  terminate?(exit: SessionExit, self: SessionRef<Info>): void | Promise<void>;
}

/** What a handler has been through. */
export interface Journal<Info> {
  readonly handler: Handler<string, Info>;
  /** One line for each callback, in order: `init`, `in text hello`, `info 1`, `terminate`. */
  readonly lines: string[];
  /** What `terminate` was told, each time. */
  readonly exits: SessionExit[];
}

/** A handler that writes down what it is called with, and reacts as told or not at all. */
export function createJournal<Info = unknown>(reactions: Reactions<Info> = {}): Journal<Info> {
  const lines: string[] = [];
  const exits: SessionExit[] = [];
  const handler = defineHandler<string, Info>({
    init(_request, _opts, self) {
      lines.push('init');
      return reactions.init?.(self) ?? ['ok', 'state'];
    },
    handleIn(frame, state, self) {
      lines.push(`in ${plainReceived(frame)}`);
      return reactions.in?.(frame, self) ?? ['ok', state];
    },
    handleInfo(message, state, self) {
      lines.push(`info ${String(message)}`);
      return reactions.info?.(message, self) ?? ['ok', state];
    },
    terminate(exit, _state, self) {
      lines.push('terminate');
      exits.push(exit);
      return reactions.terminate?.(exit, self);
    },
  });
  return { handler, lines, exits };
}

/** Takes the message `slow` as long as the promise, and everything else at once. */
export const slowly =
  (promise: Promise<Result<string>>) =>
  (frame: ReceivedFrame): Returned<string> =>
    frame.type === 'text' && frame.data === 'slow' ? promise : ['ok', 'state'];
