import type { TargetedKeyboardEvent } from 'preact';

interface FilterFieldProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly testid: string;
}

/** A filter: `/` comes here, Escape empties it and then leaves. */
export function FilterField({ label, placeholder, value, onChange, testid }: FilterFieldProps) {
  const leave = (event: TargetedKeyboardEvent<HTMLInputElement>) => {
    if (event.key !== 'Escape' && event.key !== 'Enter') return;
    event.preventDefault();
    if (event.key === 'Escape' && value !== '') onChange('');
    else event.currentTarget.blur();
  };
  return (
    <label class="filter-field">
      <span class="unseen">{label}</span>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
        <path d="M10.4 10.4 14 14M7 2.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9Z" />
      </svg>
      <input
        type="text"
        data-filter
        data-testid={testid}
        placeholder={placeholder}
        value={value}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        enterkeyhint="done"
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
        onKeyDown={leave}
      />
      {value === '' ? (
        <span class="key" aria-hidden="true">
          /
        </span>
      ) : (
        <button type="button" class="clear" aria-label="Clear the filter" onClick={() => onChange('')}>
          ✕
        </button>
      )}
    </label>
  );
}
