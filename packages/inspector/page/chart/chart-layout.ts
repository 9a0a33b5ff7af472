import { Graph, layout } from '@dagrejs/dagre';
import type { Chart } from '../../src/protocol.ts';
import { type ChartGraph, chartGraph, type GraphEdge, type GraphNode } from './chart-graph.ts';
import { arrowHead, type Box, cutEnd, cutStart, edgePath, type Point } from './edge-path.ts';

/** Something that has its place, given by its middle. */
export interface PlacedNode extends GraphNode, Box {}

export interface PlacedEdge {
  readonly transition: number;
  /** For SVG. */
  readonly path: string;
  readonly head: string;
}

/** A chart that can be drawn: within which box, and what. */
export interface ChartLayout {
  readonly box: Box;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

/** Room around the chart, px: for lines, and for the mark of where it begins. */
const margin = 16;

/** Room within a compound state, px: at its sides, and at its top, where its name stands. */
const inset = { left: 12, right: 12, top: 31, bottom: 11 };

/** Places the states of a chart from top to bottom, with arrows that keep clear of them. */
export function chartLayout(chart: Chart): ChartLayout {
  const source = chartGraph(chart);
  const graph = placed(source);
  const boxes = new Map<string, PlacedNode>();
  const place = (node: GraphNode): PlacedNode => {
    const inner = node.kind === 'compound' ? source.nodes.filter(({ parent }) => parent === node.id) : [];
    const { x, y } = graph.node(node.id);
    const round = inner.length === 0 ? undefined : around(inner.map(place), inset);
    // Its name may be longer than what is in it is wide.
    const box = { ...node, x, y, ...round, width: Math.max(node.width, round?.width ?? 0) };
    boxes.set(node.id, box);
    return box;
  };
  for (const node of source.nodes) if (node.parent === undefined) place(node);
  const lines = source.edges.map((edge, index) => {
    const { points } = graph.edge(edge.from, edge.to, String(index));
    return visibleLine(edge, points, boxes);
  });
  const extents = [...boxes.values(), ...lines.flat().map(({ x, y }) => ({ x, y, width: 0, height: 0 }))];
  return {
    box: around(extents, { left: margin, right: margin, top: margin, bottom: margin }),
    nodes: source.nodes.flatMap(({ id }) => boxes.get(id) ?? []),
    edges: source.edges.map(({ transition }, index) => {
      const line = lines[index] ?? [];
      return { transition, path: edgePath(line), head: arrowHead(line) };
    }),
  };
}

/** The box round others, with room at its sides. The layout's own for a state reaches to the sides of the chart. */
function around(inner: readonly Box[], room: typeof inset): Box {
  const left = Math.min(...inner.map(({ x, width }) => x - width / 2)) - room.left;
  const right = Math.max(...inner.map(({ x, width }) => x + width / 2)) + room.right;
  const top = Math.min(...inner.map(({ y, height }) => y - height / 2)) - room.top;
  const bottom = Math.max(...inner.map(({ y, height }) => y + height / 2)) + room.bottom;
  return { x: (left + right) / 2, y: (top + bottom) / 2, width: right - left, height: bottom - top };
}

/** What the layout is told, and what it finds out. */
interface EdgeLabel {
  readonly points: readonly Point[];
}

function placed({ nodes, edges }: ChartGraph): Graph<object, Box, EdgeLabel> {
  const graph = new Graph<object, Box, EdgeLabel>({ compound: true, multigraph: true });
  graph.setGraph({ rankdir: 'TB', nodesep: 16, edgesep: 10, ranksep: 25 });
  for (const { id, width, height } of nodes) graph.setNode(id, { width, height, x: 0, y: 0 });
  for (const { id, parent } of nodes) if (parent !== undefined) graph.setParent(id, parent);
  for (const [index, { from, to }] of edges.entries()) graph.setEdge(from, to, { points: [] }, String(index));
  layout(graph);
  return graph;
}

/** A line from border to border. */
function visibleLine(
  { leaves, enters }: GraphEdge,
  points: readonly Point[],
  boxes: ReadonlyMap<string, PlacedNode>,
): readonly Point[] {
  const start = boxes.get(leaves ?? '');
  const end = boxes.get(enters ?? '');
  const outside = start === undefined ? points : cutStart(points, start);
  return end === undefined ? outside : cutEnd(outside, end);
}
