import type { ReadonlySignal, Signal } from '@preact/signals';
import { useSignal } from '@preact/signals';
import type { LogEntry } from '../../../src/protocol.ts';
import { copyText } from '../../session/clipboard.ts';
import type { LogItem } from '../../session/log-buffer.ts';
import { logKinds, logLine } from '../../session/log-line.ts';
import { formatExact } from '../../text/format.ts';
import { FilterField } from '../filter-field.tsx';
import { kindSigns } from './log-line.tsx';

interface LogBarProps {
  readonly items: ReadonlySignal<readonly LogItem[]>;
  readonly hidden: Signal<ReadonlySet<LogEntry['kind']>>;
  readonly text: Signal<string>;
  readonly paused: boolean;
  /** Lines that have come since it was paused. */
  readonly missed: number;
  readonly onPause: () => void;
}

/** Which lines are shown, whether new ones are, and the way to take them along. */
export function LogBar({ items, hidden, text, paused, missed, onPause }: LogBarProps) {
  const copied = useSignal('');
  const toggle = (kind: LogEntry['kind']) => {
    const next = new Set(hidden.value);
    if (!next.delete(kind)) next.add(kind);
    hidden.value = next;
  };
  const copy = async () => {
    const lines = items.value.map(logLine);
    const done = await copyText(lines.join('\n'));
    copied.value = done ? `${formatExact(lines.length)} lines copied` : 'the browser does not allow it';
    setTimeout(() => {
      copied.value = '';
    }, 3000);
  };
  return (
    <div class="bar log-bar">
      <FilterField
        label="Filter the log"
        placeholder="Filter the log"
        value={text.value}
        onChange={(value) => {
          text.value = value;
        }}
        testid="log-filter"
      />
      <div class="chips">
        {logKinds.map((kind) => (
          <button
            key={kind}
            type="button"
            class="chip"
            data-testid={`log-kind-${kind}`}
            aria-pressed={!hidden.value.has(kind)}
            onClick={() => toggle(kind)}
          >
            <span aria-hidden="true">{kindSigns[kind]}</span> {kind}
          </button>
        ))}
      </div>
      <div class="log-buttons">
        <button type="button" class="button" data-testid="log-pause" aria-pressed={paused} onClick={onPause}>
          {paused ? `Go on${missed > 0 ? ` (${formatExact(missed)})` : ''}` : 'Pause'}
        </button>
        <button type="button" class="button" data-testid="log-copy" onClick={copy}>
          Copy
        </button>
        <span class="quiet" role="status">
          {copied.value}
        </span>
      </div>
    </div>
  );
}
