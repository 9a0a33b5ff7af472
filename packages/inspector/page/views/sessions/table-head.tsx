import { columns, type Sorting, sortedBy } from '../../sessions/column.ts';

/** The widths of the columns: texts take what is left over. */
export const columnTemplate = columns
  .map(({ width, numeric, fades }) => (numeric || fades ? `${width}px` : `minmax(${width}px, ${width}fr)`))
  .join(' ');

/** So narrow the table is and no narrower, px: rows lie beside each other's columns, each by itself. */
export const tableWidth = columns.reduce((sum, { width }) => sum + width, 0);

interface TableHeadProps {
  readonly sorting: Sorting;
  readonly onSort: (sorting: Sorting) => void;
}

/** The names of the columns; each sorts by its own. */
export function TableHead({ sorting, onSort }: TableHeadProps) {
  return (
    <thead>
      <tr class="line" aria-rowindex={1}>
        {columns.map(({ id, label, meaning, numeric }) => {
          const sorted = sorting.column === id;
          const way = sorting.direction === 1 ? 'ascending' : 'descending';
          return (
            <th key={id} scope="col" data-column={id} data-numeric={numeric} aria-sort={sorted ? way : 'none'}>
              <button type="button" title={meaning} aria-label={meaning} onClick={() => onSort(sortedBy(sorting, id))}>
                <span>{label}</span>
                <span class="arrow" aria-hidden="true">
                  {sorted ? (sorting.direction === 1 ? '↑' : '↓') : ''}
                </span>
              </button>
            </th>
          );
        })}
      </tr>
    </thead>
  );
}
