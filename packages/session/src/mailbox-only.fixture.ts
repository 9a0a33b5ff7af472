import type { SessionEvent } from './event.ts';
import type { SessionSelf } from './session-ref.ts';

/** A session that only takes messages. */
export function createMailboxOnly<Info = unknown>(status: 'active' | 'done' = 'active') {
  const messages: SessionEvent<Info>[] = [];
  const session: SessionSelf<Info> = {
    id: 'x:0',
    state: status === 'active' ? 'open' : 'closed',
    buffered: 0,
    dropped: 0,
    request: {},
    peer: undefined,
    transport: undefined,
    handler: undefined,
    signal: new AbortController().signal,
    send: (message: SessionEvent<Info>) => {
      messages.push(message);
    },
    getSnapshot: () =>
      status === 'active'
        ? { status, output: undefined, error: undefined }
        : { status, output: { type: 'normal' }, error: undefined },
    subscribe: () => ({ unsubscribe: () => {} }),
    statistics: { uptime: 0, messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0 },
    load: { mailbox: 0, memory: 0 },
    exit: (signal) => {
      messages.push({ type: 'exit', signal });
    },
    stop: () => {},
    exited: () => Promise.resolve({ type: 'normal' }),
  };
  return { session, messages };
}
