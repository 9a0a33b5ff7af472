import type { Down, Process } from '@genws/actor';
import type { Session } from '@genws/session';

/** A server whose sessions are watched: what `listen` returns. */
export interface WatchedServer extends Process {
  readonly sessions: {
    readonly count: number;
    children(): IterableIterator<Session<never>>;
    onDown(listener: (down: Down & { readonly target: Session<never> }) => void): () => void;
    getSnapshot(): { readonly context: { readonly started: number } };
  };
}

/** What there is to be watched. */
export interface Sources {
  /** By the names that the page shows. */
  readonly servers: ReadonlyMap<string, WatchedServer>;
  /** Roots of supervision trees, beside the servers. */
  readonly supervisors: readonly Process[];
  /** By the names that the page shows. */
  readonly groups: ReadonlyMap<string, Iterable<object>>;
}

/** A session alive, by its id. */
export function findSession({ servers }: Sources, id: string): Session<never> | undefined {
  for (const { sessions } of servers.values()) {
    for (const session of sessions.children()) if (session.id === id) return session;
  }
  return undefined;
}

/** How many sessions there are. */
export function countOf({ servers }: Sources): number {
  let count = 0;
  for (const { sessions } of servers.values()) count += sessions.count;
  return count;
}
