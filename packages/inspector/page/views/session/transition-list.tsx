import type { Chart } from '../../../src/protocol.ts';

interface TransitionListProps {
  readonly chart: Chart;
  readonly active: readonly string[];
  readonly selected: string | undefined;
  /** Places in the chart's list of transitions. */
  readonly possible: readonly number[];
  readonly pointed: number | undefined;
  readonly onSelect: (state: string | undefined) => void;
  readonly onPoint: (transition: number | undefined) => void;
}

/** What leads where from a state: the labels for which the picture has no room. */
export function TransitionList(props: TransitionListProps) {
  const { chart, active, selected, possible, pointed, onSelect, onPoint } = props;
  const here = active.at(-1);
  return (
    <section class="transitions" data-testid="transitions" aria-label="Transitions">
      <h3>
        <label>
          From{' '}
          <select
            class="from"
            value={selected ?? ''}
            onChange={({ currentTarget: { value } }) => onSelect(value === '' ? undefined : value)}
          >
            <option value="">{here ?? 'where it is'}</option>
            {chart.states.map(({ id }) => (
              <option key={id} value={id}>
                {id}
              </option>
            ))}
          </select>
        </label>
      </h3>
      {possible.length === 0 && <p class="quiet">Nothing leads any further.</p>}
      <ul>
        {possible.map((place) => {
          const transition = chart.transitions[place];
          if (transition === undefined) return null;
          const { from, to, labels } = transition;
          return (
            <li
              key={place}
              data-pointed={pointed === place}
              onMouseEnter={() => onPoint(place)}
              onMouseLeave={() => onPoint(undefined)}
            >
              <code class="target">→ {to}</code>
              {from !== (selected ?? here) && <span class="quiet"> from {from}</span>}
              <span class="labels">
                {labels.map((label) => (
                  <code key={label}>{label}</code>
                ))}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
