import { defineHandler, type Handler, type Session, sessionMachine } from '@genws/session';
import { send, text } from 'genws';
import type { InspectionEvent } from 'xstate';
import type { Observatory } from './observatory.ts';
import { plainOf } from './plain.ts';

/** The version of the protocol of `@statelyai/inspect` that is spoken. */
const version = '0.7.2';

/** Sessions watched at a time, where none is named. */
const most = 50;

/** The machine as a text: functions by their names. */
const definition = JSON.stringify(sessionMachine.config, (_, value: unknown) =>
  typeof value === 'function' ? value.name : value,
);

/**
 * The handler for what speaks the protocol of `@statelyai/inspect`, such as its `createWebSocketReceiver`: it is told of
 * the session named in the query, `?session=ID`, or of the first fifty.
 */
export const statelyFeedOf = (all: Observatory): Handler<readonly (() => void)[]> =>
  defineHandler({
    name: 'inspector, as Stately has it',
    init(request, _opts, self) {
      const wanted = new URL(request.path, 'ws://inspector').searchParams.get('session');
      const tell = (event: object): void =>
        void send(self, text(JSON.stringify(event)), { slowConsumer: 'drop-newest' });
      return ['ok', chosen(all, wanted).map((session) => follow(session, all, tell))];
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

/** @returns what ends it */
function follow(session: Session<never>, { redact }: Observatory, tell: (event: object) => void): () => void {
  const { sessionId } = session;
  const common = (): object => ({
    rootId: sessionId,
    sessionId,
    createdAt: String(Date.now()),
    id: null,
    _version: version,
  });
  const snapshot = (): object => {
    const { status, value, context, output } = session.getSnapshot();
    const { lane: _, exit, ...flags } = context;
    return { status, value, context: { ...flags, exit: exit && plainOf(exit, 'exit', redact) }, output };
  };
  const shown = (event: { readonly type: string }): object =>
    'message' in event
      ? { type: event.type, message: plainOf(event.message, 'message', redact) }
      : { type: event.type };
  tell({ ...common(), type: '@xstate.actor', name: session.id, parentId: undefined, definition, snapshot: snapshot() });
  const { unsubscribe } = session.system.inspect((event: InspectionEvent) => {
    if (event.type === '@xstate.event') {
      tell({ ...common(), type: event.type, event: shown(event.event), sourceId: event.sourceRef?.sessionId });
    } else if (event.type === '@xstate.snapshot') {
      tell({ ...common(), type: event.type, event: shown(event.event), snapshot: snapshot() });
    }
  });
  return unsubscribe;
}
