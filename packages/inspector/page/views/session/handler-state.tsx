import { usePage } from '../page-context.ts';
import { PlainTree } from './plain-tree.tsx';

/** What the handler keeps between its callbacks. */
export function HandlerState() {
  const { inspection } = usePage();
  const state = inspection.watched.value?.detail?.state;
  return (
    <section class="handler-state" data-testid="handler-state" aria-label="State of the handler">
      <h3>State of the handler</h3>
      {state === undefined ? <p class="quiet">It has not told yet.</p> : <PlainTree value={state} />}
    </section>
  );
}
