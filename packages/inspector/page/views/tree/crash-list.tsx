import { formatTime } from '../../text/format.ts';
import { visibleLines, visibleText } from '../../text/visible-text.ts';
import { identity } from '../../tree/crashes.ts';
import { usePage } from '../page-context.ts';

/** What has crashed, the latest first. */
export function CrashList() {
  const { inspection } = usePage();
  const crashes = inspection.crashes.value.toReversed();
  return (
    <section class="panel crashes" aria-labelledby="crashes-title" data-testid="crashes">
      <h2 id="crashes-title">Crashes {crashes.length > 0 && <span class="badge alarm">{crashes.length}</span>}</h2>
      {crashes.length === 0 && <p class="nothing quiet">Nothing has crashed since the inspector looks.</p>}
      <ul>
        {crashes.map((crash) => (
          <li key={identity(crash)}>
            <details>
              <summary>
                <time>{formatTime(crash.at)}</time>
                <span class="crash-text">{visibleText(crash.text)}</span>
                <span class="quiet">{visibleText(crash.event)}</span>
              </summary>
              <pre>{crash.stack === undefined ? 'There is no stack.' : visibleLines(crash.stack)}</pre>
            </details>
          </li>
        ))}
      </ul>
    </section>
  );
}
