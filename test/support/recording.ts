import {
  defineHandler,
  type Frame,
  type Handler,
  type Logger,
  type Report,
  type SessionExit,
  type SessionRef,
  type SessionRequest,
} from 'genws';
import { plain } from './decoding.ts';
import { Inbox } from './inbox.ts';

/** Sends text and binary messages back. */
export const echo = defineHandler({
  init: () => ['ok', undefined],
  handleIn: (frame) =>
    frame.type === 'text' || frame.type === 'binary' ? ['reply', frame, undefined] : ['ok', undefined],
});

/** What the sessions of a handler have been through. */
export interface Recording {
  readonly handler: Handler<undefined, Frame>;
  readonly requests: Inbox<SessionRequest>;
  readonly sessions: Inbox<SessionRef<Frame>>;
  /** What `handleIn` got, in plain form. */
  readonly frames: Inbox<string>;
  /** One for each `terminate`. */
  readonly exits: Inbox<SessionExit>;
}

/** A handler that keeps what it is told, sends nothing back unless it `echoes`, and sends the frames it is told to. */
export function createRecording({ echoes = false }: { readonly echoes?: boolean } = {}): Recording {
  const requests = new Inbox<SessionRequest>();
  const sessions = new Inbox<SessionRef<Frame>>();
  const frames = new Inbox<string>();
  const exits = new Inbox<SessionExit>();
  const handler = defineHandler<undefined, Frame>({
    init(request, _opts, self) {
      requests.push(request);
      sessions.push(self);
      return ['ok', undefined];
    },
    handleIn(frame) {
      frames.push(plain(frame));
      return echoes && (frame.type === 'text' || frame.type === 'binary')
        ? ['reply', frame, undefined]
        : ['ok', undefined];
    },
    handleInfo: (frame) => ['reply', frame, undefined],
    terminate(exit) {
      exits.push(exit);
    },
  });
  return { handler, requests, sessions, frames, exits };
}

/** A logger that keeps what it is given. */
export function recordReports(): { readonly logger: Logger; readonly reports: Report[] } {
  const reports: Report[] = [];
  return { logger: (report) => reports.push(report), reports };
}
