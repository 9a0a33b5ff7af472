import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { formatTime } from '../text/format.ts';
import { usePage } from './page-context.ts';

/** Says since when there is no connection, and when the next attempt is made. */
export function ConnectionBanner() {
  const { connection } = usePage();
  const state = connection.state.value;
  return (
    <div class="banner-place" role="status" data-testid="connection">
      {state.type === 'lost' && (
        <div class="banner">
          <span>
            Disconnected since <b>{formatTime(state.since)}</b>
          </span>
          <Attempt at={state.retryAt} />
          <button type="button" class="button" onClick={() => connection.dial()}>
            Try now
          </button>
        </div>
      )}
      {state.type === 'connecting' && <div class="banner calm">Connecting …</div>}
    </div>
  );
}

function Attempt({ at }: { readonly at: number | undefined }) {
  const now = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      now.value = Date.now();
    }, 500);
    return () => clearInterval(timer);
  }, [now]);
  const seconds = at === undefined ? 0 : Math.ceil((at - now.value) / 1000);
  return <span class="quiet">{seconds > 0 ? `next attempt in ${seconds} s` : 'trying …'}</span>;
}
