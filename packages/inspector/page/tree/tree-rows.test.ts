import { describe, expect, it } from 'vitest';
import type { TreeNode } from '../../src/protocol.ts';
import { treeMove, treeRows } from './tree-rows.ts';

const node = (id: string, ...children: readonly TreeNode[]): TreeNode => ({
  id,
  name: id,
  kind: children.length > 0 ? 'supervisor' : 'worker',
  state: 'running',
  restarts: 0,
  count: children.length,
  children,
});

const roots = [node('app', node('servers', node('chat')), node('jobs')), node('other')];
const none = new Map<string, boolean>();

describe('the supervision tree', () => {
  it('is a list of lines that know where they are', () => {
    expect(
      treeRows(roots, none).map(({ node, level, position, siblings }) => [node.id, level, position, siblings]),
    ).toEqual([
      ['app', 1, 1, 2],
      ['servers', 2, 1, 2],
      ['chat', 3, 1, 1],
      ['jobs', 2, 2, 2],
      ['other', 1, 2, 2],
    ]);
  });

  it('leaves out what is folded, and folds what is too much', () => {
    expect(treeRows(roots, new Map([['app', false]])).map(({ node }) => node.id)).toEqual(['app', 'other']);
    const crowded = node('sessions', ...Array.from({ length: 100 }, (_, index) => node(`s${index}`)));
    expect(treeRows([crowded], none)).toHaveLength(1);
    expect(treeRows([crowded], new Map([['sessions', true]]))).toHaveLength(101);
  });

  it.each([
    ['app', 'ArrowDown', { type: 'go', to: 'servers' }],
    ['jobs', 'ArrowUp', { type: 'go', to: 'chat' }],
    ['app', 'ArrowLeft', { type: 'fold', node: 'app' }],
    ['jobs', 'ArrowLeft', { type: 'go', to: 'app' }],
    ['servers', 'ArrowRight', { type: 'go', to: 'chat' }],
    ['chat', 'ArrowRight', undefined],
    ['jobs', 'Home', { type: 'go', to: 'app' }],
    ['app', 'End', { type: 'go', to: 'other' }],
    ['other', 'ArrowDown', undefined],
    ['gone', 'j', { type: 'go', to: 'servers' }],
    ['app', 'x', undefined],
  ])('is moved in with keys: %s %s', (current, key, move) => {
    expect(treeMove(treeRows(roots, none), current, key)).toEqual(move);
  });

  it('unfolds to the right', () => {
    expect(treeMove(treeRows(roots, new Map([['app', false]])), 'app', 'ArrowRight')).toEqual({
      type: 'unfold',
      node: 'app',
    });
  });
});
