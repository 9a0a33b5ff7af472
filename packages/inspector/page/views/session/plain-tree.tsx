import type { Plain } from '../../../src/protocol.ts';
import { plainName, plainText } from '../../text/plain-text.ts';
import { Visible } from '../visible.tsx';

interface PlainTreeProps {
  readonly value: Plain;
  readonly name?: string;
  readonly depth?: number;
}

/** So deep a value is unfolded to begin with. */
const unfolded = 1;

/** A value that can be unfolded. */
export function PlainTree({ value, name, depth = 0 }: PlainTreeProps) {
  const key = name !== undefined && (
    <span class="plain-key">
      <Visible text={name} />
    </span>
  );
  if (value.type !== 'object') {
    return (
      <div class="plain">
        {key}
        <span class="plain-value" data-type={value.type}>
          {value.type === 'text' ? '"' : ''}
          <Visible text={value.value} />
          {value.type === 'text' ? '"' : ''}
        </span>
      </div>
    );
  }
  return (
    <details class="plain" open={depth < unfolded}>
      <summary>
        {key}
        <span class="plain-name">{plainName(value)}</span>
        <span class="plain-preview">{plainText(value, 120)}</span>
      </summary>
      <div class="plain-entries">
        {value.entries.map(([key, entry]) => (
          <PlainTree key={key} value={entry} name={key} depth={depth + 1} />
        ))}
        {value.more > 0 && <div class="plain quiet">… {value.more.toLocaleString('en')} more</div>}
      </div>
    </details>
  );
}
