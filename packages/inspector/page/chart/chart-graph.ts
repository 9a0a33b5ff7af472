import type { Chart } from '../../src/protocol.ts';
import { Family } from './family.ts';

/** Sizes of what is drawn, px. Names are set in a monospaced font, so that they can be measured without a browser. */
const nameWidth = 7.85;
const padding = 22;
const stateHeight = 27;
const dot = 8;

/** Something to be placed. */
export interface GraphNode {
  readonly id: string;
  readonly parent: string | undefined;
  /** `any`: where an arrow begins that leads from a compound state to one inside of it. */
  readonly kind: 'state' | 'compound' | 'any';
  readonly width: number;
  readonly height: number;
}

/** Something to be drawn between two nodes. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** The place of the transition in the chart. */
  readonly transition: number;
  /** The compound states at whose borders it is to begin and to end. */
  readonly leaves: string | undefined;
  readonly enters: string | undefined;
}

export interface ChartGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

const anyOf = (id: string): string => `${id}·any`;

/** A statechart as a graph whose edges go between leaves: a layout knows no others. */
export function chartGraph({ states, transitions }: Chart): ChartGraph {
  const family = new Family(states);
  const nodes: GraphNode[] = states.map((state) => ({
    id: state.id,
    parent: family.parentOf(state.id),
    kind: family.isCompound(state.id) ? 'compound' : 'state',
    width: Math.ceil(state.name.length * nameWidth) + padding,
    height: stateHeight,
  }));
  const edges: GraphEdge[] = [];
  for (const [transition, { from, to }] of transitions.entries()) {
    if (!family.has(from) || !family.has(to)) continue;
    const inward = family.isWithin(to, from);
    if (inward && !nodes.some(({ id }) => id === anyOf(from))) {
      nodes.push({ id: anyOf(from), parent: from, kind: 'any', width: dot, height: dot });
    }
    edges.push({
      from: inward ? anyOf(from) : family.lastLeaf(from),
      to: family.firstLeaf(to),
      transition,
      leaves: family.isCompound(from) && !inward ? from : undefined,
      enters: family.isCompound(to) ? to : undefined,
    });
  }
  return { nodes, edges };
}
