import { visibleText } from '../text/visible-text.ts';
import { usePage } from './page-context.ts';

/** The way to a session. */
export function SessionLink({ id }: { readonly id: string }) {
  const { navigation } = usePage();
  return (
    <button type="button" class="session-link" data-open={id} onClick={() => navigation.open(id)}>
      {visibleText(id)}
    </button>
  );
}
