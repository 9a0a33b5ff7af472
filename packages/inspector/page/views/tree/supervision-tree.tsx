import { useSignal } from '@preact/signals';
import type { TargetedKeyboardEvent } from 'preact';
import { formatExact } from '../../text/format.ts';
import { visibleText } from '../../text/visible-text.ts';
import { type TreeRow, treeMove, treeRows } from '../../tree/tree-rows.ts';
import { usePage } from '../page-context.ts';
import { StateMark } from '../state-mark.tsx';

const kindWords = {
  supervisor: 'supervisor',
  dynamic: 'dynamic supervisor',
  server: 'server',
  session: 'session',
  worker: 'worker',
} as const;

/** The supervision tree, as a tree that can be walked with keys. */
export function SupervisionTree() {
  const { inspection, navigation } = usePage();
  const chosen = useSignal<ReadonlyMap<string, boolean>>(new Map());
  const current = useSignal<string | undefined>(undefined);
  const roots = inspection.tree.value;
  const rows = treeRows(roots ?? [], chosen.value);
  const focused = rows.some(({ node }) => node.id === current.value) ? current.value : rows[0]?.node.id;

  const fold = (id: string, unfolded: boolean) => {
    chosen.value = new Map(chosen.value).set(id, unfolded);
  };
  const activate = ({ node, unfolded }: TreeRow) => {
    current.value = node.id;
    if (node.kind === 'session') navigation.open(node.id);
    else if (unfolded !== undefined) fold(node.id, !unfolded);
  };
  const press = (event: TargetedKeyboardEvent<HTMLElement>) => {
    const row = rows.find(({ node }) => node.id === focused);
    if (event.key === 'Enter' && row !== undefined) activate(row);
    else {
      const move = treeMove(rows, focused, event.key);
      if (move === undefined) return;
      if (move.type === 'go') current.value = move.to;
      else fold(move.node, move.type === 'unfold');
      document.getElementById(`process-${current.value}`)?.scrollIntoView({ block: 'nearest' });
    }
    event.preventDefault();
  };
  return (
    <section class="panel supervision" aria-labelledby="tree-title">
      <h2 id="tree-title">Supervision</h2>
      {roots?.length === 0 && <p class="nothing quiet">Nobody supervises anything.</p>}
      <div
        class="tree"
        role="tree"
        aria-labelledby="tree-title"
        data-testid="tree"
        tabIndex={0}
        aria-activedescendant={focused === undefined ? undefined : `process-${focused}`}
        onKeyDown={press}
      >
        {rows.map((row) => (
          <Branch key={row.node.id} row={row} focused={row.node.id === focused} onActivate={activate} />
        ))}
      </div>
    </section>
  );
}

interface BranchProps {
  readonly row: TreeRow;
  readonly focused: boolean;
  readonly onActivate: (row: TreeRow) => void;
}

function Branch({ row, focused, onActivate }: BranchProps) {
  const { node, level, position, siblings, unfolded } = row;
  const { id, name, kind, state, restarts, count, children } = node;
  const left = count - children.length;
  return (
    <div
      class="branch"
      role="treeitem"
      id={`process-${id}`}
      data-process={id}
      data-name={name}
      data-kind={kind}
      data-state={state}
      data-restarts={restarts}
      data-focused={focused}
      aria-level={level}
      aria-posinset={position}
      aria-setsize={siblings}
      aria-expanded={unfolded}
      aria-selected={focused}
      tabIndex={-1}
      style={{ '--level': level - 1 }}
      onClick={() => onActivate(row)}
      onKeyDown={() => {}}
    >
      <span class="twist" aria-hidden="true" data-unfolded={unfolded} />
      <StateMark mark={state} word={state !== 'running'} />
      <span class="branch-name">{visibleText(name)}</span>
      <span class="quiet">{kindWords[kind]}</span>
      {count > 0 && <span class="badge">{formatExact(count)}</span>}
      {unfolded && left > 0 && <span class="quiet">{formatExact(left)} not listed</span>}
      {restarts > 0 && (
        <span class="badge alarm" key={restarts} data-testid="restarts">
          {restarts === 1 ? '1 restart' : `${formatExact(restarts)} restarts`}
        </span>
      )}
    </div>
  );
}
