import { useSignal } from '@preact/signals';
import { ConnectionBanner } from './connection-banner.tsx';
import { Header } from './header.tsx';
import { KeyHelp } from './key-help.tsx';
import { usePage } from './page-context.ts';
import { RuntimeView } from './runtime/runtime-view.tsx';
import { SessionPane } from './session/session-pane.tsx';
import { SessionsView } from './sessions/sessions-view.tsx';
import { useShortcuts } from './shortcuts.ts';
import { TreeView } from './tree/tree-view.tsx';

/** The whole page. */
export function App() {
  const { navigation, connection } = usePage();
  const help = useSignal(false);
  useShortcuts(navigation, () => {
    help.value = true;
  });
  const { tab } = navigation.place.value;
  return (
    <div class="page" data-connection={connection.state.value.type} data-tab={tab}>
      <Header />
      <ConnectionBanner />
      <main class="stage">
        <div class="view" role="tabpanel" id="view" aria-labelledby={`tab-${tab}`}>
          {tab === 'sessions' && <SessionsView />}
          {tab === 'session' && <SessionPane beside={false} />}
          {tab === 'tree' && <TreeView />}
          {tab === 'runtime' && <RuntimeView />}
        </div>
      </main>
      <KeyHelp open={help} />
    </div>
  );
}
