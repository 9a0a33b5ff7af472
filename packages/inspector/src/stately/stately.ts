import { defineHandler, type Handler, type Session } from '@genws/session';
import type { Observatory } from '../observatory.ts';
import { StatelyFeed } from './stately-feed.ts';

/** Sessions watched at a time, where none is named. */
const most = 50;

/**
 * The handler for what speaks the protocol of `@statelyai/inspect`, such as its `createWebSocketReceiver`: it is told of
 * the session named in the query, `?session=ID`, or of the first fifty.
 */
export const statelyFeedOf = (all: Observatory): Handler<readonly (() => void)[]> =>
  defineHandler({
    name: 'inspector, as Stately has it',
    init(request, _opts, self) {
      const wanted = new URL(request.path, 'ws://inspector').searchParams.get('session');
      const feed = new StatelyFeed(self, all.redact);
      return ['ok', chosen(all, wanted).map((session) => feed.follow(session))];
    },
    handleIn: (_frame, following) => ['ok', following],
    terminate(_reason, following) {
      for (const stop of following) stop();
    },
  });

function chosen({ sources }: Observatory, wanted: string | null): Session<never>[] {
  const sessions: Session<never>[] = [];
  for (const server of sources.servers.values()) {
    for (const session of server.sessions.children()) {
      if (sessions.length === most) return sessions;
      if (wanted === null || session.id === wanted) sessions.push(session);
    }
  }
  return sessions;
}
