import type { SessionRow } from '../../src/protocol.ts';

export type Mark = SessionRow['state'] | 'suspended' | 'running' | 'restarting' | 'stopped';

/** Each state has a shape of its own, not a colour alone. */
const shapes: Readonly<Record<Mark, { readonly path: string; readonly filled: boolean }>> = {
  ready_wait: { path: 'M6 2a4 4 0 1 1 0 8a4 4 0 1 1 0-8Z', filled: false },
  open: { path: 'M6 1.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9Z', filled: true },
  closing: { path: 'M6 1.5a4.5 4.5 0 1 1 0 9ZM6 1.5a4.5 4.5 0 1 0 0 9', filled: true },
  closed: { path: 'M2.5 2.5l7 7M9.5 2.5l-7 7', filled: false },
  suspended: { path: 'M3.75 2v8M8.25 2v8', filled: false },
  running: { path: 'M6 1.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9Z', filled: true },
  restarting: { path: 'M10 6a4 4 0 1 1-1.4-3.05M8.8 .8v2.4h-2.4', filled: false },
  stopped: { path: 'M2.5 2.5h7v7h-7Z', filled: false },
};

/** The state of a session or a process: a shape and its word. */
export function StateMark({ mark, word = true }: { readonly mark: Mark; readonly word?: boolean }) {
  const { path, filled } = shapes[mark];
  return (
    <span class="mark" data-mark={mark}>
      <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
        {mark === 'closing' ? (
          <>
            <circle cx="6" cy="6" r="4" fill="none" />
            <path d="M6 2a4 4 0 0 1 0 8Z" fill="currentColor" />
          </>
        ) : (
          <path d={path} fill={filled ? 'currentColor' : 'none'} />
        )}
      </svg>
      <span class={word ? 'mark-word' : 'unseen'}>{mark}</span>
    </span>
  );
}

/** What is said of a session's state first. */
export function markOf({ state, suspended }: SessionRow): Mark {
  return suspended && state === 'open' ? 'suspended' : state;
}
