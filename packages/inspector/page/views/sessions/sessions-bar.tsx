import { columns, sortedBy } from '../../sessions/column.ts';
import { toggleWord } from '../../sessions/filter.ts';
import { formatExact } from '../../text/format.ts';
import { FilterField } from '../filter-field.tsx';
import { usePage } from '../page-context.ts';
import { StateMark } from '../state-mark.tsx';

const states = ['open', 'suspended', 'ready_wait', 'closing', 'closed'] as const;

/** The filter, how many sessions there are, and what they are in. */
export function SessionsBar() {
  const { inspection } = usePage();
  return (
    <div class="bar">
      <FilterField
        label="Filter sessions"
        placeholder="Filter by id, peer, path, group …"
        value={inspection.filter.value}
        onChange={(filter) => inspection.filterBy(filter)}
        testid="filter"
      />
      <Summary />
      <SortField />
    </div>
  );
}

function Summary() {
  const { inspection } = usePage();
  inspection.sessionsVersion.value; // drawn anew with the list
  const { counts, shown, total } = inspection.sessions;
  const filter = inspection.filter.value;
  const words = filter.split(/\s+/);
  return (
    <>
      <p class="count" role="status" data-testid="count">
        {filter.trim() === '' ? (
          <b>{formatExact(total)}</b>
        ) : (
          <>
            <b>{formatExact(shown.length)}</b> of {formatExact(total)}
          </>
        )}
      </p>
      <div class="chips">
        {states
          .filter((state) => counts[state] > 0 || words.includes(state))
          .map((state) => (
            <button
              key={state}
              type="button"
              class="chip"
              aria-pressed={words.includes(state)}
              onClick={() => inspection.filterBy(toggleWord(filter, state))}
            >
              <StateMark mark={state} />
              <span class="figure">{formatExact(counts[state])}</span>
            </button>
          ))}
      </div>
    </>
  );
}

/** Sorting where the table has no head: on narrow screens. */
function SortField() {
  const { inspection } = usePage();
  inspection.sessionsVersion.value; // drawn anew with the list
  const { sorting } = inspection.sessions;
  const upward = sorting.direction === 1;
  return (
    <div class="sort-field">
      <label>
        <span class="unseen">Sort by</span>
        <select
          value={sorting.column}
          onChange={({ currentTarget: { value } }) => {
            const column = columns.find(({ id }) => id === value);
            if (column !== undefined) inspection.sortBy(sortedBy(sorting, column.id));
          }}
        >
          {columns.map(({ id, label, meaning }) => (
            <option key={id} value={id}>
              {meaning.length < 16 ? meaning : label}
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        class="button"
        aria-label={upward ? 'Upward' : 'Downward'}
        onClick={() => inspection.sortBy(sortedBy(sorting, sorting.column))}
      >
        {upward ? '↑' : '↓'}
      </button>
    </div>
  );
}
