import { usePage } from '../page-context.ts';
import { SessionPane } from '../session/session-pane.tsx';
import { SessionTable } from './session-table.tsx';
import { SessionsBar } from './sessions-bar.tsx';

/** The table of sessions, and beside it the one that is open. */
export function SessionsView() {
  const { navigation } = usePage();
  const open = navigation.place.value.session !== undefined;
  return (
    <div class="sessions-view" data-open={open}>
      <section class="sessions" aria-label="Sessions">
        <SessionsBar />
        <SessionTable />
      </section>
      {open && <SessionPane beside />}
    </div>
  );
}
