import type { TreeNode } from '../../src/protocol.ts';

/** A line of a tree that can be folded. */
export interface TreeRow {
  readonly node: TreeNode;
  /** 1 for a root. */
  readonly level: number;
  /** Which of its siblings it is, from 1, and how many there are. */
  readonly position: number;
  readonly siblings: number;
  readonly parent: string | undefined;
  /** `undefined` if there is nothing to unfold. */
  readonly unfolded: boolean | undefined;
}

/** More children than this are folded until somebody wants to see them. */
const manyChildren = 24;

/** Whether a node's children are seen: as somebody has chosen, else if they are few. */
function isUnfolded({ id, children }: TreeNode, chosen: ReadonlyMap<string, boolean>): boolean | undefined {
  return children.length === 0 ? undefined : (chosen.get(id) ?? children.length <= manyChildren);
}

/** The lines of the tree that are to be seen, from top to bottom. */
export function treeRows(roots: readonly TreeNode[], chosen: ReadonlyMap<string, boolean>): readonly TreeRow[] {
  const rows: TreeRow[] = [];
  const add = (nodes: readonly TreeNode[], level: number, parent: string | undefined): void => {
    for (const [index, node] of nodes.entries()) {
      const unfolded = isUnfolded(node, chosen);
      rows.push({ node, level, position: index + 1, siblings: nodes.length, parent, unfolded });
      if (unfolded) add(node.children, level + 1, node.id);
    }
  };
  add(roots, 1, undefined);
  return rows;
}

/** What a key does in a tree: another line, or a line folded or unfolded. */
export type TreeMove =
  | { readonly type: 'go'; readonly to: string }
  | { readonly type: 'fold' | 'unfold'; readonly node: string };

/** The keys of a tree, as ARIA's authoring practices have them. */
export function treeMove(rows: readonly TreeRow[], current: string | undefined, key: string): TreeMove | undefined {
  const index = Math.max(
    0,
    rows.findIndex(({ node }) => node.id === current),
  );
  const row = rows[index];
  if (row === undefined) return undefined;
  const go = (to: TreeRow | undefined): TreeMove | undefined => to && { type: 'go', to: to.node.id };
  switch (key) {
    case 'ArrowDown':
    case 'j':
      return go(rows[index + 1]);
    case 'ArrowUp':
    case 'k':
      return go(rows[index - 1]);
    case 'Home':
      return go(rows[0]);
    case 'End':
      return go(rows.at(-1));
    case 'ArrowRight':
      return row.unfolded === false
        ? { type: 'unfold', node: row.node.id }
        : row.unfolded
          ? go(rows[index + 1])
          : undefined;
    case 'ArrowLeft':
      if (row.unfolded) return { type: 'fold', node: row.node.id };
      return row.parent === undefined ? undefined : { type: 'go', to: row.parent };
    default:
      return undefined;
  }
}
