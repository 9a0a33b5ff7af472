import { useComputed, useSignal } from '@preact/signals';
import type { LogEntry } from '../../../src/protocol.ts';
import type { LogItem } from '../../session/log-buffer.ts';
import { filterLog } from '../../session/log-line.ts';
import { usePage } from '../page-context.ts';
import { LogBar } from './log-bar.tsx';
import { LogLines } from './log-lines.tsx';
import { PlainTree } from './plain-tree.tsx';

/** What happens to the session. The latest is at the bottom, and in sight unless somebody has scrolled away. */
export function LogView() {
  const { inspection } = usePage();
  const hidden = useSignal<ReadonlySet<LogEntry['kind']>>(new Set());
  const text = useSignal('');
  const paused = useSignal<readonly LogItem[] | undefined>(undefined);
  const selected = useSignal<number | undefined>(undefined);
  const shown = useComputed(() =>
    filterLog(paused.value ?? inspection.log.value, { hidden: hidden.value, text: text.value }),
  );
  const missed =
    paused.value === undefined
      ? 0
      : (inspection.log.value.at(-1)?.number ?? 0) -
        (paused.value.at(-1)?.number ?? inspection.log.value[0]?.number ?? 0);
  const item = shown.value.find(({ number }) => number === selected.value);
  return (
    <section class="log" aria-label="Log">
      <LogBar
        items={shown}
        hidden={hidden}
        text={text}
        missed={missed}
        paused={paused.value !== undefined}
        onPause={() => {
          paused.value = paused.value === undefined ? inspection.log.value : undefined;
        }}
      />
      <LogLines
        items={shown.value}
        selected={selected.value}
        onSelect={(number) => {
          selected.value = number;
        }}
      />
      {item?.entry?.value !== undefined && (
        <div class="log-value" data-testid="log-value">
          <PlainTree key={item.number} value={item.entry.value} />
        </div>
      )}
    </section>
  );
}
