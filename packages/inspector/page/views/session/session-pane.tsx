import { useEffect, useRef } from 'preact/hooks';
import { visibleText } from '../../text/visible-text.ts';
import { usePage } from '../page-context.ts';
import { markOf, StateMark } from '../state-mark.tsx';
import { Actions } from './actions.tsx';
import { Facts } from './facts.tsx';
import { HandlerState } from './handler-state.tsx';
import { LogView } from './log-view.tsx';
import { PlainTree } from './plain-tree.tsx';
import { StatechartView } from './statechart-view.tsx';

/** One session: what it is, where it is in its life, what happens to it, and what can be done to it. */
export function SessionPane({ beside }: { readonly beside: boolean }) {
  const { inspection } = usePage();
  const watched = inspection.watched.value;
  inspection.sessionsVersion.value; // whether it is in the list
  if (watched === undefined) return <NoSession />;
  const { id, detail, ended, row } = watched;
  if (row === undefined && detail === undefined && inspection.sessions.complete) return <NoSuchSession id={id} />;
  return (
    <section
      class="session"
      data-beside={beside}
      data-ended={ended}
      data-testid="session"
      aria-label={`Session ${visibleText(id)}`}
    >
      <SessionHead beside={beside} />
      {ended && (
        <div class="ended" data-testid="exit">
          <b>Ended</b>
          {detail?.exit === undefined ? <span class="quiet">why is not known</span> : <Exit />}
        </div>
      )}
      <div class="session-body">
        {row !== undefined && <Facts row={row} />}
        <Actions />
        <StatechartView />
        <HandlerState />
        <LogView />
      </div>
    </section>
  );
}

function SessionHead({ beside }: { readonly beside: boolean }) {
  const { inspection, navigation } = usePage();
  const watched = inspection.watched.value;
  const title = useRef<HTMLHeadingElement>(null);
  // Whoever came here from a row of the table goes on from the top.
  useEffect(() => {
    if (!beside && document.activeElement === document.body) title.current?.focus();
  }, [beside]);
  if (watched === undefined) return null;
  const { id, row, ended } = watched;
  return (
    <header class="session-head">
      <button type="button" class="button icon back" aria-label="Back to the table" onClick={() => navigation.back()}>
        <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
          <path d={beside ? 'M4 4l8 8M12 4l-8 8' : 'M9.5 3.5 5 8l4.5 4.5'} />
        </svg>
      </button>
      <h2 ref={title} tabIndex={-1}>
        {visibleText(id)}
      </h2>
      {row !== undefined && <StateMark mark={ended ? 'closed' : markOf(row)} />}
      {row?.peer !== undefined && <span class="session-peer quiet">{visibleText(row.peer)}</span>}
      {beside && (
        <button
          type="button"
          class="button icon widen"
          aria-label="The whole page"
          title="The whole page (2)"
          onClick={() => navigation.go('session')}
        >
          <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
            <path d="M9.5 3H13v3.5M13 3 8.8 7.2M6.5 13H3V9.5M3 13l4.2-4.2" />
          </svg>
        </button>
      )}
    </header>
  );
}

function Exit() {
  const { inspection } = usePage();
  const exit = inspection.watched.value?.detail?.exit;
  return exit === undefined ? null : <PlainTree value={exit} depth={1} />;
}

function NoSuchSession({ id }: { readonly id: string }) {
  const { navigation } = usePage();
  return (
    <div class="session nothing">
      <p>There is no session {visibleText(id)}.</p>
      <p class="quiet">It has ended, or the process has been started again.</p>
      <button type="button" class="button" onClick={() => navigation.back()}>
        To the table
      </button>
    </div>
  );
}

function NoSession() {
  const { navigation } = usePage();
  return (
    <div class="nothing">
      <p>No session is open.</p>
      <p class="quiet">Choose one in the table: its statechart, its log and its state come up here.</p>
      <button type="button" class="button" onClick={() => navigation.go('sessions')}>
        To the table
      </button>
    </div>
  );
}
